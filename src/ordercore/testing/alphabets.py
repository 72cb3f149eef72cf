"""What may be sent to a small order: every command and fact with small arguments, for the explorer.

An alphabet is a tuple of moves. A move looks at an order and offers messages that mean something
for it as it stands; the explorer tries them all. Moves come in sets by name, to be put together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs

from ordercore.kernel import Context, FrozenMap, InvalidValue, LineId, Money, NodeId
from ordercore.orders import ItemFacts, ItemKind, Order, OrderMessage, OrderPolicy, PlaceOrder
from ordercore.pricing import Quote, QuoteLine
from ordercore.testing.order_detours import exchange_moves, hold_moves
from ordercore.testing.order_fulfilment_moves import fulfilment_moves, scan_moves, stage_moves
from ordercore.testing.order_life_moves import (
    allowance_move,
    cancel_moves,
    duplicate_move,
    header_moves,
    late_move,
    payment_moves,
    return_moves,
    stock_moves,
)
from ordercore.testing.order_messages import ORDER, UNIT_MINOR, Messages, Move
from ordercore.testing.order_paper_moves import (
    approval_moves,
    bill_moves,
    chargeback_moves,
    edit_moves,
    evidence_moves,
    split_moves,
    void_moves,
)
from ordercore.testing.state_key import StateKey

__all__ = [
    "ORDER_LAW_READS",
    "ORDER_MOVE_SETS",
    "Move",
    "OrderAlphabet",
    "order_alphabet",
    "order_key",
    "order_moves",
]

_Make = Callable[[Messages, tuple[NodeId, ...], Context], tuple[Move, ...]]

_SETS: Mapping[str, _Make] = FrozenMap(
    {
        "approvals": lambda send, _nodes, context: approval_moves(send, context),
        "bills": lambda send, _nodes, _context: bill_moves(send),
        "chargebacks": lambda send, _nodes, _context: chargeback_moves(send),
        "edits": lambda send, _nodes, _context: edit_moves(send),
        "evidence": lambda send, _nodes, _context: evidence_moves(send),
        "exchange": lambda send, _nodes, _context: exchange_moves(send),
        "fulfilment": lambda send, nodes, _context: fulfilment_moves(send, nodes),
        "holds": lambda send, _nodes, _context: hold_moves(send),
        "scans": lambda send, _nodes, _context: scan_moves(send),
        "splits": lambda _send, _nodes, _context: split_moves(),
        "stages": lambda send, _nodes, _context: stage_moves(send),
        "voids": lambda send, _nodes, _context: void_moves(send),
    }
)

ORDER_MOVE_SETS: tuple[str, ...] = tuple(_SETS)
"""The sets of moves that an alphabet can be given beside the plain life of an order.

``approvals``: one is asked for, and given or rejected by somebody else. ``bills``: invoices and
credit notes. ``chargebacks``: a payment is taken back, and won again. ``edits``: a unit more or
less, a price, a place. ``evidence``: shown and withdrawn. ``exchange``: a unit for another.
``fulfilment``: a node plans, picks, packs and hands over, finds too little, or is called back.
``holds``: of the order, or of the shipments of a line. ``scans``: carriers report stage by stage,
also lost and returned. ``splits``: a unit goes on as an order of its own. ``stages``: those that
flows add are completed. ``voids``: a provider gives up what it promised.
"""


def order_moves(
    *names: str, nodes: Iterable[str] = ("n-1",), context: Context | None = None
) -> tuple[Move, ...]:
    """The moves of named sets, for :meth:`OrderAlphabet.and_moves`.

    Args:
        names: Some of :data:`ORDER_MOVE_SETS`.
        nodes: The nodes that they may use.
        context: Who acts, and when; whoever approves is another person.

    Raises:
        InvalidValue: ``alphabet.moves`` for a name that is not listed.

    Example:
        >>> alphabet = order_alphabet(lines=1, units=1, nodes=1)
        >>> wider = alphabet.and_moves(*order_moves("bills", "evidence"))
        >>> len(wider.moves) - len(alphabet.moves)
        3
    """
    send = Messages()
    at = context or Context(now=_NOW, actor="web", role="clerk")
    places = tuple(map(NodeId, nodes))
    chosen = _words("moves", names, ORDER_MOVE_SETS)
    return tuple(move for name in chosen for move in _SETS[name](send, places, at))


_DUE = ("value_minor", "allowance_minor", "amendments", "reckoning")
ORDER_LAW_READS: Mapping[str, tuple[str, ...]] = FrozenMap(
    {
        "INV-ORDER-1": ("lines",),
        "INV-ORDER-2": ("lines", "allocations"),
        "INV-ORDER-3": ("lines", "shipments"),
        "INV-ORDER-4": ("lines", "returns"),
        "INV-ORDER-5": ("lines", "quote", "policy", "value_minor", "reckoning"),
        "INV-ORDER-6": ("payments",),
        "INV-ORDER-7": ("payments", "quote", *_DUE),
        "INV-ORDER-8": ("lifecycle", "lines"),
        "INV-ORDER-20": ("control",),
        "INV-ORDER-21": ("control",),
        "INV-ORDER-22": ("control", "lifecycle"),
        "INV-ORDER-23": ("lifecycle", "lines"),
        "INV-ORDER-24": ("control", "lifecycle", "policy"),
        "INV-ORDER-50": ("lines", "quote"),
        "INV-ORDER-51": ("amendments", "lines"),
        "INV-ORDER-52": ("amendments", "lines"),
    }
)
"""Which fields of an order each of its laws looks at; a law that is not here looks anywhere."""

_PAYMENTS = ("authorise", "capture", "partial", "prepay", "refund", "fail")
_RETURNS = ("restock", "scrap", "reject")
_NOW = "2026-11-11T00:00:00Z"
_IDS = frozenset(
    {
        "allocation_id",
        "shipment_id",
        "return_id",
        "fulfilment_id",
        "hold_id",
        "command_id",
        "Control.ended",
    }
)


@attrs.frozen(kw_only=True)
class OrderAlphabet:
    """The placing of one order, and the moves of its life; the explorer calls it with a state.

    Example:
        >>> alphabet = order_alphabet(lines=1, units=1, nodes=1)
        >>> [type(message).__name__ for message, _ in alphabet(None)]
        ['PlaceOrder']
    """

    place: PlaceOrder
    moves: tuple[Move, ...]
    nodes: tuple[NodeId, ...]
    context: Context
    ids_matter: bool = False

    def __call__(self, order: Order | None) -> Iterator[tuple[OrderMessage, Context]]:
        """The messages to try on ``order``, each with its context; before it, the placing."""
        context = self.context
        if order is None:
            yield self.place, context
            return
        for move in self.moves:
            for message in move(order):
                if isinstance(message, tuple):
                    yield message
                else:
                    yield message, context

    def and_moves(self, *moves: Move) -> OrderAlphabet:
        """The alphabet with more moves, for commands of your own or of a later version.

        Example:
            >>> def confirm_twice(order):
            ...     yield ConfirmOrder(order.order_id, command_id=f"again-{order.version}")
            >>> alphabet = order_alphabet()
            >>> len(alphabet.and_moves(confirm_twice).moves) - len(alphabet.moves)
            1
        """
        return attrs.evolve(self, moves=(*self.moves, *moves))


def order_key(
    alphabet: OrderAlphabet, *, symmetric: bool = True, ids: bool | None = None
) -> StateKey[Order]:
    """By what orders of an alphabet are one state.

    Left out are what the histories differ in without consequence: ids, the version, the head of
    the audit chain, what is remembered of messages, and instants and holds that have ended, as no
    timer reads them. An exchange is told by its units: the return of an open exchange of one unit
    is like any other return of that unit which waits for it. Lines that the quote prices alike and
    nodes are interchangeable; allocations keep their order, since cancels take from the last of
    them and shipments from the first. Every other field counts, also one that is added to the order
    later.

    Example:
        >>> key = order_key(order_alphabet())
        >>> [[str(label) for label in group] for group in key.interchangeable]
        [['1', '2'], ['n-1', 'n-2']]
    """
    keeps_ids = alphabet.ids_matter if ids is None else ids
    return StateKey(
        left_out=frozenset(
            {
                "order_id",
                "version",
                "audit_head",
                "placed_at",
                "last_at",
                "shipped_at",
                "commands_seen",
                "facts_seen",
                *(() if keeps_ids else _IDS),
            }
        ),
        unordered=frozenset(
            {"lines", "units", "shipments", "fulfilments", "returns", "holds", "ids"}
        ),
        label_fields={"HoldScope.ids": LineId},
        first=("allocations", "lines"),
        interchangeable=(*_alike(alphabet.place), alphabet.nodes) if symmetric else (),
    )


def _alike(place: PlaceOrder) -> tuple[tuple[LineId, ...], ...]:
    groups: dict[object, list[LineId]] = {}
    for line in place.quote.lines:
        facts = (attrs.evolve(line, line_id="same"), place.items.get(line.line_id))
        groups.setdefault(facts, []).append(line.line_id)
    return tuple(tuple(group) for group in groups.values())


def order_alphabet(
    *,
    lines: int = 2,
    units: int = 2,
    nodes: int = 2,
    payment: Iterable[str] = ("authorise", "capture", "refund"),
    cancel: bool = True,
    returns: Iterable[str] = ("restock", "reject"),
    allowance: bool = False,
    allocation: bool = False,
    holds: bool = False,
    exchange: bool = False,
    also: Iterable[str] = (),
    ship_directly: bool = True,
    kinds: Iterable[str] = (),
    duplicates: bool = True,
    late: bool = True,
    policy: OrderPolicy | None = None,
) -> OrderAlphabet:
    """An order of ``lines`` × ``units`` equal units, from any of ``nodes``, and its whole life.

    Args:
        lines: Lines of one SKU at one price, so that they are interchangeable.
        units: Units of each line.
        nodes: Nodes that can bring any unit.
        payment: Which reports a provider makes: ``authorise`` and ``capture`` of the whole,
            ``partial`` of both for one unit's price, ``prepay`` (captured without being
            authorised, from a second payment), ``refund``, and ``fail`` (of a capture or refund).
        cancel: Whether units and the order are cancelled.
        returns: What becomes of units that come back: ``restock``, ``scrap``, ``reject``; none
            means that nothing comes back.
        allowance: Whether one unit's price is granted off, once.
        allocation: Whether units are allocated before they are reserved, and released.
        holds: Whether the whole order is held, or the shipments of one line, and released; at most
            one hold of either kind at a time.
        exchange: Whether one shipped unit is exchanged for another of its line, which goes before
            it comes back or after, once in the order's life; or the exchange lapses. Units come
            back by ``returns``.
        also: Sets of moves that are added, some of :data:`ORDER_MOVE_SETS`; ``holds`` and
            ``exchange`` may be named here as well.
        ship_directly: Whether units leave by :class:`ShipUnits`, without a fulfilment order.
        kinds: The kinds of items of the first lines; the others are goods.
        duplicates: Whether the last fact that the order has taken comes again, under its id and
            under its id with another payload.
        late: Whether a payment and a scan arrive that the order does not expect, also after its
            end; one clash of each kind.
        policy: The order's policy; the default one where it is not given.

    Raises:
        InvalidValue: ``alphabet.size`` below 1; ``alphabet.payment``, ``alphabet.returns``
            or ``alphabet.moves`` for a word that is not listed above.

    Example:
        >>> alphabet = order_alphabet(lines=1, units=1, nodes=1, payment=("authorise",))
        >>> alphabet.place.quote.total
        Money(minor=1000, currency=Currency('CNY'))
    """
    for name, size in (("lines", lines), ("units", units), ("nodes", nodes)):
        if size < 1:
            raise InvalidValue("alphabet.size", name, size, "an integer ≥ 1")
    reports = _words("payment", payment, _PAYMENTS)
    dispositions = _words("returns", returns, _RETURNS)
    wanted = _words("moves", also, ORDER_MOVE_SETS)
    named = [name for name, asked in (("holds", holds), ("exchange", exchange)) if asked]
    named += [name for name in wanted if name not in named]
    context = Context(now=_NOW, actor="web", role="clerk")
    quote = Quote(
        currency="CNY",
        at=context.now,
        lines=[
            QuoteLine(
                str(line),
                sku="TEA",
                quantity=units,
                list_amount=Money(units * UNIT_MINOR, "CNY"),
            )
            for line in range(1, lines + 1)
        ],
    )
    items = {str(line): ItemFacts(kind=ItemKind(kind)) for line, kind in enumerate(kinds, 1)}
    place = PlaceOrder(ORDER, quote=quote, command_id="c-0", items=items)
    if policy is not None:
        place = attrs.evolve(place, policy=policy)
    places = tuple(NodeId(f"n-{number}") for number in range(1, nodes + 1))
    send = Messages()
    moves = [
        *stock_moves(send, places, allocation=allocation, ship_directly=ship_directly),
        *header_moves(send),
    ]
    if cancel:
        moves += cancel_moves(send)
    moves += payment_moves(send, reports)
    if dispositions:
        moves += return_moves(send, dispositions, places[0])
    if allowance:
        moves.append(allowance_move(send))
    for name in named:
        moves += _SETS[name](send, places, context)
    if late:
        moves.append(late_move(send))
    if duplicates:
        moves.append(duplicate_move(send))
    return OrderAlphabet(
        place=place,
        moves=tuple(moves),
        nodes=places,
        context=context,
        ids_matter=not {"fulfilment", "scans", "bills", "approvals"}.isdisjoint(named),
    )


def _words(name: str, given: Iterable[str], known: tuple[str, ...]) -> tuple[str, ...]:
    words = tuple(given)
    for word in words:
        if word not in known:
            raise InvalidValue(f"alphabet.{name}", name, word, f"some of {', '.join(known)}")
    return words
