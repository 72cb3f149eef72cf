"""What a host decides once for all its orders, beside what each order pins when it is placed."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import InvalidValue, as_tuple, checked
from ordercore.orders.fulfilling.flow import Flow

__all__ = ["DEFAULT_RULES", "OrderRules"]


def _flows(given: Iterable[Flow]) -> tuple[Flow, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class OrderRules:
    """The rules by which commands are answered today, for new and for live orders alike.

    What must not change under a live order stands in its :class:`OrderPolicy` instead.

    ``flows`` are the machines of fulfilment orders; the first that is for an order serves what is
    planned, and all of them serve what began on them.

    Raises:
        InvalidValue: ``rules.name`` when empty.

    Example:
        >>> OrderRules(name="spring").name
        'spring'
    """

    name: str = "default"
    flows: tuple[Flow, ...] = attrs.field(default=(), converter=_flows)

    def __attrs_post_init__(self) -> None:
        if not self.name:
            raise InvalidValue("rules.name", "name", self.name, "a name")


DEFAULT_RULES = OrderRules()
