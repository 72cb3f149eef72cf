"""Merkle proofs: that a decision is part of an order's history, an order part of all orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ordercore.kernel import (
    FrozenMap,
    InclusionProof,
    NotFound,
    OrderId,
    answering,
    canonical_json,
    inclusion_proof,
    inclusion_proofs,
    merkle_root,
)
from ordercore.orders.audit.trail import decisions
from ordercore.orders.cause import Happened

__all__ = ["anchor_proof", "anchor_root", "order_proof", "order_proofs", "order_root"]


def _seals(events: Iterable[Happened]) -> list[str]:
    return [told[0].cause.after for told in decisions(events)]


@answering
def order_root(events: Iterable[Happened]) -> str:
    """The Merkle root over the seals (``after``) of an order's decisions. O(events).

    Example:
        >>> order_root(()) == merkle_root(())
        True
    """
    return merkle_root(_seals(events))


@answering
def order_proof(events: Iterable[Happened], index: int) -> InclusionProof:
    """That the decision at ``index``, from 0, is part of the history, without showing the others.

    Its entry is the decision's seal. A reader who is shown the decision's cause and events makes
    the seal anew, checks that the proof ``is_of`` it, and that it ``holds`` for a root they trust.

    Raises:
        InvalidValue: ``merkle.index`` for a decision that is not there.

    Example:
        >>> from ordercore.kernel import Context
        >>> from ordercore.orders import PlaceOrder, decide
        >>> from ordercore.orders.specimen import tea_quote
        >>> web = Context(now="2026-11-11T00:00:00Z", actor="web", role="customer")
        >>> placed = decide(None, PlaceOrder("o-1", quote=tea_quote(), command_id="c-1"), web)
        >>> events = placed.accepted().events
        >>> order_proof(events, 0).holds(order_root(events))
        True
    """
    return inclusion_proof(_seals(events), index)


@answering
def order_proofs(events: Iterable[Happened]) -> tuple[InclusionProof, ...]:
    """The :func:`order_proof` of every decision, in their order.

    Example:
        >>> order_proofs(())
        ()
    """
    return inclusion_proofs(_seals(events))


def _entries(heads: Mapping[OrderId, str] | Mapping[str, str]) -> dict[OrderId, bytes]:
    known = FrozenMap({OrderId(order_id): head for order_id, head in heads.items()})
    return {order_id: canonical_json((order_id, head)) for order_id, head in known.items()}


@answering
def anchor_root(heads: Mapping[OrderId, str] | Mapping[str, str]) -> str:
    """One digest for the heads of many orders, to be kept where nobody can change it.

    The entries are the canonical JSON of ``[order id, head]``, sorted by order id. The host
    publishes the root: a time-stamping service, a ledger, a newspaper. O(n log n).

    Example:
        >>> anchor_root({"o-1": "ab", "o-2": "cd"}) == anchor_root({"o-2": "cd", "o-1": "ab"})
        True
    """
    return merkle_root(_entries(heads).values())


@answering
def anchor_proof(heads: Mapping[OrderId, str] | Mapping[str, str], order_id: str) -> InclusionProof:
    """That the head of one order is under :func:`anchor_root`, without showing other orders.

    Raises:
        NotFound: the order is not among them.

    Example:
        >>> heads = {"o-1": "ab", "o-2": "cd", "o-3": "ef"}
        >>> anchor_proof(heads, "o-2").holds(anchor_root(heads))
        True
    """
    entries = _entries(heads)
    if order_id not in entries:
        raise NotFound("anchored order", order_id)
    return inclusion_proof(entries.values(), list(entries).index(OrderId(order_id)))
