"""An order as a role sees it: only the fields that its grants name, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ordercore.kernel import Json, answering, encode
from ordercore.orders.control.roles import SEE, FieldClass, OrderStanding, RoleGrant
from ordercore.orders.order import Order
from ordercore.orders.rules import DEFAULT_RULES, OrderRules

__all__ = ["field_class", "project"]

# The longest name that a field begins with decides. What is not here is nobody's by class, so a
# field that orders get later is hidden until somebody has thought about it.
_CLASSES: tuple[tuple[str, FieldClass], ...] = (
    ("allocations", FieldClass.PROGRESS),
    ("allowance_minor", FieldClass.MONEY),
    ("amendments", FieldClass.PROGRESS),
    ("amendments.advance_minor", FieldClass.MONEY),
    ("amendments.exchanges.quote", FieldClass.MONEY),
    ("amendments.exchanges.quote.customer", FieldClass.PERSON),
    ("amendments.exchanges.quote.deliveries", FieldClass.PERSON),
    ("amendments.exchanges.quote.lines.adjustments.actor", FieldClass.AUDIT),
    ("amendments.exchanges.quote.lines.adjustments.approver", FieldClass.AUDIT),
    ("amendments.exchanges.quote.ship_to", FieldClass.PERSON),
    ("amendments.exchanges.quote.tax_status", FieldClass.PERSON),
    ("amendments.placed", FieldClass.MONEY),
    ("amendments.placed.customer", FieldClass.PERSON),
    ("amendments.placed.deliveries", FieldClass.PERSON),
    ("amendments.placed.lines.adjustments.actor", FieldClass.AUDIT),
    ("amendments.placed.lines.adjustments.approver", FieldClass.AUDIT),
    ("amendments.placed.ship_to", FieldClass.PERSON),
    ("amendments.placed.tax_status", FieldClass.PERSON),
    ("audit_head", FieldClass.AUDIT),
    ("billing", FieldClass.MONEY),
    ("channel", FieldClass.PROGRESS),
    ("clashes", FieldClass.AUDIT),
    ("commands_seen", FieldClass.AUDIT),
    ("control", FieldClass.PROGRESS),
    ("control.approvals", FieldClass.AUDIT),
    ("control.customer_facts", FieldClass.PERSON),
    ("control.evidence.by", FieldClass.AUDIT),
    ("control.holds.placed_by", FieldClass.AUDIT),
    ("customer", FieldClass.PERSON),
    ("destination", FieldClass.PERSON),
    ("external_ref", FieldClass.PERSON),
    ("facts_seen", FieldClass.AUDIT),
    ("fulfilments", FieldClass.PROGRESS),
    ("last_at", FieldClass.PROGRESS),
    ("lifecycle", FieldClass.PROGRESS),
    ("lines", FieldClass.PROGRESS),
    ("money", FieldClass.MONEY),
    ("order_id", FieldClass.PROGRESS),
    ("payments", FieldClass.MONEY),
    ("placed_at", FieldClass.PROGRESS),
    ("policy", FieldClass.PROGRESS),
    ("quote", FieldClass.MONEY),
    ("quote.customer", FieldClass.PERSON),
    ("quote.deliveries", FieldClass.PERSON),
    ("quote.lines.adjustments.actor", FieldClass.AUDIT),
    ("quote.lines.adjustments.approver", FieldClass.AUDIT),
    ("quote.ship_to", FieldClass.PERSON),
    ("quote.tax_status", FieldClass.PERSON),
    ("reckoning", FieldClass.MONEY),
    ("reckoning.fees.adjustments.actor", FieldClass.AUDIT),
    ("reckoning.fees.adjustments.approver", FieldClass.AUDIT),
    ("returns", FieldClass.PROGRESS),
    ("shipments", FieldClass.PROGRESS),
    ("value_minor", FieldClass.MONEY),
    ("version", FieldClass.PROGRESS),
)


@answering
def field_class(name: str) -> FieldClass | None:
    """What kind of thing a field tells, by its dotted name; None for one that no class has.

    Example:
        >>> field_class("payments.captured_minor"), field_class("quote.ship_to.region")
        (<FieldClass.MONEY: 'money'>, <FieldClass.PERSON: 'person'>)
    """
    found: FieldClass | None = None
    length = 0
    for prefix, kind in _CLASSES:
        if len(prefix) > length and (name == prefix or name.startswith(f"{prefix}.")):
            found, length = kind, len(prefix)
    return found


@answering
def project(order: Order, role: str, rules: OrderRules = DEFAULT_RULES) -> Mapping[str, Json]:
    """The order as JSON with the fields that a role may see where it stands now.

    A role of the matrix sees what its grants of :data:`SEE` name that are in force: in the stages
    of the header, while a fulfilment order or a return is in one of the stages of flows (at one of
    the nodes), until a unit reaches the position. With none it sees nothing; a role that the matrix
    does not restrict sees everything. The position of the money is there as ``money``. Tags of
    types are left out. O(size).

    Example:
        >>> from ordercore.orders import OrderRules, RoleGrant, RoleMatrix
        >>> from ordercore.orders.specimen import tea_order
        >>> sees = RoleGrant("warehouse", ["see"], fields=["order_id", "lines.sku"])
        >>> shop = OrderRules(roles=RoleMatrix(["warehouse"], [sees]))
        >>> project(tea_order(), "warehouse", shop)
        {'order_id': 'o-1', 'lines': [{'sku': 'TEA-250G'}, {'sku': 'CUP'}]}
    """
    whole = encode(order)
    assert isinstance(whole, dict)
    whole["money"] = encode(order.money)
    shown: _Shown | None = None
    if rules.roles.restricts(role):
        parts = [(known.stage, str(known.node)) for known in order.fulfilments]
        parts += [(case.at.stage, "") for case in order.returns]
        shown = _Shown(rules.roles.of(role, SEE, OrderStanding.of(order, parts)))
    seen = _kept(whole, "", shown)
    assert isinstance(seen, dict)
    return seen


class _Shown:
    """What may be seen."""

    __slots__ = ("classes", "grants")

    def __init__(self, grants: Iterable[RoleGrant]) -> None:
        self.grants = tuple(grants)
        self.classes = frozenset(kind for grant in self.grants for kind in grant.classes)

    def leaf(self, name: str) -> bool:
        """Whether a single value may be seen."""
        return any(grant.names(name) for grant in self.grants) or field_class(name) in self.classes


_HIDDEN = object()


def _kept(value: Json, name: str, shown: _Shown | None) -> Json | object:
    """What of a value may be seen; empty things are as telling as others, and judged by name."""
    if isinstance(value, dict) and value:
        kept: dict[str, Json] = {}
        for key, part in _items(value):
            inside = f"{name}.{key}" if name else key
            seen = _kept(part, inside, shown)
            if seen is not _HIDDEN:
                kept[key] = seen  # type: ignore[assignment]
        return kept if kept or not name else _HIDDEN
    if isinstance(value, list) and value:
        seen_all = [_kept(part, name, shown) for part in value]
        found = [seen for seen in seen_all if seen is not _HIDDEN]
        return found or _HIDDEN
    return value if shown is None or shown.leaf(name) else _HIDDEN


def _items(value: dict[str, Json]) -> Iterable[tuple[str, Json]]:
    return ((key, part) for key, part in value.items() if key != "$")
