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
    GiveApproval,
    GrantAllowance,
    HandOver,
    IssueCreditNote,
    IssueInvoice,
    LapseExchange,
    MigrateFlow,
    Order,
    OrderCommand,
    OrderDecider,
    OrderRules,
    PackFulfilment,
    PlaceHold,
    PlaceOrder,
    PlanFulfilment,
    ReceivedUnits,
    ReceiveReturn,
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
    RoleMatrix,
    RoleRight,
    RoleView,
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
)
from ordercore.orders.control.blocking import Question, role_reason
from ordercore.orders.control.projection import _Shown
from ordercore.orders.specimen import tea_order, tea_quote
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
    [
        RoleRight("warehouse", ["allocate", "reserve", "release", "ship"], stages=["confirmed"]),
        RoleRight("dock", ["ship"], nodes=["n"]),
        RoleRight("far_dock", ["ship"], nodes=["elsewhere"]),
        RoleRight("finance", ["allow", "refund_balance"]),
        RoleRight("finance", ["close"], stages=["confirmed"]),
        RoleRight("risk", ["place_hold", "release_hold"]),
        RoleRight("picker", ["ship"], fulfilment_stages=["packed"]),
        RoleRight("clerk", ["*"], stages=["draft", "submitted"]),
    ]
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
    "office": lambda verb, stage: True,
}


def test_every_command_stands_in_the_table():
    kinds_here = {type(command) for command in COMMANDS}
    assert kinds_here == set(typing.get_args(OrderCommand)) - {PlaceOrder}


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
        assert ("role.not_allowed" in [r.code for r in answer.reasons if "stage" in r.facts]) == (
            not allowed
            or "role.not_allowed" in [r.code for r in plain.reasons if "stage" in r.facts]
        )
        rest = [reason for reason in answer.reasons if reason.code != "role.not_allowed"]
        assert rest == [reason for reason in plain.reasons if reason.code != "role.not_allowed"]
        assert answer.allowed == (plain.allowed and allowed)


@pytest.mark.parametrize("role", MAY)
def test_what_is_available_is_what_the_role_may(role):
    context = Context(now=NOW, actor="someone", role=role)
    plain = check(CONFIRMED, CONFIRM, context)
    assert not plain.allowed
    for option in SHOP.available(CONFIRMED, context).options:
        verb = next(c.verb for c in COMMANDS if type(c).__name__ == option.command)
        if option.allowed:
            assert MAY[role](verb, "confirmed") or role == "dock"


@given(
    values(RoleMatrix),
    st.sampled_from(COMMANDS),
    st.sampled_from(sorted(STATES)),
    st.sampled_from(("office", "warehouse", "finance", "credit")),
)
def test_any_matrix_refuses_just_what_no_right_covers(matrix, command, name, role):
    """The oracle is the sentence in the docs: listed roles may only what some right covers."""
    order = STATES[name]
    node = getattr(command, "node", "")
    mine = [right for right in matrix.rights if right.role == role]
    covered = not mine or any(
        command.verb in right.verbs
        and (not right.stages or order.lifecycle.value in right.stages)
        and (not right.nodes or node in right.nodes)
        and not right.fulfilment_stages
        for right in mine
    )
    shop = OrderDecider(OrderRules(roles=matrix))
    answer = shop.decide(order, command, Context(now=NOW, actor="x", role=role))
    refused_here = isinstance(answer, Refusal) and any(
        reason.code == "role.not_allowed"
        and reason.facts.get("command") == command.verb
        and "stage" in reason.facts
        for reason in answer.reasons
    )
    assert refused_here == (not covered)


def test_a_refusal_names_who_may():
    answer = SHOP.decide(CONFIRMED, shipped(l1=1), Context(now=NOW, actor="x", role="finance"))
    (reason,) = answer.reasons
    assert reason.code == "role.not_allowed"
    assert reason.facts["roles"] == ("dock", "warehouse")
    assert reason.obtain
    nobody = OrderDecider(OrderRules(roles=RoleMatrix([RoleRight("finance", ["allow"])])))
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
    may = OrderDecider(OrderRules(roles=RoleMatrix([RoleRight("warehouse", ["place"])])))
    assert may.check(None, place, Context(now=NOW, actor="x", role="warehouse")).allowed


def test_the_stage_of_a_fulfilment_order_counts():
    def asked(stage):
        question = Question(verb="ship", ask="x", now=NOW, fulfilment_stage=stage)
        return role_reason("confirmed", question, "picker", SHOP.rules)

    assert asked("packed") is None
    assert asked("planned").code == "role.not_allowed"


def test_a_right_with_nodes_is_for_the_command_s_node():
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
VIEWS = RoleMatrix(
    views=[
        RoleView("warehouse", ["order_id", "lines.sku", "lines.ordered", "destination.region"]),
        RoleView("finance", ["order_id"], classes=["money"]),
        RoleView("buyer", classes=["money", "progress", "person"]),
        RoleView("nobody"),
    ]
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


def test_a_role_without_views_sees_everything():
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
    rules = OrderRules(roles=RoleMatrix(views=[RoleView("x", prefixes, classes=classes)]))
    seen = {name for name, _ in leaves(project(order, "x", rules))} - {""}

    def may(name):
        inside = any(name == word or name.startswith(f"{word}.") for word in prefixes)
        return inside or field_class(name) in set(classes)

    assert seen == {name for name in names if may(name)}


def test_every_field_of_an_order_has_a_class():
    fields = {field.name for field in attrs.fields(Order)} | {"money"}
    assert {name for name in fields if field_class(name) is None} == set()
    assert field_class("a field to come") is None
    every_class = _Shown(frozenset(), frozenset(FieldClass))
    assert every_class.leaf("payments.captured_minor")
    assert not every_class.leaf("a field to come")
    for name in ("quote.ship_to.person", "destination.postcode_class", "customer"):
        assert field_class(name) is FieldClass.PERSON
    assert field_class("control.approvals.votes.actor") is FieldClass.AUDIT


@pytest.mark.parametrize(
    "make, code",
    [
        (lambda: RoleRight("", ["ship"]), "role.name"),
        (lambda: RoleRight("x", []), "role.verbs"),
        (lambda: RoleRight("x", [""]), "role.verbs"),
        (lambda: RoleView("", []), "role.name"),
        (lambda: RoleView("x", ["a..b"]), "role.fields"),
        (lambda: RoleView("x", classes=["secret"]), "choice.unknown"),
    ],
)
def test_what_is_no_role_is_refused(make, code):
    with pytest.raises((InvalidBatch, InvalidValue)) as told:
        make()
    error = told.value
    assert (error.faults[0] if isinstance(error, InvalidBatch) else error).code == code


def test_the_matrix_does_not_depend_on_the_order_it_is_written_in():
    rights = list(MATRIX.rights)
    for shuffled in itertools.islice(itertools.permutations(rights), 24):
        assert RoleMatrix(shuffled) == MATRIX
