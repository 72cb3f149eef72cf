"""The port of a sales channel: raw payloads in, status reports out."""

from __future__ import annotations

from typing import Protocol

import attrs

from ordercore.kernel import ChannelId, Instant, OrderId, as_instant, checked

__all__ = ["AsyncChannel", "Channel", "ChannelPage", "StatusReport"]


@attrs.frozen(kw_only=True)
@checked
class ChannelPage:
    """Payloads as the channel sent them, and where to go on.

    ``cursor`` is opaque text for the next call; None when there is nothing more now. A page may
    repeat what an earlier one held: import is idempotent by channel, shop, id and version.

    Example:
        >>> ChannelPage(payloads=(b"{}",), cursor="2").cursor
        '2'
    """

    payloads: tuple[bytes, ...]
    cursor: str | None = None


@attrs.frozen(kw_only=True)
@checked
class StatusReport:
    """An order's status in the channel's own words, to be written back.

    ``report_id`` is stable, so that a channel that sees it twice applies it once.

    Example:
        >>> StatusReport(
        ...     report_id="r-1",
        ...     order_id="o-1",
        ...     external_ref="#1017",
        ...     status="shipped",
        ...     at="2026-11-11T00:00:00Z",
        ... ).status
        'shipped'
    """

    report_id: str
    order_id: OrderId = attrs.field(converter=OrderId)
    external_ref: str
    status: str
    at: Instant = attrs.field(converter=as_instant)
    tracking: tuple[str, ...] = ()


class Channel(Protocol):
    """A sales channel as the host's adapter sees it."""

    @property
    def channel_id(self) -> ChannelId:
        """Which channel this is."""
        ...  # pragma: no cover - a protocol's body never runs

    def fetch(self, cursor: str | None, /) -> ChannelPage:
        """The next page of payloads after ``cursor``; None starts at the beginning."""
        ...  # pragma: no cover - a protocol's body never runs

    def report(self, status: StatusReport, /) -> None:
        """Write a status back; the same report twice is one."""
        ...  # pragma: no cover - a protocol's body never runs


class AsyncChannel(Protocol):
    """As :class:`Channel`, awaited."""

    @property
    def channel_id(self) -> ChannelId:
        """Which channel this is."""
        ...  # pragma: no cover - a protocol's body never runs

    async def fetch(self, cursor: str | None, /) -> ChannelPage:
        """The next page of payloads after ``cursor``."""
        ...  # pragma: no cover - a protocol's body never runs

    async def report(self, status: StatusReport, /) -> None:
        """Write a status back; the same report twice is one."""
        ...  # pragma: no cover - a protocol's body never runs
