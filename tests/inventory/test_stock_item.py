"""Stock: nothing oversold, nothing lost, every repeat harmless."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ordercore import inventory
from ordercore.inventory import (
    INVARIANTS,
    REMEMBERED_COMMANDS,
    AcceptedMove,
    Adjust,
    Adjusted,
    Disposition,
    MoveCause,
    Receive,
    Received,
    Release,
    ReleaseCause,
    Released,
    Reservation,
    Reserve,
    Reserved,
    Return,
    Returned,
    Ship,
    Shipped,
    StockItem,
)
from ordercore.kernel import (
    Context,
    FrozenMap,
    IllegalTransition,
    InvalidBatch,
    fold,
    instant,
    shift,
)

T0 = instant("2026-11-11T00:00:00Z")


def at(seconds=0):
    return Context(now=shift(T0, seconds=seconds), actor="clerk")


def key(**fields):
    return {"sku": "TEA", "node": "ningbo"} | fields


def apply(item, command, context=None):
    decision = inventory.decide(item, command, context or at()).accepted()
    return fold(inventory, decision.events, item) if decision.events else item


def stocked(quantity=10):
    return apply(None, Receive(**key(quantity=quantity, command_id="in")))


def held(quantity=4, *, of=10, expires_at=None, reservation="r-1"):
    return apply(
        stocked(of),
        Reserve(
            **key(
                quantity=quantity,
                command_id=f"hold {reservation}",
                reservation_id=reservation,
                order_id="o-1",
                expires_at=expires_at,
            )
        ),
    )


def counters(item):
    return {
        name: getattr(item, name)
        for name in ("received", "shipped", "returned", "found", "written_off", "reserved")
        if getattr(item, name)
    }


def reason(answer):
    assert answer.is_refused
    (only,) = answer.reasons
    return only


# --- hand-computed moves -----------------------------------------------------------------------


def test_units_come_in_and_are_available():
    item = stocked(7)
    assert counters(item) == {"received": 7}
    assert (item.on_hand, item.available, item.version) == (7, 7, 1)
    item = apply(item, Receive(**key(quantity=2, command_id="in-2", reference="asn-9")))
    assert (item.on_hand, item.version) == (9, 2)


def test_a_reservation_takes_from_what_is_available_not_from_what_is_there():
    item = held(4)
    assert (item.on_hand, item.available, item.reserved) == (10, 6, 4)
    assert item.reservations == {
        "r-1": Reservation(reservation_id="r-1", order_id="o-1", quantity=4)
    }


def test_the_last_unit_can_be_reserved_and_one_more_can_not():
    assert held(10).available == 0
    answer = inventory.decide(
        held(10),
        Reserve(**key(quantity=1, command_id="x", reservation_id="r-2", order_id="o-2")),
        at(),
    )
    why = reason(answer)
    assert why.code == "stock.short"
    assert dict(why.facts) == {"sku": "TEA", "node": "ningbo", "have": 0, "need": 1, "short": 1}
    assert why.obtain


def test_a_part_can_be_released_and_the_rest_later():
    item = apply(held(4), Release(**key(command_id="x", reservation_id="r-1", quantity=1)))
    assert (item.available, item.reservations["r-1"].quantity) == (7, 3)
    item = apply(item, Release(**key(command_id="y", reservation_id="r-1")))
    assert (item.available, dict(item.reservations)) == (10, {})


def test_release_after_release_changes_nothing():
    item = apply(held(4), Release(**key(command_id="x", reservation_id="r-1")))
    again = inventory.decide(item, Release(**key(command_id="y", reservation_id="r-1")), at())
    assert again.accepted().events == ()
    assert not again.repeated


def test_more_than_is_held_is_not_released():
    command = Release(**key(command_id="x", reservation_id="r-1", quantity=5))
    why = reason(inventory.decide(held(4), command, at()))
    assert why.code == "stock.not_reserved"
    assert (why.facts["have"], why.facts["need"]) == (4, 5)


def test_units_ship_from_their_reservation_in_parts():
    item = apply(held(4), Ship(**key(quantity=3, command_id="s-1", reservation_id="r-1")))
    assert counters(item) == {"received": 10, "shipped": 3, "reserved": 1}
    assert (item.on_hand, item.available) == (7, 6)
    item = apply(item, Ship(**key(quantity=1, command_id="s-2", reservation_id="r-1")))
    assert dict(item.reservations) == {}
    assert (item.on_hand, item.available) == (6, 6)


@pytest.mark.parametrize(("reservation", "have"), [("r-1", 4), ("other", 0)])
def test_what_is_not_held_does_not_ship(reservation, have):
    command = Ship(**key(quantity=5, command_id="s", reservation_id=reservation))
    why = reason(inventory.decide(held(4), command, at()))
    assert why.code == "stock.not_reserved"
    assert dict(why.facts) == {
        "sku": "TEA",
        "node": "ningbo",
        "reservation_id": reservation,
        "have": have,
        "need": 5,
    }


def test_a_return_is_a_move_to_a_node_with_a_disposition():
    item = apply(None, Return(**key(quantity=2, command_id="a", order_id="o-1")))
    assert counters(item) == {"returned": 2}
    assert item.available == 2
    item = apply(item, Return(**key(quantity=3, command_id="b", disposition="scrap")))
    assert counters(item) == {"returned": 5, "written_off": 3}
    assert item.available == 2


def test_counts_are_corrected_but_never_below_what_is_held():
    item = apply(held(4), Adjust(**key(change=2, command_id="a")))
    assert counters(item)["found"] == 2
    item = apply(item, Adjust(**key(change=-8, command_id="b", cause="damage")))
    assert (item.on_hand, item.available, item.written_off) == (4, 0, 8)
    why = reason(inventory.decide(item, Adjust(**key(change=-1, command_id="c")), at()))
    assert why.code == "stock.reserved"
    assert (why.facts["have"], why.facts["need"], why.facts["reserved"]) == (0, 1, 4)


@pytest.mark.parametrize(
    "command",
    [
        Reserve(**key(quantity=1, command_id="x", reservation_id="r", order_id="o")),
        Release(**key(command_id="x", reservation_id="r")),
        Ship(**key(quantity=1, command_id="x", reservation_id="r")),
    ],
    ids=lambda command: type(command).__name__,
)
def test_where_nothing_ever_was_nothing_can_be_taken(command):
    why = reason(inventory.decide(None, command, at()))
    assert why.code == "stock.unknown"
    assert dict(why.facts) == {"sku": "TEA", "node": "ningbo"}


def test_a_reservation_id_is_used_once():
    command = Reserve(**key(quantity=1, command_id="x", reservation_id="r-1", order_id="o-1"))
    why = reason(inventory.decide(held(4), command, at()))
    assert why.code == "stock.reservation_exists"
    assert why.final


# --- holds that end ----------------------------------------------------------------------------


def test_a_hold_that_ends_asks_for_a_timer_and_is_released_at_its_instant():
    until = shift(T0, seconds=60)
    command = Reserve(
        **key(quantity=4, command_id="h", reservation_id="r", order_id="o", expires_at=until)
    )
    (timer,) = inventory.decide(stocked(), command, at()).accepted().due
    assert (timer.at, timer.timer_id) == (until, "expire:r")
    item = apply(stocked(), command)
    assert timer.command == Release(
        **key(command_id="expire:r", reservation_id="r", cause=ReleaseCause.EXPIRED)
    )
    early = inventory.decide(item, timer.command, at(59))
    assert reason(early).code == "stock.not_expired"
    assert apply(item, timer.command, at(60)).available == 10
    assert not inventory.decide(
        stocked(),
        Reserve(**key(quantity=1, command_id="h", reservation_id="r", order_id="o")),
        at(),
    ).due


def test_units_of_ended_holds_are_taken_oldest_first_and_only_when_needed():
    item = stocked(10)
    for name, seconds in (("b", 20), ("a", 10), ("c", 30)):
        item = apply(
            item,
            Reserve(
                **key(
                    quantity=3,
                    command_id=name,
                    reservation_id=name,
                    order_id="o",
                    expires_at=shift(T0, seconds=seconds),
                )
            ),
        )

    def wish(quantity):
        return Reserve(
            **key(quantity=quantity, command_id="new", reservation_id="new", order_id="p")
        )

    assert item.available_at(shift(T0, seconds=20)) == 7
    assert reason(inventory.decide(item, wish(2), at(9))).code == "stock.short"
    decision = inventory.decide(item, wish(1), at(25)).accepted()
    assert [type(event) for event in decision.events] == [Reserved]
    decision = inventory.decide(item, wish(4), at(25)).accepted()
    assert [event.reservation_id for event in decision.events] == ["a", "new"]
    decision = inventory.decide(item, wish(5), at(25)).accepted()
    assert [event.reservation_id for event in decision.events] == ["a", "b", "new"]
    assert decision.events[0].cause is ReleaseCause.EXPIRED
    after = fold(inventory, decision.events, item)
    assert (after.available, sorted(after.reservations)) == (2, ["c", "new"])
    assert len([a for a in after.accepted if a.command_id == "new"]) == 1
    again = inventory.decide(after, wish(5), at(25))
    assert again.repeated
    assert again.version == after.version
    short = reason(inventory.decide(item, wish(8), at(25)))
    assert (short.facts["have"], short.facts["need"]) == (7, 8)


def test_the_instant_of_expiry_is_already_over():
    hold = Reservation(reservation_id="r", order_id="o", quantity=1, expires_at=T0)
    assert hold.expired(T0)
    assert not hold.expired(shift(T0, microseconds=-1))
    assert not attrs.evolve(hold, expires_at=None).expired(T0)


# --- once --------------------------------------------------------------------------------------


def test_a_repeat_answers_with_the_first_version_and_does_nothing():
    item = held(4)
    again = inventory.decide(item, Receive(**key(quantity=10, command_id="in")), at(5))
    assert (again.repeated, again.version, again.events) == (True, 1, ())
    other = inventory.decide(item, Receive(**key(quantity=11, command_id="in")), at())
    why = reason(other)
    assert (why.code, why.final, why.facts["command_id"]) == ("command.id_reused", True, "in")


def test_the_memory_of_commands_is_bounded():
    item = None
    for number in range(REMEMBERED_COMMANDS + 1):
        item = apply(item, Receive(**key(quantity=1, command_id=f"in-{number}")))
    assert len(item.accepted) == REMEMBERED_COMMANDS
    assert item.accepted[0].command_id == "in-1"
    assert item.accepted[-1] == AcceptedMove("in-32", item.accepted[-1].fingerprint, 33)


def test_another_item_is_not_touched():
    for wrong in ({"sku": "CUP"}, {"node": "yiwu"}):
        command = Receive(**key(quantity=1, command_id="x") | wrong)
        with pytest.raises(IllegalTransition):
            inventory.decide(stocked(), command, at())
        event = Received(**key(quantity=1, command_id="x", fingerprint="", at=T0) | wrong)
        with pytest.raises(IllegalTransition):
            inventory.evolve(stocked(), event)


# --- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Receive, Reserve, Ship, Return, Release])
@pytest.mark.parametrize("quantity", [0, -1, 1.0, True, "1"])
def test_no_move_of_nothing(kind, quantity):
    extra = {"reservation_id": "r"} if kind in {Reserve, Ship, Release} else {}
    extra |= {"order_id": "o"} if kind is Reserve else {}
    with pytest.raises(InvalidBatch) as caught:
        kind(**key(quantity=quantity, command_id="x"), **extra)
    (fault,) = caught.value.faults
    assert (fault.code, fault.path, fault.value) == ("quantity.not_positive", "quantity", quantity)


@pytest.mark.parametrize("change", [0, 1.0, True, None])
def test_no_correction_by_nothing(change):
    with pytest.raises(InvalidBatch) as caught:
        Adjust(**key(change=change, command_id="x"))
    assert caught.value.faults[0].code == "stock.adjust_nothing"


def test_a_stock_item_that_cannot_be_is_refused_with_all_its_faults():
    with pytest.raises(InvalidBatch) as caught:
        StockItem(sku="T", node="n", received=-1, found=-2, reserved=-1)
    assert [(f.code, f.path) for f in caught.value.faults] == [
        ("stock.negative", "received"),
        ("stock.negative", "found"),
        ("stock.negative", "reserved"),
        ("stock.oversold", "reserved"),
    ]
    with pytest.raises(InvalidBatch) as caught:
        StockItem(sku="T", node="n", received=1, reserved=2)
    assert [f.code for f in caught.value.faults] == ["stock.oversold"]
    for name in ("shipped", "returned", "written_off"):
        with pytest.raises(InvalidBatch) as caught:
            StockItem(**key(received=9) | {name: -1})
        assert caught.value.faults[0].path == name


BASE = key(command_id="x", fingerprint="", at=T0)


@pytest.mark.parametrize(
    "event",
    [
        Reserved(**BASE, quantity=7, reservation_id="r-9", order_id="o"),
        Reserved(**BASE, quantity=1, reservation_id="r-1", order_id="o"),
        Released(**BASE, quantity=5, reservation_id="r-1"),
        Released(**BASE, quantity=1, reservation_id="r-9"),
        Shipped(**BASE, quantity=5, reservation_id="r-1"),
        Shipped(**BASE, quantity=1, reservation_id="r-9"),
        Adjusted(**BASE, change=-7, cause=MoveCause.COUNT),
    ],
    ids=lambda event: type(event).__name__,
)
def test_a_log_that_cannot_be_true_is_not_folded(event):
    with pytest.raises(IllegalTransition):
        inventory.evolve(held(4), event)


def test_a_log_may_begin_with_any_inward_move():
    returned = Returned(**BASE, quantity=2, disposition=Disposition.RESTOCK)
    assert fold(inventory, [returned]).on_hand == 2
    assert fold(inventory, [Adjusted(**BASE, change=3, cause="sample")]).found == 3


# --- the laws, over every history --------------------------------------------------------------

MOVES = st.one_of(
    st.builds(lambda q: ("receive", q, None), st.integers(1, 9)),
    st.builds(
        lambda q, r, e: ("reserve", q, (r, e)),
        st.integers(1, 9),
        st.sampled_from("abcd"),
        st.none() | st.integers(0, 40),
    ),
    st.builds(
        lambda q, r: ("release", q, r), st.none() | st.integers(1, 9), st.sampled_from("abcd")
    ),
    st.builds(lambda q, r: ("ship", q, r), st.integers(1, 9), st.sampled_from("abcd")),
    st.builds(lambda q, d: ("return", q, d), st.integers(1, 9), st.sampled_from(list(Disposition))),
    st.builds(lambda q: ("adjust", q, None), st.integers(-9, 9).filter(bool)),
)


def command_of(move, number):
    kind, quantity, extra = move
    fields = key(command_id=f"c-{number}")
    match kind:
        case "receive":
            return Receive(**fields, quantity=quantity)
        case "reserve":
            name, seconds = extra
            until = None if seconds is None else shift(T0, seconds=seconds)
            return Reserve(
                **fields, quantity=quantity, reservation_id=name, order_id="o", expires_at=until
            )
        case "release":
            return Release(**fields, quantity=quantity, reservation_id=extra)
        case "ship":
            return Ship(**fields, quantity=quantity, reservation_id=extra)
        case "return":
            return Return(**fields, quantity=quantity, disposition=extra)
        case _:
            return Adjust(**fields, change=quantity)


@given(st.lists(MOVES, max_size=40))
def test_every_history_keeps_the_laws_and_replays_to_the_same_item(moves):
    item, log = None, []
    for number, move in enumerate(moves):
        command = command_of(move, number)
        answer = inventory.decide(item, command, at(number))
        if answer.is_refused:
            continue
        before = item
        if answer.events:
            item = fold(inventory, answer.events, item)
            log.extend(answer.events)
            again = inventory.decide(item, command, at(number + 1))
            assert again.repeated
            assert again.version == item.version
        else:
            assert before is item
        for law in INVARIANTS:
            if item is not None:
                law.require(item)
    if log:
        assert fold(inventory, log) == item
        assert item.version == len(log)


@given(st.lists(MOVES, max_size=25))
def test_a_refusal_tells_the_truth_about_what_is_there(moves):
    item = None
    for number, move in enumerate(moves):
        answer = inventory.decide(item, command_of(move, number), at(number))
        if not answer.is_refused:
            item = fold(inventory, answer.events, item) if answer.events else item
            continue
        why = answer.reasons[0]
        if why.code in {"stock.short", "stock.not_reserved"}:
            assert why.facts["have"] < why.facts["need"]
            match move:
                case ("reserve", _, (name, _)):
                    smaller = ("reserve", why.facts["have"], (name, None))
                case (kind, _, extra):
                    smaller = (kind, why.facts["have"], extra)
            if why.facts["have"]:
                retry = inventory.decide(item, command_of(smaller, 10_000 + number), at(number))
                assert not retry.is_refused


def test_the_laws_see_what_is_broken():
    good = held(4)
    broken = attrs.evolve(good, reservations=FrozenMap())
    assert [law.invariant_id for law in INVARIANTS if not law.holds(broken)] == ["INV-STOCK-3"]
    zero = attrs.evolve(
        stocked(), reservations={"r": Reservation(reservation_id="r", order_id="o", quantity=0)}
    )
    assert [law.invariant_id for law in INVARIANTS if not law.holds(zero)] == ["INV-STOCK-3"]

    class Forged:
        on_hand, received, returned, found, shipped, written_off = 3, 4, 0, 0, 0, 0
        reserved = 5

    assert not INVARIANTS[0].holds(Forged())
    assert not INVARIANTS[1].holds(Forged())
    assert INVARIANTS[0].check(Forged()).witness == {"on_hand": 3, "moves": 4}


class StockLife(RuleBasedStateMachine):
    """A stock item beside a plain model of a shelf and named holds."""

    def __init__(self):
        super().__init__()
        self.item, self.shelf, self.holds, self.number = None, 0, {}, 0

    def send(self, kind, **fields):
        self.number += 1
        command = kind(**key(command_id=f"c{self.number}"), **fields)
        answer = inventory.decide(self.item, command, at())
        if not answer.is_refused and answer.events:
            self.item = fold(inventory, answer.events, self.item)
        return not answer.is_refused

    @rule(quantity=st.integers(1, 5))
    def receive(self, quantity):
        assert self.send(Receive, quantity=quantity)
        self.shelf += quantity

    @rule(quantity=st.integers(1, 5), name=st.sampled_from("abc"))
    def reserve(self, quantity, name):
        fits = (
            self.item is not None
            and name not in self.holds
            and quantity <= self.shelf - sum(self.holds.values())
        )
        assert self.send(Reserve, quantity=quantity, reservation_id=name, order_id="o") == fits
        if fits:
            self.holds[name] = quantity

    @rule(name=st.sampled_from("abc"))
    def release(self, name):
        assert self.send(Release, reservation_id=name) == (self.item is not None)
        self.holds.pop(name, None)

    @rule(quantity=st.integers(1, 5), name=st.sampled_from("abc"))
    def ship(self, quantity, name):
        fits = quantity <= self.holds.get(name, 0)
        assert self.send(Ship, quantity=quantity, reservation_id=name) == fits
        if fits:
            self.shelf -= quantity
            self.holds[name] -= quantity
            if not self.holds[name]:
                del self.holds[name]

    @rule(quantity=st.integers(1, 5), scrap=st.booleans())
    def take_back(self, quantity, scrap):
        kind = Disposition.SCRAP if scrap else Disposition.RESTOCK
        assert self.send(Return, quantity=quantity, disposition=kind)
        self.shelf += 0 if scrap else quantity

    @rule(change=st.integers(-5, 5).filter(bool))
    def adjust(self, change):
        fits = -change <= self.shelf - sum(self.holds.values())
        assert self.send(Adjust, change=change) == fits
        if fits:
            self.shelf += change

    @invariant()
    def agrees_with_the_model(self):
        if self.item is not None:
            assert self.item.on_hand == self.shelf
            assert self.item.available == self.shelf - sum(self.holds.values())
            held_units = {k: r.quantity for k, r in self.item.reservations.items()}
            assert held_units == self.holds


TestStockLife = StockLife.TestCase
