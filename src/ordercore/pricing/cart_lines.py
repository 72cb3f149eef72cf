"""Cart lines from what a shop window sends: every faulty line refused with its reasons, at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, cast

import attrs

from ordercore.kernel import (
    InvalidBatch,
    InvalidValue,
    LineId,
    Reason,
    Refusal,
    Sku,
    answering,
    as_tuple,
    expect,
)
from ordercore.pricing.cart import CartLine

__all__ = ["try_cart_lines"]

_FIELDS: Final = frozenset(field.name for field in attrs.fields(CartLine))
_STAND_IN: Final[Mapping[str, object]] = {"quantity": 1, "sku": "absent"}
# Plain maps hold anything; the constructors say what it must be.
_cart_line = cast("Callable[..., CartLine]", CartLine)
_IDENTIFIERS: Final = (
    ("line_id", cast("Callable[[object], LineId]", LineId)),
    ("sku", cast("Callable[[object], Sku]", Sku)),
)
_MAPPING: Final = cast("type[Mapping[str, object]]", Mapping)
_MOST: Final = 80


@answering
def try_cart_lines(rows: Iterable[Mapping[str, object]]) -> tuple[CartLine, ...] | Refusal:
    """The lines that plain maps describe, or a reason for each fault of each line.

    A map has the fields of :class:`~ordercore.pricing.CartLine`: ``sku`` and ``quantity`` at
    least. Where ``line_id`` is absent, the position counts, from 1.

    Reasons have the code that the line's constructor has (``quantity.not_positive``,
    ``quantity.absurd``, ``identifier.invalid`` and so on), or ``cart.missing_field``,
    ``cart.unknown_field``, ``cart.duplicate_line``; their facts name the ``line``, the ``path``
    and the ``value`` as text, cut at 80 characters.

    Raises:
        InvalidValue: ``type.wrong`` for what is no collection of maps.

    Example:
        >>> answer = try_cart_lines(
        ...     [
        ...         {"sku": "TEA", "quantity": 2},
        ...         {"sku": "", "quantity": 1},
        ...         {"sku": "CUP", "quantity": 0},
        ...         {"quantity": 10**12},
        ...     ]
        ... )
        >>> for reason in answer.reasons:
        ...     print(reason.facts["path"], reason.code)
        lines[1].sku identifier.invalid
        lines[2].quantity quantity.not_positive
        lines[3].sku cart.missing_field
        lines[3].quantity quantity.absurd
        >>> (tea,) = try_cart_lines([{"sku": "TEA", "quantity": 2}])
        >>> tea.line_id, tea.quantity
        (LineId('1'), 2)
    """
    reasons: list[Reason] = []
    lines: list[CartLine] = []
    seen: set[LineId] = set()
    for position, row in enumerate(expect(as_tuple(rows), tuple, "lines")):
        path = f"lines[{position}]"
        fields = expect(row, _MAPPING, path)
        line_id = fields.get("line_id", str(position + 1))
        about = _About(str(line_id), path)
        # What is wrong is noted, and stands aside for the rest of the line to be looked at.
        given = {**_STAND_IN, **fields, "line_id": line_id}
        missing = sorted(_STAND_IN.keys() - fields.keys())
        reasons += [about.reason("cart.missing_field", name, None) for name in missing]
        unknown = sorted(given.keys() - _FIELDS, key=str)
        reasons += [about.reason("cart.unknown_field", str(n), given.pop(n)) for n in unknown]
        for name, kind in _IDENTIFIERS:
            try:
                kind(given[name])
            except InvalidValue as error:
                reasons.append(about.reason(error.code, name, error.value))
                given[name] = f"faulty {position + 1}"
        try:
            line = _cart_line(given.pop("line_id"), **given)
        except InvalidBatch as error:
            reasons += [about.reason(each.code, each.path, each.value) for each in error.faults]
            continue
        except InvalidValue as error:
            reasons.append(about.reason(error.code, error.path, error.value))
            continue
        if line.line_id in seen:
            reasons.append(about.reason("cart.duplicate_line", "line_id", line_id))
        seen.add(line.line_id)
        lines.append(line)
    return Refusal(reasons) if reasons else tuple(lines)


@attrs.frozen
class _About:
    line: str
    path: str

    def reason(self, code: str, field: str, value: object) -> Reason:
        place = f"{self.path}.{field}" if field else self.path
        facts = {"line": self.line[:_MOST], "path": place, "value": repr(value)[:_MOST]}
        return Reason(code, facts=facts)
