"""Returns on flows: stages and gates put in, pinned, migrated, limited; amounts never differ."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.histories import histories
from tests.orders.test_fulfilling import CLERK, CONFIRMED, PLANNED, after, cmd, codes
from tests.orders.test_stage_limits import START, at

from ordercore import orders
from ordercore.kernel import Decision, Duration, IllegalTransition, InvalidBatch, shift
from ordercore.orders import (
    FULFILMENT,
    INVARIANTS,
    RETURN,
    CloseOrder,
    CompleteStage,
    Flow,
    FlowMigrated,
    HoldScope,
    LimitPassed,
    MigrateFlow,
    OrderDecider,
    OrderRules,
    PlaceHold,
    ReceivedUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordEvidence,
    RecordRefund,
    ReleaseHold,
    RequestExchange,
    RequestReturn,
    RoleGrant,
    RoleMatrix,
    ShipUnits,
    StageEntered,
    Tick,
    evolve,
    flow_instances,
    replay,
)
from ordercore.orders.specimen import tea_order, tea_quote
from ordercore.pricing import QuoteLine
from ordercore.rules import parse
from ordercore.statemachine import (
    Machine,
    MachineSpec,
    RollOut,
    State,
    Transition,
    gate,
    stage,
    wave,
)

RETURNED = {"return_id": "r-1"}
SENT = after(
    CONFIRMED,
    cmd(ShipUnits, "ship", shipment_id="s-1", node="ningbo", lines={"1": 2, "2": 1}),
    RecordDelivery("o-1", fact_id="f-2", shipment_id="s-1"),
)
ASK = cmd(RequestReturn, "ask", **RETURNED, lines={"1": 2})
CHECKED = RETURN.with_(
    stage("review", after="requested", limit=Duration.of(hours=24)),
    stage("inspection", after="review", needs="quality.report"),
    stage("refurbishing", after="expected"),
    version="checked",
)


def back(n, units=2, line="1", disposition="scrap"):
    came = ReceivedUnits(line, units, disposition=disposition)
    return cmd(ReceiveReturn, n, **RETURNED, units=[came])


def done(n, stage):
    return cmd(CompleteStage, n, **RETURNED, stage=stage)


def shop(*machines, **more):
    flows = [Flow(machine=machine, subject="return") for machine in machines]
    return OrderDecider(OrderRules(flows=flows, **more))


SHOP = shop(CHECKED)
REPORT = RecordEvidence("o-1", fact_id="e-1", name="quality.report", about="r-1")


def where(order):
    case = order.return_case("r-1")
    return (case.at.stage, case.at.counts_as, case.at.ended)


# --- the flow that is built in ---


def test_asking_is_authorising_and_the_last_unit_ends_it():
    order = after(SENT, ASK)
    assert where(order) == ("expected", "return_requested", False)
    assert order.return_case("r-1").at.flow == RETURN.pin
    order = after(order, back(1, units=1))
    assert where(order) == ("expected", "return_requested", False)
    order = after(order, back(2, units=1))
    assert where(order) == ("received", "returned", True)


@given(histories(steps=25))
def test_a_return_on_the_built_in_flow_has_ended_when_nothing_is_expected(history):
    for step in history.steps:
        for case in step.after.returns if step.after else ():
            assert case.at.ended == (not case.open)
            assert case.at.flow == RETURN.pin


# --- stages and gates ---


def test_every_added_stage_is_completed_in_turn():
    order = after(SENT, ASK, shop=SHOP)
    assert where(order) == ("review", "return_requested", False)
    (reason,) = SHOP.check(order, back(1), CLERK).reasons
    assert (reason.code, reason.facts["allowed_in"]) == ("return.stage", ("expected",))
    assert isinstance(reason.remedy, CompleteStage) and reason.remedy.stage == "review"
    order = after(order, reason.remedy, shop=SHOP)
    assert where(order)[0] == "inspection"
    assert codes(order, done(2, "inspection"), SHOP) == ("gate.quality.report",)
    order = after(order, REPORT, done(2, "inspection"), back(3), shop=SHOP)
    assert where(order) == ("refurbishing", "returned", False)
    assert order.line("1").accepted == 2
    order = after(order, done(4, "refurbishing"), shop=SHOP)
    assert where(order) == ("received", "returned", True)
    assert codes(order, done(5, "received"), SHOP) == ("return.stage",)
    assert SHOP.decide(order, done(5, "received"), CLERK).final


def test_evidence_about_another_return_opens_nothing():
    order = after(SENT, ASK, done(1, "review"), shop=SHOP)
    other = attrs.evolve(REPORT, about="r-2")
    assert codes(after(order, other), done(2, "inspection"), SHOP) == ("gate.quality.report",)


def test_a_stage_is_not_completed_by_mistake():
    order = after(SENT, ASK, shop=SHOP)
    (reason,) = SHOP.check(order, done(1, "inspection"), CLERK).reasons
    assert reason.code == "return.other_stage"
    assert (reason.facts["return"], reason.facts["stage"]) == ("r-1", "review")
    assert SHOP.check(order, reason.remedy, CLERK).allowed
    here = shop(with_stages(0, 1))
    (reason,) = here.check(after(SENT, ASK, shop=here), done(1, "a-0"), CLERK).reasons
    assert (reason.code, reason.remedy, reason.facts["allowed_in"]) == (
        "return.stage",
        None,
        ("a-0",),
    )
    assert reason.obtain
    unknown = attrs.evolve(done(1, "review"), return_id="r-9")
    assert codes(order, unknown, SHOP) == ("return.unknown",)
    assert codes(tea_order(), done(1, "x"), SHOP) == ("order.stage",)


def test_a_gate_stands_before_the_request_and_before_the_receipt():
    gated = RETURN.with_(
        gate("authorise", needs="photo"), gate("receive", needs="seal"), version="gated"
    )
    here = shop(gated)
    assert codes(SENT, ASK, here) == ("gate.photo",)
    photo = RecordEvidence("o-1", fact_id="e-2", name="photo", about="r-1")
    order = after(after(SENT, photo), ASK, shop=here)
    assert codes(order, back(1), here) == ("gate.seal",)
    seal = attrs.evolve(photo, fact_id="e-3", name="seal", evidence_id="e-3")
    assert where(after(after(order, seal), back(1), shop=here))[0] == "received"
    # What is too much is told alone: no stage would mend it.
    assert codes(order, back(1, units=3), here) == ("return.unexpected",)


def test_a_role_of_an_edge_is_asked():
    reviewed = RETURN.with_(stage("review", after="requested", roles="desk"), version="roles")
    here = shop(reviewed)
    order = after(SENT, ASK, shop=here)
    assert codes(order, done(1, "review"), here) == ("role.not_allowed",)
    assert here.check(order, done(1, "review"), attrs.evolve(CLERK, role="desk")).allowed


def test_the_matrix_limits_stages_of_returns():
    grants = [RoleGrant("customer", ["complete_stage"], flow_stages=["inspection"])]
    here = shop(CHECKED, roles=RoleMatrix(["customer"], grants))
    order = after(SENT, ASK, shop=SHOP)
    assert here.available(order, CLERK)["CompleteStage"].targets == ()
    assert "role.not_allowed" in codes(order, done(1, "review"), here)
    order = after(after(order, done(1, "review"), shop=SHOP), REPORT)
    option = here.available(order, CLERK)["CompleteStage"]
    assert (option.targets, option.fields) == (("r-1",), None)


def test_an_exchange_goes_by_the_same_flow():
    swap = cmd(
        RequestExchange,
        "swap",
        **RETURNED,
        lines={"2": 1},
        quote=attrs.evolve(
            tea_quote(),
            lines=[
                *tea_quote().lines,
                QuoteLine("3", sku="POT", quantity=1, list_amount=tea_quote().lines[1].list_amount),
            ],
        ),
    )
    gated = shop(CHECKED.with_(gate("authorise", needs="photo"), version="photo"))
    assert codes(SENT, swap, gated) == ("gate.photo",)
    order = after(SENT, swap, shop=SHOP)
    assert where(order)[0] == "review"
    order = after(order, done(1, "review"), REPORT, done(2, "inspection"), shop=SHOP)
    order = after(order, back(3, units=1, line="2"), shop=SHOP)
    assert where(order)[0] == "refurbishing"
    assert order.has("3")


def test_an_order_is_closed_when_its_returns_have_ended():
    order = after(SENT, ASK, done(1, "review"), REPORT, done(2, "inspection"), back(3), shop=SHOP)
    refund = RecordRefund("o-1", fact_id="f-8", payment_id="p", amount=order.money.refund_pending)
    order = after(order, refund, shop=SHOP)
    (reason,) = SHOP.check(order, cmd(CloseOrder, "end"), CLERK).reasons
    assert (reason.code, reason.facts["stage"]) == ("close.return_unfinished", "refurbishing")
    order = after(order, reason.remedy, cmd(CloseOrder, "end"), shop=SHOP)
    assert order.lifecycle == "closed"


# --- an added stage changes no counter and no amount ---


def with_stages(before, behind):
    return RETURN.with_(
        *(stage(f"b-{n}", after="requested" if n == 0 else f"b-{n - 1}") for n in range(before)),
        *(stage(f"a-{n}", after="expected" if n == 0 else f"a-{n - 1}") for n in range(behind)),
        version=f"{before}-{behind}",
    )


@given(
    st.integers(0, 3),
    st.integers(0, 3),
    st.lists(st.sampled_from(("scrap", "restock", "reject")), min_size=2, max_size=2),
)
def test_with_any_stages_a_return_ends_with_the_same_figures(before, behind, dispositions):
    """Following the remedies, each stage costs one command and nothing else."""
    here = shop(with_stages(before, behind)) if before + behind else OrderDecider()
    order, plain = after(SENT, ASK, shop=here), after(SENT, ASK)
    completed = 0
    for number, disposition in enumerate(dispositions):
        came = ReceivedUnits("1", 1, disposition=disposition, node="ningbo")
        message = cmd(ReceiveReturn, number, **RETURNED, units=[came])
        while reasons := here.check(order, message, CLERK).reasons:
            order = after(order, reasons[0].remedy, shop=here)
            completed += 1
        order, plain = after(order, message, shop=here), after(plain, message)
    assert completed == before
    while not order.return_case("r-1").at.ended:
        (target,) = here.available(order, CLERK)["CompleteStage"].targets
        order = after(order, done(f"d-{completed}", where(order)[0]), shop=here)
        completed += 1
        assert target == "r-1"
    assert completed == before + behind
    assert (order.lines, order.money, order.value_minor) == (
        plain.lines,
        plain.money,
        plain.value_minor,
    )
    assert order.return_case("r-1").lines == plain.return_case("r-1").lines


VERSIONS = (RETURN, CHECKED, with_stages(2, 0), with_stages(0, 2))
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from(("r-1", "r-2")), st.integers(1, 2)),
        st.tuples(st.just("take"), st.sampled_from(("r-1", "r-2")), st.integers(1, 2)),
        st.tuples(st.just("complete"), st.sampled_from(("r-1", "r-2")), st.none()),
        st.tuples(st.just("migrate"), st.sampled_from(VERSIONS), st.none()),
        st.tuples(st.just("show"), st.sampled_from(("r-1", "r-2")), st.none()),
    ),
    max_size=14,
)


def drawn(order, number, move):
    word, about, units = move
    if word == "ask":
        return cmd(RequestReturn, number, return_id=about, lines={"1": units})
    if word == "take":
        came = ReceivedUnits("1", units, disposition="scrap")
        return cmd(ReceiveReturn, number, return_id=about, units=[came])
    if word == "complete":
        case = order.return_case(about)
        stage_now = "review" if case is None else case.at.stage
        return cmd(CompleteStage, number, return_id=about, stage=stage_now)
    if word == "migrate":
        # Where a stage is not in the new version, its units go on from where they count.
        behind = {"refurbishing": "received", "a-0": "received", "a-1": "received"}
        before = dict.fromkeys(("review", "inspection", "b-0", "b-1"), "expected")
        return cmd(MigrateFlow, number, to=about.pin, stages=known_in(order, before | behind))
    return attrs.evolve(REPORT, fact_id=f"e-{number}", evidence_id=f"e-{number}", about=about)


def known_in(order, stages):
    names = {
        state.id
        for case in order.returns
        for machine in VERSIONS
        if machine.pin == case.at.flow and not case.at.ended
        for state in machine.states
    }
    return {name: target for name, target in stages.items() if name in names}


@given(st.permutations(VERSIONS), MOVES)
def test_any_life_of_returns_keeps_every_law(flows, moves):
    """Whatever comes: an order where its flows say, and the same one replayed or step by step."""
    here, order = shop(*flows), SENT
    for number, move in enumerate(moves):
        answer = here.decide(order, drawn(order, number, move), CLERK)
        if not isinstance(answer, Decision):
            continue
        stepped = order
        for event in answer.events:
            stepped = evolve(stepped, event)
        order = replay(order, answer.events)
        assert stepped == order
        assert {law.invariant_id for law in INVARIANTS if law.check(order)} == set()
        for case in order.returns:
            (machine,) = (each for each in VERSIONS if each.pin == case.at.flow)
            state = machine.state(case.at.stage)
            assert (state.counts_as, state.terminal) == (case.at.counts_as, case.at.ended)


# --- which flow, and from one version to the next ---


def test_the_first_flow_that_is_for_an_order_serves_its_returns():
    dear = parse("order.total > CNY(300)", vocabulary=orders.ORDER_FACTS)
    flows = [
        Flow(machine=FULFILMENT),
        Flow(machine=CHECKED, subject="return", retired=True),
        Flow(machine=with_stages(1, 0), subject="return", when=dear),
        Flow(machine=with_stages(0, 1), subject="return"),
    ]
    here = OrderDecider(OrderRules(flows=flows))
    assert where(after(SENT, ASK, shop=here))[0] == "b-0"
    rollout = RollOut(RETURN.pin, [wave(CHECKED.pin, channels="douyin")])
    rolled = Flow(machine=CHECKED, subject="return", rollout=rollout)
    here = OrderDecider(OrderRules(flows=[rolled]))
    assert where(after(SENT, ASK, shop=here))[0] == "review"
    other = attrs.evolve(SENT, channel="tmall")
    assert where(after(other, ASK, shop=here))[0] == "expected"


def test_what_began_on_a_flow_that_is_not_known_waits_for_it():
    order = after(SENT, ASK, shop=SHOP)
    for message in (back(1), done(1, "review")):
        assert codes(order, message) == ("flow.unknown",)
    assert [r.code for r in orders.available(order, CLERK)["ReceiveReturn"].reasons] == [
        "flow.unknown"
    ]


def test_a_live_return_goes_on_under_another_version():
    here = shop(CHECKED, RETURN)
    order = after(after(SENT, ASK), cmd(RequestReturn, "2", return_id="r-2", lines={"2": 1}))
    plan = RETURN.migrate_to(CHECKED, {"requested": "requested"})
    told = plan.rehearse(flow_instances(order))
    assert [stray.key for stray in told.strays] == [
        "o-1/s-1"
    ]  # a fulfilment order, of its own flow
    assert told.moved == {"expected": 2}
    assert here.available(order, CLERK)["MigrateFlow"].targets == ("r-1", "r-2")
    one = cmd(MigrateFlow, "one", to=CHECKED.pin, returns=["r-2"])
    answer = here.decide(order, one, CLERK).accepted()
    assert [(e.return_id, e.fulfilment_id) for e in answer.events] == [("r-2", None)]
    moved = after(order, one, shop=here)
    assert [case.at.flow.version for case in moved.returns] == ["1", "checked"]
    assert here.available(moved, CLERK)["MigrateFlow"].targets == ("r-1",)
    moved = after(moved, cmd(MigrateFlow, "all", to=CHECKED.pin), shop=here)
    assert {case.at.flow for case in moved.returns} == {CHECKED.pin}
    assert moved.return_case("r-1").at.since == order.return_case("r-1").at.since
    assert where(after(moved, back(1), shop=here))[0] == "refurbishing"
    assert codes(moved, cmd(MigrateFlow, "x", to=CHECKED.pin, returns=["r-9"]), here) == (
        "flow.nothing_to_migrate",
        "return.unknown",
    )
    again = cmd(MigrateFlow, "x", to=CHECKED.pin, returns=["r-1"])
    assert codes(moved, again, here) == ("migration.already",)


def test_a_stage_that_the_new_version_does_not_have_is_named_or_refused():
    here = shop(RETURN, CHECKED)
    order = after(SENT, ASK, shop=SHOP)
    bare = cmd(MigrateFlow, "m", to=RETURN.pin)
    assert codes(order, bare, here) == ("flow.migration",)
    named = attrs.evolve(
        bare,
        stages={"review": "expected", "inspection": "expected", "refurbishing": "received"},
    )
    moved = after(order, named, shop=here)
    assert where(moved)[0] == "expected"
    later = attrs.evolve(named, command_id="m-2", stages={})
    assert codes(moved, later, here) == ("flow.nothing_to_migrate",)


def test_a_version_that_has_the_step_is_a_way_on():
    here = shop(RETURN, CHECKED)
    order = after(SENT, ASK)
    refurbished = done(1, "refurbishing")
    (reason,) = here.check(order, refurbished, CLERK).reasons
    assert (reason.code, reason.final) == ("return.stage", False)
    assert (reason.remedy.to, reason.remedy.returns) == (CHECKED.pin, ("r-1",))
    moved = after(order, reason.remedy, back(2), refurbished, shop=here)
    assert where(moved) == ("received", "returned", True)
    (reason,) = orders.check(order, refurbished, CLERK).reasons
    assert (reason.code, reason.final) == ("return.stage", True)


def test_a_step_that_no_flow_has_is_final_before_anything_has_begun():
    assert codes(SENT, done(1, "review")) == ("return.unknown", "return.stage")
    assert codes(SENT, done(1, "review"), SHOP) == ("return.unknown",)
    assert codes(tea_order(), done(1, "review")) == ("order.stage", "return.stage")
    assert codes(None, done(1, "review")) == ("order.unknown", "return.stage")
    # A flow that is for some orders leaves the built-in one to the others; this one is on it.
    late = [Flow(machine=CHECKED, subject="return", retired=True)]
    here = OrderDecider(OrderRules(flows=late))
    assert codes(SENT, done(1, "review"), here) == ("return.unknown", "return.stage")
    begun = after(SENT, ASK, shop=SHOP)
    other = attrs.evolve(done(1, "review"), return_id="r-9")
    assert codes(begun, other, here) == ("return.unknown",)


def test_only_versions_of_one_flow_lead_to_each_other():
    here = shop(CHECKED)
    across = cmd(MigrateFlow, "x", to=CHECKED.pin, fulfilments=["fo-1"])
    assert codes(PLANNED, across, here) == ("flow.other_flow",)
    assert here.decide(PLANNED, across, CLERK).final
    nowhere = attrs.evolve(across, fulfilments=["fo-9"])
    assert codes(PLANNED, nowhere, here) == ("flow.nothing_to_migrate", "fulfilment.unknown")
    here = shop(RETURN, CHECKED)
    back_there = cmd(MigrateFlow, "x", to=CHECKED.pin, returns=["r-1"])
    assert codes(SENT, back_there, here) == ("return.unknown",)
    assert codes(SENT, attrs.evolve(back_there, returns=[]), here) == ("flow.nothing_to_migrate",)
    assert not here.decide(SENT, attrs.evolve(back_there, returns=[]), CLERK).final
    assert codes(after(SENT, ASK, back(1)), back_there, here) == ("migration.ended",)
    # Nothing begins on a version behind one that is for every order, so that all stand on this.
    here = shop(CHECKED, RETURN)
    assert codes(SENT, back_there, here) == ("flow.nothing_to_migrate", "return.unknown")


def test_a_return_that_is_taken_to_the_last_stage_of_a_version_has_ended():
    here = shop(RETURN, CHECKED)
    order = after(SENT, ASK, done(1, "review"), REPORT, done(2, "inspection"), back(3), shop=SHOP)
    last = {"refurbishing": "received", "review": "expected", "inspection": "expected"}
    order = after(order, cmd(MigrateFlow, "m", to=RETURN.pin, stages=last), shop=here)
    assert where(order) == ("received", "returned", True)
    refund = RecordRefund("o-1", fact_id="f-8", payment_id="p", amount=order.money.refund_pending)
    order = after(order, refund, cmd(CloseOrder, "end"), shop=here)
    assert order.lifecycle == "closed"


def test_fulfilments_and_returns_are_taken_along_apart():
    abroad = FULFILMENT.with_(stage("customs", after="packed"), version="abroad")
    flows = [Flow(machine=abroad), Flow(machine=CHECKED, subject="return")]
    here = OrderDecider(OrderRules(flows=flows))
    assert here.available(PLANNED, CLERK)["MigrateFlow"].targets == ("fo-1",)
    order = after(PLANNED, cmd(MigrateFlow, 1, to=abroad.pin), shop=here)
    assert order.fulfilments[0].flow == abroad.pin


# --- time ---


def ticked(order, n, context):
    answer = SHOP.decide(order, Tick("o-1", command_id=f"t-{n}"), context).accepted()
    return replay(order, answer.events), [e for e in answer.events if isinstance(e, LimitPassed)]


def asked():
    answer = SHOP.decide(SENT, ASK, at()).accepted()
    return replay(SENT, answer.events), answer


def test_a_limit_of_a_stage_is_told_once_at_its_boundary():
    order, answer = asked()
    assert [(t.timer_id, t.at) for t in answer.due] == [
        ("o-1/stage/return/r-1/limit", shift(START, hours=24))
    ]
    order, told = ticked(order, 1, at(24, -1))
    assert told == []
    order, told = ticked(order, 2, at(24))
    assert [(e.return_id, e.fulfilment_id, e.stage, e.limit) for e in told] == [
        ("r-1", None, "review", "limit")
    ]
    assert order.return_case("r-1").at.passed == ("limit",)
    order, told = ticked(order, 3, at(30))
    assert told == []
    with pytest.raises(IllegalTransition):
        evolve(
            order,
            LimitPassed(
                order_id="o-1",
                cause=answer.events[0].cause,
                **RETURNED,
                stage="review",
                limit="limit",
                due_at=START,
            ),
        )


def test_a_hold_of_the_return_stops_its_clock():
    order, _ = asked()
    hold = cmd(PlaceHold, "h", hold_id="h", code="fraud", scope=HoldScope.returns("r-1"))
    order = replay(order, SHOP.decide(order, hold, at(1)).accepted().events)
    assert "order.held" in SHOP.check(order, done(1, "review"), at(2)).codes
    free = cmd(ReleaseHold, "free", hold_id="h")
    order = replay(order, SHOP.decide(order, free, at(11)).accepted().events)
    order, told = ticked(order, 1, at(33))
    assert told == []
    order, told = ticked(order, 2, at(34))
    assert len(told) == 1


def test_a_hold_of_other_lines_does_not_stop_a_stage():
    order, _ = asked()
    hold = cmd(PlaceHold, "h", hold_id="h", code="fraud", scope=HoldScope.lines("2"))
    order = replay(order, SHOP.decide(order, hold, at(1)).accepted().events)
    assert SHOP.check(order, done(1, "review"), at(2)).allowed


def test_units_that_come_are_a_sign_of_life():
    slow = Machine(
        attrs.evolve(
            RETURN.spec,
            version="slow",
            states=[
                attrs.evolve(state, limit=Duration.of(hours=24))
                if state.id == "expected"
                else state
                for state in RETURN.states
            ],
        )
    )
    here = shop(slow)
    order = replay(SENT, here.decide(SENT, ASK, at()).accepted().events)
    answer = here.decide(order, back(1, units=1), at(20)).accepted()
    assert [t.at for t in answer.due] == [shift(START, hours=44)]


# --- what is no flow of returns, and no event of one ---


def bare(states, edges):
    return Machine(
        MachineSpec(
            "return",
            version="x",
            initial=states[0][0],
            states=[
                State(name, counts_as=position, terminal=end) for name, position, end in states
            ],
            transitions=[Transition(*edge) for edge in edges],
            commands=sorted({edge[0] for edge in edges}),
        )
    )


ASKED, CAME = "return_requested", "returned"


@pytest.mark.parametrize(
    "states, edges, found",
    [
        (
            [("a", ASKED, False), ("b", "nowhere", False), ("c", CAME, True)],
            [("authorise", "a", "b"), ("receive", "b", "c")],
            ["flow.counts_as", "flow.receives"],
        ),
        (
            [("a", ASKED, False), ("c", CAME, True)],
            [("receive", "a", "c")],
            ["flow.authorise"],
        ),
        (
            [("a", ASKED, False), ("b", ASKED, False), ("c", CAME, True)],
            [("authorise", "a", "b"), ("authorise", "b", "b"), ("receive", "b", "c")],
            ["flow.authorise"],
        ),
        (
            [("a", ASKED, False), ("b", ASKED, False), ("c", CAME, True)],
            [("authorise", "a", "b"), ("complete_stage", "b", "c")],
            ["flow.no_receive", "flow.receives"],
        ),
        (
            [("a", ASKED, False), ("b", ASKED, False), ("c", CAME, False), ("d", CAME, True)],
            [
                ("authorise", "a", "b"),
                ("receive", "b", "c"),
                ("receive", "c", "d"),
                ("wash", "c", "d"),
            ],
            ["flow.command", "flow.receives"],
        ),
    ],
)
def test_what_is_no_flow_of_returns_is_refused(states, edges, found):
    with pytest.raises(InvalidBatch) as told:
        Flow(machine=bare(states, edges), subject="return")
    assert [fault.code for fault in told.value.faults] == found


@pytest.mark.parametrize(
    "make",
    [
        lambda: cmd(CompleteStage, 1, stage="x"),
        lambda: cmd(CompleteStage, 1, stage="x", fulfilment_id="f", return_id="r"),
    ],
)
def test_a_stage_is_one_of_something(make):
    with pytest.raises(InvalidBatch) as told:
        make()
    assert told.value.faults[0].code == "stage.of_what"


def test_events_that_cannot_have_happened():
    order, answer = asked()
    cause = {"order_id": "o-1", "cause": answer.events[0].cause}
    wrong = StageEntered(
        **cause, **RETURNED, command="x", source="expected", target="received", counts_as=CAME
    )
    with pytest.raises(IllegalTransition):
        evolve(order, wrong)
    with pytest.raises(IllegalTransition):
        evolve(order, attrs.evolve(wrong, return_id="r-9"))
    pin = {"flow": RETURN.pin, "stage": "expected", "counts_as": ASKED, "since": START}
    with pytest.raises(IllegalTransition):
        evolve(order, FlowMigrated(**cause, return_id="r-9", **pin))


def test_the_laws_hold_on_any_flow():
    order = after(SENT, ASK, shop=SHOP)
    assert {law.invariant_id for law in INVARIANTS if law.check(order)} == set()


def test_the_manual_of_returns_is_in_both_languages():
    assert "待收货" in RETURN.manual("zh")
    assert RETURN.manual("en").startswith("# ")
