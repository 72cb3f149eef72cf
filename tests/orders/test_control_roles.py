"""Roles: every cell of role, command, stage, node; and what a role sees, leaf by leaf."""

from __future__ import annotations

import itertools
import typing

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.histories import histories
from tests.orders.test_control_gates import CONFIRM, NOW, kinds, tell
from tests.orders.test_control_holds import STATES
from tests.orders.test_refusals import CONFIRMED, after, reserved, shipped

from ordercore.codec import Decoder
from ordercore.kernel import Context, InvalidBatch, InvalidValue, Money, Refusal, encode
from ordercore.network import Address, PersonRecord, Region
from ordercore.orders import (
    FULFILMENT,
    AllocateUnits,
    Assignment,
    CancelFulfilment,
    CancelOrder,
    CancelUnits,
    CloseOrder,
    CompleteStage,
    ConfirmPick,
    DelegateApproval,
    DeliveryWish,
    EditOrder,
    FieldClass,
    Flow,
    GiveApproval,
    GrantAllowance,
    HandOver,
    IssueCreditNote,
    IssueInvoice,
    LapseExchange,
    LimitStanding,
    MigrateFlow,
    MoneyPosition,
    Order,
    OrderCommand,
    OrderDecider,
    OrderRules,
    OrderStanding,
    PackFulfilment,
    PlaceHold,
    PlaceOrder,
    PlanFulfilment,
    ReceivedUnits,
    ReceiveReturn,
    RecheckHolds,
    RecordEvidence,
    RefundBalance,
    RejectApproval,
    ReleaseFulfilment,
    ReleaseHold,
    ReleaseUnits,
    ReopenOrder,
    RequestApproval,
    RequestExchange,
    RequestReturn,
    RoleGrant,
    RoleMatrix,
    SetAppointment,
    StartPicking,
    SubmitOrder,
    Tick,
    TransferIn,
    TransferOut,
    check,
    field_class,
    plan_split,
    project,
    role_table,
)
from ordercore.orders.control.blocking import Question
from ordercore.orders.control.blocking import barred as refused_by
from ordercore.orders.control.field_names import has_field, set_fields, settable_fields
from ordercore.orders.control.projection import _Shown
from ordercore.orders.specimen import tea_order, tea_quote
from ordercore.statemachine import stage
from ordercore.testing.strategies import values

OF = {"command_id": "x"}
APPROVAL = {**OF, "approval_id": "a-1"}
SPLIT = (
    plan_split(tea_order(), {"2": 1}, to_order="o-2", transfer_id="t-1").accepted().out.consignment
)
COMMANDS = (
    AllocateUnits("o-1", **OF, allocations=[Assignment("1", 1, node="n")]),
    reserved(("1", 1), id="x"),
    ReleaseUnits("o-1", **OF, allocations=["c-2/0"]),
    CONFIRM,
    shipped(command="x", l1=1),
    CancelUnits("o-1", **OF, lines={"1": 1}),
    CancelOrder("o-1", **OF),
    RequestReturn("o-1", **OF, return_id="r", lines={"1": 1}),
    ReceiveReturn("o-1", **OF, return_id="r", units=[ReceivedUnits("1", 1, disposition="scrap")]),
    GrantAllowance("o-1", **OF, amount=Money(1, "CNY")),
    RefundBalance("o-1", **OF),
    CloseOrder("o-1", **OF),
    ReopenOrder("o-1", **OF),
    SubmitOrder("o-1", **OF),
    PlaceHold("o-1", **OF, hold_id="h", code="x"),
    ReleaseHold("o-1", **OF, hold_id="h"),
    RecheckHolds("o-1", **OF, standing=LimitStanding(accepts=True)),
    RequestApproval("o-1", **APPROVAL, name="credit", levels=["credit"]),
    GiveApproval("o-1", **APPROVAL),
    RejectApproval("o-1", **APPROVAL),
    DelegateApproval("o-1", **APPROVAL, to="bo"),
    Tick("o-1", **OF),
    PlanFulfilment("o-1", **OF, fulfilment_id="fo", node="n"),
    ReleaseFulfilment("o-1", **OF, fulfilment_id="fo"),
    StartPicking("o-1", **OF, fulfilment_id="fo"),
    ConfirmPick("o-1", **OF, fulfilment_id="fo", picked={"1": 1}),
    PackFulfilment("o-1", **OF, fulfilment_id="fo"),
    HandOver("o-1", **OF, fulfilment_id="fo", shipment_id="s-9"),
    CompleteStage("o-1", **OF, fulfilment_id="fo", stage="customs"),
    SetAppointment("o-1", **OF, fulfilment_id="fo", at=NOW),
    CancelFulfilment("o-1", **OF, fulfilment_id="fo"),
    MigrateFlow("o-1", **OF, to=FULFILMENT.pin),
    IssueInvoice("o-1", **OF, invoice_id="i"),
    IssueCreditNote("o-1", **OF, credit_note_id="n"),
    EditOrder("o-1", **OF, delivery=DeliveryWish(service="sf")),
    RequestExchange("o-1", **OF, return_id="r", lines={"1": 1}, quote=tea_order().quote),
    LapseExchange("o-1", **OF, return_id="r"),
    TransferOut("o-1", **OF, consignment=SPLIT),
    TransferIn("o-1", **OF, consignment=attrs.evolve(SPLIT, source="o-9", target="o-1")),
)
MATRIX = RoleMatrix(
    ["warehouse", "dock", "far_dock", "finance", "risk", "picker", "clerk", "desk"],
    [
        RoleGrant("warehouse", ["allocate", "reserve", "release", "ship"], stages=["confirmed"]),
        RoleGrant("dock", ["ship"], nodes=["n"]),
        RoleGrant("far_dock", ["ship"], nodes=["elsewhere"]),
        RoleGrant("finance", ["allow", "refund_balance"]),
        RoleGrant("finance", ["close"], stages=["confirmed"]),
        RoleGrant("risk", ["place_hold", "release_hold"]),
        RoleGrant("picker", ["ship"], flow_stages=["packed"]),
        RoleGrant("clerk", ["*"], stages=["draft", "submitted"]),
        RoleGrant("desk", ["edit_order"], fields=["destination", "delivery"], until="packed"),
    ],
)
SHOP = OrderDecider(OrderRules(roles=MATRIX))
# Written by hand: what each role may, whatever the order says to it.
MAY = {
    "warehouse": lambda verb, stage: (
        verb in {"allocate", "reserve", "release", "ship"} and stage == "confirmed"
    ),
    "dock": lambda verb, stage: verb == "ship",
    "far_dock": lambda verb, stage: False,
    "finance": lambda verb, stage: (
        verb in {"allow", "refund_balance"} or (verb == "close" and stage == "confirmed")
    ),
    "risk": lambda verb, stage: verb in {"place_hold", "release_hold"},
    "picker": lambda verb, stage: False,
    "clerk": lambda verb, stage: stage in {"draft", "submitted"},
    "desk": lambda verb, stage: verb == "edit_order",
    "office": lambda verb, stage: True,
}


def test_every_command_stands_in_the_table():
    kinds_here = {type(command) for command in COMMANDS}
    assert kinds_here == set(typing.get_args(OrderCommand)) - {PlaceOrder}


ROLE_CODES = {"role.not_allowed", "role.field_not_allowed"}


def barred(answer):
    """The reasons of the matrix; those of approvals and holds know no stage."""
    return [r for r in answer.reasons if r.code in ROLE_CODES and "stage" in r.facts]


def past(position, order):
    """Whether a unit of the order was there."""
    return any(getattr(line, position) for line in order.lines)


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize("name", STATES)
def test_every_cell_of_role_command_and_stage(role, name):
    """The role's reason stands exactly where the matrix says no; otherwise the answer is unchanged."""
    order = STATES[name]
    context = Context(now=NOW, actor="someone", role=role)
    for command in COMMANDS:
        plain = check(order, command, context)
        answer = SHOP.check(order, command, context)
        allowed = MAY[role](command.verb, order.lifecycle.value)
        if role == "desk":
            allowed = allowed and not past("packed", order)
        assert bool(barred(answer)) == (not allowed or bool(barred(plain)))
        rest = [reason for reason in answer.reasons if reason.code not in ROLE_CODES]
        assert rest == [reason for reason in plain.reasons if reason.code not in ROLE_CODES]
        assert answer.allowed == (plain.allowed and allowed)


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize("name", STATES)
def test_what_is_available_is_what_the_role_may(role, name):
    """Allowed for a role is what is allowed for all and what some grant covers, somewhere."""
    order = STATES[name]
    context = Context(now=NOW, actor="someone", role=role)
    plain = OrderDecider().available(order, context)
    for option in SHOP.available(order, context).options:
        verb = next(c.verb for c in COMMANDS if type(c).__name__ == option.command)
        may = MAY[role](verb, order.lifecycle.value) or (role == "far_dock" and verb == "ship")
        if role == "desk":
            may = may and not past("packed", order)
        assert option.allowed == (may and plain[option.command].allowed)
        if option.allowed:
            limits = {"dock": ["n"], "far_dock": ["elsewhere"]}
            assert option.nodes == (tuple(limits[role]) if role in limits else None)
            assert option.fields == (("delivery", "destination") if role == "desk" else None)


@given(
    values(RoleMatrix),
    st.sampled_from(COMMANDS),
    st.sampled_from(sorted(STATES)),
    st.sampled_from(("office", "warehouse", "finance", "credit")),
    st.sampled_from(("", "late")),
)
def test_any_matrix_refuses_just_what_no_grant_covers(matrix, command, name, role, cause):
    """The oracle is the sentence in the docs: a role of the matrix may only what grants cover."""
    order = STATES[name]
    if cause and hasattr(command, "cause"):
        command = attrs.evolve(command, cause=cause)
    wanted = {"cause"} if getattr(command, "cause", "") else set()
    node = getattr(command, "node", "")
    free = role not in matrix.roles and not matrix.closed
    mine = [
        grant
        for grant in matrix.grants
        if grant.role == role
        and command.verb in grant.verbs
        and (not grant.stages or order.lifecycle.value in grant.stages)
        and (not grant.nodes or node in grant.nodes)
        and not grant.flow_stages
        and not (grant.until and past(grant.until, order))
    ]
    covered = free or any(not grant.fields or wanted <= set(grant.fields) for grant in mine)
    shop = OrderDecider(OrderRules(roles=matrix))
    context = Context(now=NOW, actor="x", role=role)
    answer = shop.decide(order, command, context)
    found = barred(answer) if isinstance(answer, Refusal) else []
    assert bool(found) == (not covered)
    assert barred(shop.check(order, command, context)) == found
    for reason in found:
        facts = reason.facts
        assert (facts["role"], facts["command"]) == (role, command.verb)
        assert (facts["stage"], facts["node"]) == (order.lifecycle.value, node)
        assert reason.code == ("role.field_not_allowed" if mine else "role.not_allowed")
        if mine:
            assert facts["fields"] == ("cause",)
        # Whoever is named may; whoever of the matrix is not, may not.
        for other in matrix.roles:
            asked = shop.check(order, command, attrs.evolve(context, role=other))
            assert (not barred(asked)) == (other in facts["roles"])


def test_a_refusal_names_who_may():
    answer = SHOP.decide(CONFIRMED, shipped(l1=1), Context(now=NOW, actor="x", role="finance"))
    (reason,) = answer.reasons
    assert reason.code == "role.not_allowed"
    assert reason.facts["roles"] == ("dock", "warehouse")
    assert reason.obtain
    only = RoleMatrix(["finance"], [RoleGrant("finance", ["allow"])])
    nobody = OrderDecider(OrderRules(roles=only))
    (reason,) = nobody.decide(
        CONFIRMED, shipped(l1=1), Context(now=NOW, actor="x", role="finance")
    ).reasons
    assert reason.facts["roles"] == ()
    assert reason.obtain


def test_placing_is_a_command_too():
    place = PlaceOrder("o-1", quote=tea_quote(), command_id="c")
    for role, allowed in (("clerk", False), ("warehouse", False), ("office", True)):
        answer = SHOP.decide(None, place, Context(now=NOW, actor="x", role=role))
        assert isinstance(answer, Refusal) is not allowed
    late = attrs.evolve(place, quote=attrs.evolve(tea_quote(), valid_until=NOW))
    answer = SHOP.decide(None, late, Context(now=NOW, actor="x", role="warehouse"))
    assert answer.codes == ("role.not_allowed", "quote.stale")
    may = OrderDecider(
        OrderRules(roles=RoleMatrix(["warehouse"], [RoleGrant("warehouse", ["place"])]))
    )
    assert may.check(None, place, Context(now=NOW, actor="x", role="warehouse")).allowed


def test_the_stage_of_a_fulfilment_order_counts():
    def asked(stage):
        question = Question(verb="ship", ask="x", now=NOW, flow_stage=stage)
        return [reason.code for reason in refused_by(CONFIRMED, question, "picker", SHOP.rules)]

    assert asked("packed") == []
    assert asked("planned") == ["role.not_allowed"]


def test_a_grant_with_nodes_is_for_the_command_s_node():
    context = Context(now=NOW, actor="x", role="dock")
    assert SHOP.check(CONFIRMED, shipped(l1=1), context).allowed
    other = attrs.evolve(shipped(l1=1), node="elsewhere")
    assert "role.not_allowed" in SHOP.check(CONFIRMED, other, context).codes


def test_evidence_from_a_role_that_may_not_is_kept_and_counts_for_nothing():
    fact = RecordEvidence("o-1", fact_id="f", name="credit")
    order, decision = tell(SHOP, tea_order(), fact, Context(now=NOW, actor="x", role="finance"))
    assert kinds(decision) == ["FactClashed"]
    assert dict(order.clashes) == {"role.not_allowed": 1}
    assert order.control.evidence == ()
    order, decision = tell(SHOP, tea_order(), fact, Context(now=NOW, actor="x", role="office"))
    assert kinds(decision) == ["EvidenceRecorded"]


# --- what a role sees ---


PERSON = PersonRecord(
    "p-1",
    name="Li Xiaolong",
    address=Address(Region("CN", "ZJ", "Hangzhou"), lines=["Nanshan Road 7"], postcode="310002"),
)
RICH = after(
    None,
    PlaceOrder(
        "o-1",
        quote=attrs.evolve(tea_quote(), customer="b-1"),
        command_id="c-1",
        external_ref="9001",
        customer="b-1",
        destination=PERSON.destination(b"sixteen bytes at least"),
    ),
    reserved(("1", 2), ("2", 1)),
)


def sees(role, fields=(), **more):
    return RoleGrant(role, ["see"], fields=fields, **more)


VIEWS = RoleMatrix(
    ["warehouse", "finance", "buyer", "nobody"],
    [
        sees("warehouse", ["order_id", "lines.sku", "lines.ordered", "destination.region"]),
        sees("finance", ["order_id"], classes=["money"]),
        sees("buyer", classes=["money", "progress", "person"]),
    ],
)
SEES = OrderRules(roles=VIEWS)


def leaves(value, name=""):
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from leaves(part, f"{name}.{key}" if name else key)
    elif isinstance(value, list) and value:
        for part in value:
            yield from leaves(part, name)
    else:
        yield name, value


def test_a_projection_holds_just_the_fields_named():
    seen = project(RICH, "warehouse", SEES)
    assert seen == {
        "order_id": "o-1",
        "lines": [{"sku": "TEA-250G", "ordered": 2}, {"sku": "CUP", "ordered": 1}],
        "destination": {"region": {"country": "CN", "subdivision": "ZJ", "city": "Hangzhou"}},
    }
    assert project(RICH, "nobody", SEES) == {}


def test_finance_sees_amounts_and_no_person():
    seen = dict(leaves(project(RICH, "finance", SEES)))
    assert seen["money.due.minor"] == 31590
    assert seen["value_minor"] == 31590
    assert {field_class(name) for name in seen} == {FieldClass.MONEY, FieldClass.PROGRESS}
    assert [name for name in seen if field_class(name) is FieldClass.PROGRESS] == ["order_id"]
    assert "b-1" not in str(seen.values())


def test_a_role_that_is_not_in_the_matrix_sees_everything():
    whole = dict(leaves(project(RICH, "office", SEES)))
    told = {
        name.replace("$.", ""): value
        for name, value in leaves(encode(RICH))
        if not name.endswith("$")
    }
    assert {name for name in whole if not name.startswith("money.")} == set(told)


@given(histories(steps=8), st.lists(st.sampled_from(FieldClass), max_size=3), st.data())
def test_nothing_but_what_is_named_is_ever_seen(history, classes, data):
    order = history.order
    whole = project(order, "office", OrderRules())
    names = sorted({name for name, _ in leaves(whole)})
    chosen = data.draw(st.lists(st.sampled_from(names), max_size=4))
    prefixes = [".".join(name.split(".")[: data.draw(st.integers(1, 3))]) for name in chosen]
    roles = RoleMatrix(["x"], [sees("x", prefixes, classes=classes)])
    rules = OrderRules(roles=roles)
    seen = {name for name, _ in leaves(project(order, "x", rules))} - {""}

    def may(name):
        inside = any(name == word or name.startswith(f"{word}.") for word in prefixes)
        return inside or field_class(name) in set(classes) or not (prefixes or classes)

    assert seen == {name for name in names if may(name)}


def test_every_field_of_an_order_has_a_class():
    fields = {field.name for field in attrs.fields(Order)} | {"money"}
    assert {name for name in fields if field_class(name) is None} == set()
    assert field_class("a field to come") is None
    every_class = _Shown([sees("x", classes=FieldClass)])
    assert every_class.leaf("payments.captured_minor")
    assert not every_class.leaf("a field to come")
    for name in ("quote.ship_to.person", "destination.postcode_class", "customer"):
        assert field_class(name) is FieldClass.PERSON
    assert field_class("control.approvals.votes.actor") is FieldClass.AUDIT


# --- which fields there are, and which a command sets ---


@given(histories(steps=8))
def test_every_name_in_an_order_is_the_name_of_a_field(history):
    """The oracle is the encoder: what it writes is there; with one letter more it is not."""
    for name, _ in leaves(project(history.order, "office", OrderRules())):
        kind, word = (
            (MoneyPosition, name.removeprefix("money."))
            if name.startswith("money.")
            else (Order, name)
        )
        assert has_field(kind, word), name
        assert not has_field(kind, f"x{word}"), name


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.verb)
def test_what_a_command_sets_is_what_it_may_be_granted(command):
    for name in set_fields(command, tea_order()):
        assert name.partition(".")[0] in settable_fields(type(command))
        assert RoleGrant("x", [command.verb], fields=[name]).names(name)


def test_what_a_command_says_by_default_is_not_set():
    assert set_fields(CancelOrder("o-1", **OF), tea_order()) == ()
    assert set_fields(CancelOrder("o-1", **OF, cause="late"), None) == ("cause",)
    wish = EditOrder("o-1", **OF, delivery=DeliveryWish(service="sf"))
    assert set_fields(wish, tea_order()) == ("delivery.service",)
    pick = ConfirmPick("o-1", **OF, fulfilment_id="fo", picked={"1": 1})
    assert set_fields(pick, None) == ("picked.1",)


def test_a_quote_sets_what_it_changes():
    same = EditOrder("o-1", **OF, quote=tea_order().quote)
    assert set_fields(same, tea_order()) == ()
    first, *rest = tea_quote().lines
    dearer = attrs.evolve(
        tea_quote(), lines=[attrs.evolve(first, list_amount=Money(99900, "CNY")), *rest]
    )
    edit = attrs.evolve(same, quote=dearer)
    assert set_fields(edit, tea_order()) == ("quote.lines.list_amount.minor",)
    assert "quote.currency" in set_fields(edit, None)
    fewer = attrs.evolve(same, quote=attrs.evolve(tea_quote(), lines=[first]))
    assert "quote.lines.sku" in set_fields(fewer, tea_order())


def test_a_clerk_may_change_the_place_until_packing_and_never_the_price():
    desk = Context(now=NOW, actor="x", role="desk")
    move = EditOrder("o-1", **OF, destination=PERSON.destination(b"sixteen bytes at least"))
    assert SHOP.check(CONFIRMED, move, desk).allowed
    (reason,) = barred(SHOP.check(STATES["shipped"], move, desk))
    assert (reason.code, reason.facts["reached"]) == ("role.not_allowed", "shipped")
    first, *rest = tea_quote().lines
    dearer = attrs.evolve(
        tea_quote(), lines=[attrs.evolve(first, list_amount=Money(99900, "CNY")), *rest]
    )
    (reason,) = barred(SHOP.check(CONFIRMED, attrs.evolve(move, quote=dearer), desk))
    assert reason.code == "role.field_not_allowed"
    assert dict(reason.facts) == {
        "role": "desk",
        "command": "edit_order",
        "fields": ("quote.lines.list_amount.minor",),
        "roles": (),
        "stage": "confirmed",
        "flow_stage": "",
        "node": "",
        "reached": "reserved",
    }
    assert reason.obtain
    pricing = RoleGrant("pricing", ["edit_order"], stages=["confirmed"])
    matrix = RoleMatrix([*MATRIX.roles, "pricing"], [*MATRIX.grants, pricing])
    shop = OrderDecider(OrderRules(roles=matrix))
    (reason,) = barred(shop.check(CONFIRMED, attrs.evolve(move, quote=dearer), desk))
    assert (reason.facts["roles"], reason.obtain) == (("pricing",), "someone in the role pricing")


def test_grants_of_a_role_add_up():
    parts = [
        RoleGrant("x", ["edit_order"], fields=["delivery"]),
        RoleGrant("x", ["edit_order"], fields=["destination"], until="packed"),
    ]
    shop = OrderDecider(OrderRules(roles=RoleMatrix(["x"], parts)))
    both = EditOrder(
        "o-1",
        **OF,
        delivery=DeliveryWish(service="sf"),
        destination=PERSON.destination(b"sixteen bytes at least"),
    )
    context = Context(now=NOW, actor="x", role="x")
    assert shop.check(CONFIRMED, both, context).allowed
    (reason,) = barred(shop.check(STATES["shipped"], both, context))
    assert {name.partition(".")[0] for name in reason.facts["fields"]} == {"destination"}
    assert shop.available(CONFIRMED, context)["EditOrder"].fields == ("delivery", "destination")


def test_a_place_order_is_limited_in_its_fields_too():
    grant = RoleGrant("web", ["place"], fields=["channel", "destination"])
    shop = OrderDecider(OrderRules(roles=RoleMatrix(["web"], [grant])))
    web = Context(now=NOW, actor="x", role="web")
    place = PlaceOrder("o-1", quote=tea_quote(), command_id="c", channel="web")
    assert shop.check(None, place, web).allowed
    (reason,) = shop.check(None, attrs.evolve(place, external_ref="9"), web).reasons
    assert (reason.code, reason.facts["fields"]) == ("role.field_not_allowed", ("external_ref",))


def test_fields_of_several_fulfilment_orders_are_those_that_hold_for_each():
    order = planned(planned(CONFIRMED, "fo-1", {"1": 1}), "fo-2", {"1": 1})
    order = after(order, ReleaseFulfilment("o-1", command_id="rel", fulfilment_id="fo-1"))
    grants = [
        RoleGrant("x", ["cancel_fulfilment"], fields=["cause"], flow_stages=["released"]),
        RoleGrant("x", ["cancel_fulfilment"], flow_stages=["planned"]),
        RoleGrant("y", ["cancel_fulfilment"], flow_stages=["planned"]),
    ]
    shop = OrderDecider(OrderRules(roles=RoleMatrix(["x", "y"], grants)))
    option = shop.available(order, Context(now=NOW, actor="x", role="x"))["CancelFulfilment"]
    assert (option.targets, option.fields) == (("fo-1", "fo-2"), ("cause",))
    option = shop.available(order, Context(now=NOW, actor="x", role="y"))["CancelFulfilment"]
    assert (option.targets, option.fields) == (("fo-2",), None)


def planned(order, id, lines):
    return after(
        order,
        PlanFulfilment("o-1", command_id=f"plan-{id}", fulfilment_id=id, node="n", lines=lines),
    )


def test_a_closed_matrix_lets_nobody_else_in():
    shop = OrderDecider(OrderRules(roles=attrs.evolve(MATRIX, closed=True)))
    guest = Context(now=NOW, actor="x", role="guest")
    assert barred(shop.check(CONFIRMED, CancelOrder("o-1", **OF), guest))
    assert not [option for option in shop.available(CONFIRMED, guest).options if option.allowed]
    assert project(CONFIRMED, "guest", shop.rules) == {}


def test_a_role_that_is_not_in_the_matrix_has_no_limits():
    at = OrderStanding(stage="confirmed")
    assert MATRIX.fields_of("office", "edit_order", at) is None
    assert MATRIX.nodes_of("office", "ship", at) is None
    assert MATRIX.allows("office", "edit_order", at, ["quote"])
    assert not MATRIX.allows("desk", "edit_order", at, ["quote"])
    assert MATRIX.fields_of("desk", "ship", at) == MATRIX.nodes_of("desk", "ship", at) == ()


# --- what is seen depends on where the order stands ---


def test_what_is_seen_depends_on_the_stage():
    whole = sees("picker", ["order_id", "destination.region"], flow_stages=["planned"])
    roles = RoleMatrix(
        ["picker", "far", "courier", "web"],
        [
            whole,
            attrs.evolve(whole, role="far", nodes=["elsewhere"]),
            sees("courier", ["destination"], until="delivered"),
            sees("web", ["order_id"], stages=["submitted"]),
            sees("web", ["quote"], stages=["confirmed"]),
        ],
    )
    rules = OrderRules(roles=roles)
    assert project(CONFIRMED, "picker", rules) == {}
    order = planned(CONFIRMED, "fo-1", {"1": 1})
    assert set(project(order, "picker", rules)) == {"order_id", "destination"}
    assert project(order, "far", rules) == {}
    order = after(order, ReleaseFulfilment("o-1", command_id="rel", fulfilment_id="fo-1"))
    assert project(order, "picker", rules) == {}
    assert set(project(tea_order(), "web", rules)) == {"order_id"}
    assert set(project(CONFIRMED, "web", rules)) == {"quote"}
    assert project(STATES["shipped"], "courier", rules) != {}
    assert project(STATES["delivered"], "courier", rules) == {}


@given(values(RoleMatrix), st.sampled_from(sorted(STATES)), st.sampled_from(("office", "credit")))
def test_a_projection_holds_what_some_grant_in_force_names(matrix, name, role):
    order = STATES[name]
    mine = [
        grant
        for grant in matrix.grants
        if grant.role == role
        and grant.verbs == ("see",)
        and (not grant.stages or order.lifecycle.value in grant.stages)
        and not grant.nodes
        and not grant.flow_stages
        and not (grant.until and past(grant.until, order))
    ]
    free = role not in matrix.roles and not matrix.closed

    def may(leaf):
        return free or any(
            not (grant.fields or grant.classes)
            or any(leaf == word or leaf.startswith(f"{word}.") for word in grant.fields)
            or field_class(leaf) in grant.classes
            for grant in mine
        )

    rules = OrderRules(roles=matrix)
    seen = {leaf for leaf, _ in leaves(project(order, role, rules))} - {""}
    whole = {leaf for leaf, _ in leaves(project(order, "office", OrderRules()))}
    assert seen == {leaf for leaf in whole if may(leaf)}


# --- the value ---


@given(values(RoleMatrix))
def test_the_table_has_a_row_for_each_command_and_a_column_for_each_role(matrix):
    table, *rest = role_table(matrix).split("\n\n")
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.split("\n")]
    assert rows[0] == ["command", *matrix.roles]
    for row in rows[2:]:
        for role, cell in zip(matrix.roles, row[1:], strict=True):
            about = [g for g in matrix.grants if g.role == role and g.about(row[0].strip("`"))]
            assert (cell == "–") == (not about)
            assert len(about) == (0 if cell == "–" else len(cell.split("<br>")))
            for grant in about:
                for word in (*grant.stages, *grant.flow_stages, *grant.nodes, grant.until):
                    assert word in cell
    verbs = {row[0].strip("`") for row in rows[2:]}
    assert all(f"`{verb}`" in rest[0] for verb in set(VERBS) - verbs)
    assert ("nothing" in rest[-1]) == matrix.closed


VERBS = sorted({command.verb for command in COMMANDS} | {"place"})


def test_a_table_by_hand():
    matrix = RoleMatrix(
        ["clerk", "office"],
        [
            RoleGrant("office", ["*"]),
            RoleGrant("office", ["record_customer", "record_evidence", "see"]),
            RoleGrant(
                "clerk",
                ["pack_fulfilment"],
                fields=["parcels"],
                stages=["confirmed"],
                flow_stages=["picking"],
                nodes=["ningbo", "wuhan"],
            ),
            sees("clerk", ["order_id"], classes=["money"], until="packed"),
        ],
        closed=True,
    )
    text = role_table(matrix)
    cell = "`parcels`; in confirmed; while in picking; at ningbo or wuhan"
    assert f"| `pack_fulfilment` | {cell} | yes |" in text
    assert "| see | `order_id`, money; until a unit is packed | yes |" in text
    assert "| `ship` | – | yes |" in text
    assert text.endswith("\n\nOther roles may do and see nothing.")
    assert "Nobody" not in text


@pytest.mark.parametrize(
    "make, code",
    [
        (lambda: RoleGrant("", ["ship"]), "role.name"),
        (lambda: RoleGrant("x", []), "role.verbs"),
        (lambda: RoleGrant("x", [""]), "role.verbs"),
        (lambda: RoleGrant("x", ["shipp"]), "role.verbs"),
        (lambda: RoleGrant("x", ["ship"], fields=["cause"]), "role.fields"),
        (lambda: RoleGrant("x", ["ship"], fields=["lines"]), "role.fields"),
        (lambda: RoleGrant("x", ["edit_order"], fields=["quote.price"]), "role.fields"),
        (lambda: RoleGrant("x", ["ship"], stages=["packed"]), "role.stages"),
        (lambda: RoleGrant("x", ["ship"], until="picking"), "role.until"),
        (lambda: RoleGrant("x", ["ship"], classes=["money"]), "role.see"),
        (lambda: RoleGrant("x", ["see", "ship"], fields=["lines"]), "role.see"),
        (lambda: sees("x", ["a..b"]), "role.fields"),
        (lambda: sees("x", ["money.dues"]), "role.fields"),
        (lambda: sees("x", ["lines."]), "role.fields"),
        (lambda: sees("x", classes=["secret"]), "choice.unknown"),
        (lambda: RoleMatrix(["x", ""]), "role.name"),
        (lambda: RoleMatrix(["y"], [sees("x")]), "role.unknown"),
        (lambda: RoleMatrix(["y"], ["x"]), "type.wrong"),
    ],
)
def test_what_is_no_matrix_is_refused(make, code):
    with pytest.raises((InvalidBatch, InvalidValue)) as told:
        make()
    error = told.value
    assert (error.faults[0] if isinstance(error, InvalidBatch) else error).code == code


def test_every_fault_is_told_at_once():
    with pytest.raises(InvalidBatch) as told:
        RoleGrant("", ["fly"], fields=["wings"], stages=["air"], until="landed")
    codes = [fault.code for fault in told.value.faults]
    assert codes == ["role.name", "role.verbs", "role.stages", "role.until"]
    written = encode(MATRIX)
    written["grants"][0]["verbs"] = ["fly"]
    written["grants"][2]["stages"] = ["air"]
    with pytest.raises(InvalidBatch) as told:
        Decoder().decode(written, RoleMatrix)
    assert [(fault.code, fault.path) for fault in told.value.faults] == [
        ("role.verbs", "$.grants[0].verbs"),
        ("role.stages", "$.grants[2].stages"),
    ]
    with pytest.raises(InvalidBatch) as told:
        RoleMatrix(["x"], [sees("y"), sees("z"), sees("x")])
    assert [(fault.code, fault.path) for fault in told.value.faults] == [
        ("role.unknown", "grants[1].role"),
        ("role.unknown", "grants[2].role"),
    ]


def test_a_stage_that_no_flow_has_is_no_stage_of_a_grant():
    grants = [
        RoleGrant("x", ["hand_over"], flow_stages=["packed", "customs", "moon"]),
        RoleGrant("x", ["complete_stage"], flow_stages=["scheduled"]),
    ]
    with pytest.raises(InvalidBatch) as told:
        OrderRules(roles=RoleMatrix(["x"], grants))
    assert [(fault.code, fault.path) for fault in told.value.faults] == [
        ("role.flow_stages", "roles.grants[1].flow_stages")
    ] * 2
    customs = stage("customs", after="handed_over", before="in_transit", counts_as="shipped")
    flow = Flow(machine=FULFILMENT.with_(customs, version="2-eu"))
    matrix = RoleMatrix(["x"], [RoleGrant("x", ["complete_stage"], flow_stages=["customs"])])
    assert OrderRules(flows=[flow], roles=matrix).roles == matrix


def test_the_matrix_does_not_depend_on_the_order_it_is_written_in():
    grants = list(MATRIX.grants)
    for shuffled in itertools.islice(itertools.permutations(grants), 24):
        assert RoleMatrix(MATRIX.roles, [*shuffled, shuffled[0]]) == MATRIX
