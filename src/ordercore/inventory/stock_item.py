"""The stock item: one SKU at one node, its moves as decisions, and its laws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypedDict, assert_never

import attrs

from ordercore.inventory.held import AcceptedMove, Reservation
from ordercore.inventory.moves import (
    Adjust,
    Adjusted,
    Disposition,
    Receive,
    Received,
    Release,
    ReleaseCause,
    Released,
    Reserve,
    Reserved,
    Return,
    Returned,
    Ship,
    Shipped,
    StockCommand,
    StockEvent,
)
from ordercore.kernel import (
    CommandId,
    Context,
    Decision,
    FrozenMap,
    IllegalTransition,
    Instant,
    InvalidValue,
    NodeId,
    Reason,
    Refusal,
    ReservationId,
    Sku,
    Timer,
    answering,
    as_map,
    as_tuple,
    checked,
    digest,
    expect,
    problems,
)

__all__ = [
    "REMEMBERED_COMMANDS",
    "AcceptedMove",
    "Reservation",
    "StockItem",
    "decide",
    "evolve",
]

REMEMBERED_COMMANDS = 32
"""How many accepted command ids a stock item remembers; older repeats are the store's to catch."""


def _sku(given: str) -> Sku:
    return given if type(given) is Sku else Sku(given)


def _node(given: str) -> NodeId:
    return given if type(given) is NodeId else NodeId(given)


_ReservationMap = FrozenMap[ReservationId, Reservation]


def _reservation_map(given: Mapping[ReservationId, Reservation]) -> _ReservationMap:
    if type(given) is FrozenMap or not isinstance(given, Mapping):
        return as_map(given)
    return FrozenMap({ReservationId(key): held for key, held in given.items()})


def _moves(given: Iterable[AcceptedMove]) -> tuple[AcceptedMove, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class StockItem:
    """What one node holds of one SKU, in whole units.

    ``on_hand`` is derived from the ledger's sums and never set; ``available`` is what nobody has
    reserved. Both are never negative.

    Raises:
        InvalidBatch: ``stock.negative`` per counter below zero, ``stock.oversold`` when more is
            reserved than on hand.

    Example:
        >>> item = StockItem(sku="TEA", node="ningbo", received=10, shipped=3)
        >>> item.on_hand, item.available
        (7, 7)
    """

    sku: Sku = attrs.field(converter=_sku)
    node: NodeId = attrs.field(converter=_node)
    received: int = 0
    shipped: int = 0
    returned: int = 0
    found: int = 0
    written_off: int = 0
    reserved: int = 0
    reservations: _ReservationMap = attrs.field(factory=FrozenMap, converter=_reservation_map)
    accepted: tuple[AcceptedMove, ...] = attrs.field(default=(), converter=_moves)
    version: int = 0

    def __attrs_post_init__(self) -> None:
        if (
            self.received >= 0
            and self.shipped >= 0
            and self.returned >= 0
            and self.found >= 0
            and self.written_off >= 0
            and 0 <= self.reserved <= self.on_hand
        ):
            return
        faults = problems()
        for name in ("received", "shipped", "returned", "found", "written_off", "reserved"):
            if getattr(self, name) < 0:
                faults.add("stock.negative", name, getattr(self, name), "an integer ≥ 0")
        if self.reserved > self.on_hand:
            faults.add("stock.oversold", "reserved", self.reserved, f"at most {self.on_hand}")
        faults.raise_if_any(f"stock item {self.sku} at {self.node}")

    @property
    def on_hand(self) -> int:
        """Units physically there: received + returned + found − shipped − written off."""
        return self.received + self.returned + self.found - self.shipped - self.written_off

    @property
    def available(self) -> int:
        """Units that can be promised: on hand − reserved."""
        return self.on_hand - self.reserved

    def available_at(self, at: Instant) -> int:
        """Units that can be promised at ``at``, holds that have ended by then not counted.

        O(number of open reservations).
        """
        ended = sum(r.quantity for r in self.reservations.values() if r.expired(at))
        return self.available + ended


def decide(
    state: StockItem | None, command: StockCommand, context: Context
) -> Decision[StockEvent] | Refusal:
    """Decide one move of one stock item.

    A command id that was accepted before gives ``repeated=True`` and changes nothing; the same id
    with other content is refused with ``command.id_reused``.

    Raises:
        IllegalTransition: a command that is addressed to another SKU or node.

    Refusals: ``stock.unknown``, ``stock.short`` (facts have, need, short),
    ``stock.reservation_exists``, ``stock.not_reserved``, ``stock.reserved``.

    Example:
        >>> from ordercore.kernel import Context, fold
        >>> from ordercore import inventory
        >>> clerk = Context(now="2026-11-11T00:00:00Z", actor="clerk")
        >>> got = decide(None, Receive(sku="T", node="n", quantity=3, command_id="1"), clerk)
        >>> item = fold(inventory, got.accepted().events)
        >>> wish = Reserve(
        ...     sku="T", node="n", quantity=4, command_id="2", reservation_id="r", order_id="o"
        ... )
        >>> decide(item, wish, clerk).reasons[0].facts["short"]
        1
    """
    if not isinstance(command, StockCommand):
        raise InvalidValue("type.wrong", "command", command, "a command of a stock item")
    expect(context, Context, "context")
    fingerprint = digest(command)
    if state is not None:
        expect(state, StockItem, "state")
        if state.sku != command.sku or state.node != command.node:
            raise IllegalTransition(
                f"stock item {state.sku}@{state.node}",
                f"version {state.version}",
                f"{type(command).__name__} for {command.sku}@{command.node}",
            )
        for accepted in state.accepted:
            if accepted.command_id == command.command_id:
                if accepted.fingerprint == fingerprint:
                    return Decision((), repeated=True, version=accepted.version)
                return Refusal(
                    [
                        Reason(
                            "command.id_reused",
                            facts={"command_id": str(command.command_id)},
                            final=True,
                        )
                    ]
                )
    elif isinstance(command, Reserve | Release | Ship):
        return Refusal(
            [
                Reason(
                    "stock.unknown",
                    facts={"sku": str(command.sku), "node": str(command.node)},
                    obtain="stock received at this node",
                )
            ]
        )
    item = StockItem(sku=command.sku, node=command.node) if state is None else state
    return _decide(item, command, context.now, fingerprint)


class _Shared(TypedDict):
    """What every event of a decision says alike."""

    sku: Sku
    node: NodeId
    command_id: CommandId
    fingerprint: str
    at: Instant


def _shared(command: StockCommand, now: Instant, fingerprint: str) -> _Shared:
    return {
        "sku": command.sku,
        "node": command.node,
        "command_id": command.command_id,
        "fingerprint": fingerprint,
        "at": now,
    }


def _decide(
    item: StockItem, command: StockCommand, now: Instant, fingerprint: str
) -> Decision[StockEvent] | Refusal:
    match command:
        case Receive():
            return Decision(
                (
                    Received(
                        **_shared(command, now, fingerprint),
                        quantity=command.quantity,
                        reference=command.reference,
                    ),
                )
            )
        case Reserve():
            return _decide_reserve(item, command, now, fingerprint)
        case Release():
            return _decide_release(item, command, now, fingerprint)
        case Ship():
            return _decide_ship(item, command, now, fingerprint)
        case Return():
            return Decision(
                (
                    Returned(
                        **_shared(command, now, fingerprint),
                        quantity=command.quantity,
                        disposition=command.disposition,
                        order_id=command.order_id,
                    ),
                )
            )
        case Adjust():
            return _decide_adjust(item, command, now, fingerprint)
        case _:  # pragma: no cover - the union is closed
            assert_never(command)


def _short(item: StockItem, have: int, need: int) -> Reason:
    return Reason(
        "stock.short",
        facts={
            "sku": str(item.sku),
            "node": str(item.node),
            "have": have,
            "need": need,
            "short": need - have,
        },
        obtain=f"{need - have} more units of {item.sku} at {item.node}",
    )


def _decide_reserve(
    item: StockItem, command: Reserve, now: Instant, fingerprint: str
) -> Decision[StockEvent] | Refusal:
    if command.reservation_id in item.reservations:
        return Refusal(
            [
                Reason(
                    "stock.reservation_exists",
                    facts={"reservation_id": str(command.reservation_id)},
                    final=True,
                )
            ]
        )
    events: list[StockEvent] = []
    have = item.available
    if have < command.quantity:
        # Holds that have ended are taken back only when their units are needed, oldest first.
        ended = sorted(
            (r for r in item.reservations.values() if r.expired(now)),
            key=lambda r: (r.expires_at, r.reservation_id),
        )
        for old in ended:
            if have >= command.quantity:
                break
            have += old.quantity
            events.append(
                Released(
                    **_shared(command, now, fingerprint),
                    quantity=old.quantity,
                    reservation_id=old.reservation_id,
                    cause=ReleaseCause.EXPIRED,
                )
            )
    if have < command.quantity:
        return Refusal([_short(item, have, command.quantity)])
    events.append(
        Reserved(
            **_shared(command, now, fingerprint),
            quantity=command.quantity,
            reservation_id=command.reservation_id,
            order_id=command.order_id,
            expires_at=command.expires_at,
        )
    )
    due: tuple[Timer, ...] = ()
    if command.expires_at is not None:
        due = (
            Timer(
                timer_id=f"expire:{command.reservation_id}",
                at=command.expires_at,
                command=Release(
                    sku=item.sku,
                    node=item.node,
                    command_id=f"expire:{command.reservation_id}",
                    reservation_id=command.reservation_id,
                    cause=ReleaseCause.EXPIRED,
                ),
            ),
        )
    return Decision(tuple(events), due=due)


def _decide_release(
    item: StockItem, command: Release, now: Instant, fingerprint: str
) -> Decision[StockEvent] | Refusal:
    held = item.reservations.get(command.reservation_id)
    if held is None:
        return Decision(())
    quantity = held.quantity if command.quantity is None else command.quantity
    if quantity > held.quantity:
        return Refusal([_not_reserved(item, command.reservation_id, held.quantity, quantity)])
    if command.cause is ReleaseCause.EXPIRED and not held.expired(now):
        return Refusal(
            [
                Reason(
                    "stock.not_expired",
                    facts={"reservation_id": str(held.reservation_id), "until": held.expires_at},
                    obtain="the end of the hold",
                )
            ]
        )
    return Decision(
        (
            Released(
                **_shared(command, now, fingerprint),
                quantity=quantity,
                reservation_id=command.reservation_id,
                cause=command.cause,
            ),
        )
    )


def _not_reserved(item: StockItem, reservation: ReservationId, have: int, need: int) -> Reason:
    return Reason(
        "stock.not_reserved",
        facts={
            "sku": str(item.sku),
            "node": str(item.node),
            "reservation_id": str(reservation),
            "have": have,
            "need": need,
        },
        obtain=f"a reservation of {need} units",
    )


def _decide_ship(
    item: StockItem, command: Ship, now: Instant, fingerprint: str
) -> Decision[StockEvent] | Refusal:
    held = item.reservations.get(command.reservation_id)
    have = 0 if held is None else held.quantity
    if have < command.quantity:
        return Refusal([_not_reserved(item, command.reservation_id, have, command.quantity)])
    return Decision(
        (
            Shipped(
                **_shared(command, now, fingerprint),
                quantity=command.quantity,
                reservation_id=command.reservation_id,
            ),
        )
    )


def _decide_adjust(
    item: StockItem, command: Adjust, now: Instant, fingerprint: str
) -> Decision[StockEvent] | Refusal:
    if -command.change > item.available:
        return Refusal(
            [
                Reason(
                    "stock.reserved",
                    facts={
                        "sku": str(item.sku),
                        "node": str(item.node),
                        "have": item.available,
                        "need": -command.change,
                        "reserved": item.reserved,
                    },
                    obtain="reservations released before units are written off",
                )
            ]
        )
    return Decision(
        (
            Adjusted(
                **_shared(command, now, fingerprint),
                change=command.change,
                cause=command.cause,
            ),
        )
    )


@answering
def evolve(state: StockItem | None, event: StockEvent) -> StockItem:
    """The stock item after one move.

    Raises:
        IllegalTransition: a move that cannot have happened: the log is corrupt.

    Example:
        >>> got = Received(
        ...     sku="T",
        ...     node="n",
        ...     command_id="1",
        ...     fingerprint="",
        ...     quantity=3,
        ...     at="2026-11-11T00:00:00Z",
        ... )
        >>> evolve(None, got).on_hand
        3
    """
    item = StockItem(sku=event.sku, node=event.node) if state is None else state
    if item.sku != event.sku or item.node != event.node:
        raise _impossible(item, event)
    received, shipped, returned = item.received, item.shipped, item.returned
    found, written_off, reserved = item.found, item.written_off, item.reserved
    reservations = item.reservations
    match event:
        case Received():
            received += event.quantity
        case Reserved():
            if event.reservation_id in reservations or event.quantity > item.available:
                raise _impossible(item, event)
            reserved += event.quantity
            reservations = reservations.with_(
                event.reservation_id,
                Reservation(
                    reservation_id=event.reservation_id,
                    order_id=event.order_id,
                    quantity=event.quantity,
                    expires_at=event.expires_at,
                ),
            )
        case Released():
            reservations = _less(item, event)
            reserved -= event.quantity
        case Shipped():
            reservations = _less(item, event)
            reserved -= event.quantity
            shipped += event.quantity
        case Returned():
            returned += event.quantity
            if event.disposition is Disposition.SCRAP:
                written_off += event.quantity
        case Adjusted():
            if event.change > 0:
                found += event.change
            elif -event.change <= item.available:
                written_off -= event.change
            else:
                raise _impossible(item, event)
        case _:  # pragma: no cover - the union is closed
            assert_never(event)
    version = item.version + 1
    return StockItem(
        sku=item.sku,
        node=item.node,
        received=received,
        shipped=shipped,
        returned=returned,
        found=found,
        written_off=written_off,
        reserved=reserved,
        reservations=reservations,
        accepted=_remember(item, event, version),
        version=version,
    )


def _remember(item: StockItem, event: StockEvent, version: int) -> tuple[AcceptedMove, ...]:
    known = item.accepted
    # One command may leave several events (ended holds, then the new one): one entry, last version.
    if known and known[-1].command_id == event.command_id:
        known = known[:-1]
    return (
        *known[-(REMEMBERED_COMMANDS - 1) :],
        AcceptedMove(event.command_id, event.fingerprint, version),
    )


def _less(item: StockItem, event: Released | Shipped) -> _ReservationMap:
    held = item.reservations.get(event.reservation_id)
    if held is None or held.quantity < event.quantity:
        raise _impossible(item, event)
    if held.quantity == event.quantity:
        return item.reservations.without(event.reservation_id)
    return item.reservations.with_(
        event.reservation_id, attrs.evolve(held, quantity=held.quantity - event.quantity)
    )


def _impossible(item: StockItem, event: StockEvent) -> IllegalTransition:
    return IllegalTransition(
        f"stock item {item.sku}@{item.node}", f"version {item.version}", type(event).__name__
    )
