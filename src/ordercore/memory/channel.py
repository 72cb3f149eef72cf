"""A sales channel in memory: pages of payloads, and the reports that came back."""

from __future__ import annotations

from collections.abc import Iterable

from ordercore.kernel import ChannelId, InvalidValue
from ordercore.ports import ChannelPage, StatusReport

__all__ = ["AsyncMemoryChannel", "MemoryChannel"]


class MemoryChannel:
    """A channel that hands out given payloads page by page and keeps each report once.

    The cursor is the number of payloads that were handed out, as text.

    Raises:
        InvalidValue: ``channel.page_size`` below 1.

    Example:
        >>> channel = MemoryChannel("shop", [b"1", b"2", b"3"], page_size=2)
        >>> page = channel.fetch(None)
        >>> page.payloads, channel.fetch(page.cursor).payloads
        ((b'1', b'2'), (b'3',))
    """

    def __init__(
        self, channel_id: str, payloads: Iterable[bytes] = (), *, page_size: int = 100
    ) -> None:
        if type(page_size) is not int or page_size < 1:
            raise InvalidValue("channel.page_size", "page_size", page_size, "an integer ≥ 1")
        self._channel_id = ChannelId(channel_id)
        self._page_size = page_size
        self.payloads: list[bytes] = list(payloads)
        self.reports: dict[str, StatusReport] = {}

    @property
    def channel_id(self) -> ChannelId:
        """Which channel this is."""
        return self._channel_id

    def fetch(self, cursor: str | None, /) -> ChannelPage:
        """The next page after ``cursor``; None starts at the beginning.

        Raises:
            InvalidValue: ``channel.cursor`` for a cursor that no page gave.
        """
        start = 0 if cursor is None else self._position(cursor)
        end = start + self._page_size
        return ChannelPage(
            payloads=tuple(self.payloads[start:end]),
            cursor=str(end) if end < len(self.payloads) else None,
        )

    def _position(self, cursor: str) -> int:
        if cursor.isascii() and cursor.isdecimal() and len(cursor) < 19:
            return int(cursor)
        raise InvalidValue("channel.cursor", "cursor", cursor, "the cursor of a page")

    def report(self, status: StatusReport, /) -> None:
        """Keep a report; the same report twice is one.

        Raises:
            InvalidValue: ``channel.report_reused`` for other content under a known id.
        """
        known = self.reports.setdefault(status.report_id, status)
        if known != status:
            raise InvalidValue(
                "channel.report_reused", "report_id", status.report_id, "one report an id"
            )


class AsyncMemoryChannel:
    """As :class:`MemoryChannel`, awaited; it never waits.

    Example:
        >>> AsyncMemoryChannel(MemoryChannel("shop")).channel_id
        ChannelId('shop')
    """

    def __init__(self, channel: MemoryChannel) -> None:
        self._channel = channel

    @property
    def channel_id(self) -> ChannelId:
        """Which channel this is."""
        return self._channel.channel_id

    async def fetch(self, cursor: str | None, /) -> ChannelPage:
        """The next page after ``cursor``."""
        return self._channel.fetch(cursor)

    async def report(self, status: StatusReport, /) -> None:
        """Keep a report; the same report twice is one."""
        self._channel.report(status)
