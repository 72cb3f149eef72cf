"""How orders hang together."""

from __future__ import annotations

import attrs

from ordercore.kernel import Choice, OrderId, checked

__all__ = ["LinkKind", "OrderLink"]


class LinkKind(Choice):
    """How an order hangs together with another one."""

    SPLIT_TO = "split_to"
    SPLIT_FROM = "split_from"
    MERGED_INTO = "merged_into"
    MERGED_FROM = "merged_from"


@attrs.frozen(kw_only=True)
@checked
class OrderLink:
    """Another order that units went to or came from, and by which transfer.

    Example:
        >>> OrderLink(kind="split_from", order_id="o-1", transfer_id="t-1").kind
        <LinkKind.SPLIT_FROM: 'split_from'>
    """

    kind: LinkKind = attrs.field(converter=LinkKind)
    order_id: OrderId = attrs.field(converter=OrderId)
    transfer_id: str
