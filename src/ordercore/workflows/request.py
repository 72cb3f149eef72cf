"""Requests: the only way in which a workflow touches the outside.

A workflow yields a request and gets its reply; which adapter answers, and whether the call is
awaited, is the runner's business. Use :func:`perform` so that the reply's type is known.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator, Iterable, Mapping
from typing import Generic, Protocol, TypeAlias, TypeVar, cast

import attrs

from ordercore.inventory import StockItem
from ordercore.kernel import (
    Accepted,
    ChannelId,
    CustomerId,
    Instant,
    OrderId,
    PromotionId,
    answering,
    as_instant,
    as_tuple,
    checked,
    items_as,
)
from ordercore.network import Network
from ordercore.orders import CauseKind, CreditAccount, Order, RefusedAttempt, accepted_ids
from ordercore.ports import AsyncPorts, Commit, CommitReceipt, Ports, StockKey
from ordercore.pricing import PriceBook, PromotionUsage

__all__ = [
    "LoadAccepted",
    "LoadCredit",
    "LoadNetwork",
    "LoadOrder",
    "LoadPrices",
    "LoadStock",
    "LoadUsage",
    "LoadWaiting",
    "NoteAttempt",
    "Request",
    "Save",
    "Script",
    "Workflow",
    "perform",
]

R_co = TypeVar("R_co", covariant=True)
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Request(Generic[R_co]):
    """One call to the outside as a value, with the type of its reply.

    ``settles`` is True for a commit: what came before it is never asked again.
    """

    __slots__ = ()

    settles: bool = False

    @abstractmethod
    def ask(self, ports: Ports) -> R_co:
        """Call the adapter that answers."""

    @abstractmethod
    async def ask_async(self, ports: AsyncPorts) -> R_co:
        """Await the adapter that answers."""


Script: TypeAlias = Generator[Request[object], object, T]
"""A workflow under way: yields requests, is sent replies, returns its result."""


class Workflow(Protocol[T_co]):
    """A use case as a value; ``start`` gives a fresh run of it.

    A run must depend only on the workflow's fields and on the replies, so that it can be started
    again after a conflict and reach the same point.
    """

    def start(self) -> Generator[Request[object], object, T_co]:
        """A fresh generator."""
        ...  # pragma: no cover - a protocol's body never runs


@answering
def perform(request: Request[T]) -> Script[T]:
    """Yield one request and give its reply its type.

    Used as ``order = yield from perform(LoadOrder(order_id))``.

    Example:
        >>> step = perform(LoadOrder("o-1"))
        >>> next(step)
        LoadOrder(order_id=OrderId('o-1'))
    """
    reply = yield request
    return cast(T, reply)


@attrs.frozen
@checked
class LoadOrder(Request[Order | None]):
    """The order, or None."""

    order_id: OrderId = attrs.field(converter=OrderId)

    def ask(self, ports: Ports) -> Order | None:
        """Ask the order repository."""
        return ports.orders.load(self.order_id)

    async def ask_async(self, ports: AsyncPorts) -> Order | None:
        """Await the order repository."""
        return await ports.orders.load(self.order_id)


def _keys(given: Iterable[StockKey]) -> tuple[StockKey, ...]:
    return as_tuple(given)


def _ids(given: Iterable[str]) -> tuple[str, ...]:
    return as_tuple(given)


@attrs.frozen
@checked
class LoadAccepted(Request[Mapping[str, Accepted]]):
    """What the store knows of ids that an order may have forgotten.

    Asked of the command index, and of the order's events where the host has no index.
    """

    order_id: OrderId = attrs.field(converter=OrderId)
    kind: CauseKind = attrs.field(converter=CauseKind)
    ids: tuple[str, ...] = attrs.field(converter=_ids)

    def ask(self, ports: Ports) -> Mapping[str, Accepted]:
        """Ask the command index, or read the events."""
        if ports.command_index is None:
            return accepted_ids(ports.orders.events(self.order_id), self.kind, self.ids)
        return ports.command_index.accepted(self.order_id, self.kind, self.ids)

    async def ask_async(self, ports: AsyncPorts) -> Mapping[str, Accepted]:
        """Await the command index, or the events."""
        if ports.command_index is None:
            return accepted_ids(await ports.orders.events(self.order_id), self.kind, self.ids)
        return await ports.command_index.accepted(self.order_id, self.kind, self.ids)


@attrs.frozen
@checked
class LoadStock(Request[Mapping[StockKey, StockItem]]):
    """The stock items that exist among the keys."""

    keys: tuple[StockKey, ...] = attrs.field(converter=_keys)

    def ask(self, ports: Ports) -> Mapping[StockKey, StockItem]:
        """Ask the stock repository."""
        return ports.stock.load_many(self.keys)

    async def ask_async(self, ports: AsyncPorts) -> Mapping[StockKey, StockItem]:
        """Await the stock repository."""
        return await ports.stock.load_many(self.keys)


def _promotions(given: Iterable[str]) -> tuple[PromotionId, ...]:
    return items_as(given, PromotionId, "promotions")


@attrs.frozen
@checked
class LoadUsage(Request[Mapping[PromotionId, PromotionUsage]]):
    """The usages that exist among the promotions."""

    promotions: tuple[PromotionId, ...] = attrs.field(converter=_promotions)

    def ask(self, ports: Ports) -> Mapping[PromotionId, PromotionUsage]:
        """Ask the usage repository."""
        return ports.usage.load_many(self.promotions)

    async def ask_async(self, ports: AsyncPorts) -> Mapping[PromotionId, PromotionUsage]:
        """Await the usage repository."""
        return await ports.usage.load_many(self.promotions)


@attrs.frozen
@checked
class LoadCredit(Request[CreditAccount | None]):
    """The customer's credit account, or None."""

    customer: CustomerId = attrs.field(converter=CustomerId)

    def ask(self, ports: Ports) -> CreditAccount | None:
        """Ask the credit repository."""
        return ports.credit.load(self.customer)

    async def ask_async(self, ports: AsyncPorts) -> CreditAccount | None:
        """Await the credit repository."""
        return await ports.credit.load(self.customer)


@attrs.frozen
@checked
class LoadWaiting(Request[tuple[OrderId, ...]]):
    """The orders that wait for any of these subjects; none where the host keeps no such list."""

    subjects: tuple[str, ...] = attrs.field(converter=_ids)

    def ask(self, ports: Ports) -> tuple[OrderId, ...]:
        """Ask the list of waiting orders."""
        return () if ports.waiting is None else tuple(ports.waiting.waiting(self.subjects))

    async def ask_async(self, ports: AsyncPorts) -> tuple[OrderId, ...]:
        """Await the list of waiting orders."""
        return () if ports.waiting is None else tuple(await ports.waiting.waiting(self.subjects))


@attrs.frozen
@checked
class LoadPrices(Request[PriceBook]):
    """The price book that is in force."""

    channel: ChannelId | None = attrs.field(converter=attrs.converters.optional(ChannelId))
    at: Instant = attrs.field(converter=as_instant)

    def ask(self, ports: Ports) -> PriceBook:
        """Ask the price source."""
        return ports.prices.price_book(self.channel, self.at)

    async def ask_async(self, ports: AsyncPorts) -> PriceBook:
        """Await the price source."""
        return await ports.prices.price_book(self.channel, self.at)


@attrs.frozen
@checked
class LoadNetwork(Request[Network]):
    """The nodes and carrier services."""

    def ask(self, ports: Ports) -> Network:
        """Ask the network source."""
        return ports.network.network()

    async def ask_async(self, ports: AsyncPorts) -> Network:
        """Await the network source."""
        return await ports.network.network()


@attrs.frozen
@checked
class Save(Request[CommitReceipt]):
    """Save a commit, all of it or nothing; ends the step."""

    commit: Commit

    settles = True

    def ask(self, ports: Ports) -> CommitReceipt:
        """Ask the unit of work."""
        return ports.unit_of_work.commit(self.commit)

    async def ask_async(self, ports: AsyncPorts) -> CommitReceipt:
        """Await the unit of work."""
        return await ports.unit_of_work.commit(self.commit)


@attrs.frozen
@checked
class NoteAttempt(Request[None]):
    """Keep a refused attempt, where the host has a log; never asked again once it is kept."""

    attempt: RefusedAttempt

    settles = True

    def ask(self, ports: Ports) -> None:
        """Tell the log of attempts."""
        if ports.attempts is not None:
            ports.attempts.note(self.attempt)

    async def ask_async(self, ports: AsyncPorts) -> None:
        """Await the log of attempts."""
        if ports.attempts is not None:
            await ports.attempts.note(self.attempt)
