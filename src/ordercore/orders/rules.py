"""What a host decides once for all its orders, beside what each order pins when it is placed."""

from __future__ import annotations

import attrs

from ordercore.kernel import InvalidValue

__all__ = ["DEFAULT_RULES", "OrderRules"]


@attrs.frozen(kw_only=True)
class OrderRules:
    """The rules by which commands are answered today, for new and for live orders alike.

    What must not change under a live order stands in its :class:`OrderPolicy` instead.

    Raises:
        InvalidValue: ``rules.name`` when empty.

    Example:
        >>> OrderRules(name="spring").name
        'spring'
    """

    name: str = "default"

    def __attrs_post_init__(self) -> None:
        if not self.name:
            raise InvalidValue("rules.name", "name", self.name, "a name")


DEFAULT_RULES = OrderRules()
