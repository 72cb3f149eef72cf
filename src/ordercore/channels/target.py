"""What a mapping may fill: the fields of a draft, by scope, with the kind of value each takes."""

from __future__ import annotations

import attrs

from ordercore.kernel import Choice, FrozenMap

__all__ = ["ORDER", "SCOPES", "Scope", "Target", "ValueKind"]

ORDER = "order"
"""Name of the outermost scope."""


class ValueKind(Choice):
    """What a transform makes and a target takes."""

    TEXT = "text"
    TEXTS = "texts"
    MONEY = "money"
    QUANTITY = "quantity"
    DECIMAL = "decimal"
    RATE = "rate"
    INSTANT = "instant"
    BOOLEAN = "boolean"
    CURRENCY = "currency"


@attrs.frozen
class Target:
    """One field of a scope: its kind, whether it must be mapped, whether it tells of a person.

    Example:
        >>> SCOPES["lines"].field("quantity").required
        True
    """

    kind: ValueKind
    required: bool = False
    personal: bool = False


@attrs.frozen
class Scope:
    """The fields and lists that one level of a draft has; ``open`` names take any ending.

    Example:
        >>> SCOPES["order"].field("status.payment").kind.value, SCOPES["order"].field("nonsense")
        ('text', None)
    """

    fields: FrozenMap[str, Target]
    lists: tuple[str, ...] = ()
    open: tuple[str, ...] = ()

    def field(self, name: str) -> Target | None:
        """The target of that name; None when the scope has none."""
        if name in self.fields:
            return self.fields[name]
        if any(name.startswith(prefix) and name != prefix for prefix in self.open):
            return Target(ValueKind.TEXT)
        return None

    @property
    def required(self) -> tuple[str, ...]:
        """The fields that a mapping must fill."""
        return tuple(name for name, target in self.fields.items() if target.required)


def _fields(
    required: dict[str, ValueKind], optional: dict[str, ValueKind], *personal: str
) -> FrozenMap[str, Target]:
    fields = {name: Target(kind, required=True) for name, kind in required.items()}
    fields |= {name: Target(kind) for name, kind in optional.items()}
    fields |= {name: Target(ValueKind.TEXT, personal=True) for name in personal}
    return FrozenMap(fields)


_TEXT, _MONEY = ValueKind.TEXT, ValueKind.MONEY
_QUANTITY, _INSTANT = ValueKind.QUANTITY, ValueKind.INSTANT

SCOPES: FrozenMap[str, Scope] = FrozenMap(
    {
        ORDER: Scope(
            _fields(
                {
                    "external_id": _TEXT,
                    "placed_at": _INSTANT,
                    "currency": ValueKind.CURRENCY,
                },
                {
                    "shop": _TEXT,
                    "display_number": _TEXT,
                    "version": _TEXT,
                    "presentment_currency": ValueKind.CURRENCY,
                    "tax_included": ValueKind.BOOLEAN,
                    "customer": _TEXT,
                    "tags": ValueKind.TEXTS,
                    "region.country": _TEXT,
                    "region.subdivision": _TEXT,
                    "region.city": _TEXT,
                    "totals.list_amount": _MONEY,
                    "totals.discount": _MONEY,
                    "totals.subtotal": _MONEY,
                    "totals.shipping": _MONEY,
                    "totals.fees": _MONEY,
                    "totals.tax": _MONEY,
                    "totals.grand": _MONEY,
                    "totals.refunded": _MONEY,
                },
                "note",
                "person.ref",
                "person.name",
                "person.first_name",
                "person.last_name",
                "person.email",
                "person.phone",
                "person.line1",
                "person.line2",
                "person.line3",
                "person.postcode",
            ),
            lists=(
                "adjustments",
                "charges",
                "coupons",
                "fulfilments",
                "lines",
                "payments",
                "refunds",
            ),
            open=("attributes.", "status."),
        ),
        "lines": Scope(
            _fields(
                {"quantity": _QUANTITY},
                {
                    "line_id": _TEXT,
                    "sku": _TEXT,
                    "title": _TEXT,
                    "unit_price": ValueKind.DECIMAL,
                    "list_amount": _MONEY,
                    "amount": _MONEY,
                    "tax": _MONEY,
                    "current_quantity": _QUANTITY,
                    "tax_category": _TEXT,
                },
            ),
            lists=("adjustments", "taxes"),
            open=("attributes.",),
        ),
        "charges": Scope(
            _fields(
                {"amount": _MONEY},
                {"charge_id": _TEXT, "kind": _TEXT, "title": _TEXT, "tax": _MONEY},
            ),
            lists=("adjustments", "taxes"),
        ),
        "adjustments": Scope(
            _fields(
                {"amount": _MONEY},
                {"code": _TEXT, "kind": _TEXT, "funder": _TEXT, "promotion": _TEXT, "note": _TEXT},
            ),
        ),
        "taxes": Scope(
            _fields(
                {"amount": _MONEY},
                {"rate": ValueKind.RATE, "component": _TEXT, "collector": _TEXT},
            ),
        ),
        "coupons": Scope(_fields({"code": _TEXT}, {"amount": _MONEY})),
        "payments": Scope(
            _fields(
                {"payment_id": _TEXT, "amount": _MONEY},
                {"kind": _TEXT, "state": _TEXT, "at": _INSTANT, "gateway": _TEXT},
            ),
        ),
        "refunds": Scope(
            _fields(
                {"refund_id": _TEXT},
                {"amount": _MONEY, "at": _INSTANT},
                "reason",
            ),
            lists=("charges", "payments", "units"),
        ),
        "units": Scope(
            _fields(
                {"line_id": _TEXT, "quantity": _QUANTITY},
                {"amount": _MONEY, "tax": _MONEY, "restock": _TEXT},
            ),
        ),
        "fulfilments": Scope(
            _fields(
                {"fulfilment_id": _TEXT},
                {"status": _TEXT, "at": _INSTANT, "carrier": _TEXT, "tracking": ValueKind.TEXTS},
            ),
            lists=("units",),
        ),
    }
)
"""Every scope by its name; a list's name is the name of its items' scope."""
