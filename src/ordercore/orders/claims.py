"""Uses of promotions that an order holds, by promotion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from ordercore.kernel import FrozenMap, InvalidValue, PromotionId, problems

__all__ = ["Claims", "as_claims", "claims_after"]

Claims: TypeAlias = FrozenMap[PromotionId, int]
"""Uses by promotion; each at least one."""


def as_claims(given: Mapping[PromotionId, int] | Mapping[str, int]) -> Claims:
    """Uses by promotion, with plain strings turned into ids.

    Raises:
        InvalidValue: ``type.wrong`` for what is no mapping.
        InvalidBatch: ``quantity.not_positive`` for every promotion with less than one use.

    Example:
        >>> as_claims({"11.11": 1})
        FrozenMap({PromotionId('11.11'): 1})
    """
    if type(given) is FrozenMap and not given:
        return given
    if not isinstance(given, Mapping):
        raise InvalidValue("type.wrong", "claims", given, "a mapping of promotion to uses")
    faults = problems()
    for promotion, uses in given.items():
        if type(uses) is not int or uses < 1:
            faults.add("quantity.not_positive", f"claims[{promotion}]", uses, "an integer ≥ 1")
    faults.raise_if_any("claims")
    return FrozenMap({PromotionId(promotion): uses for promotion, uses in given.items()})


def claims_after(known: Claims, moved: Claims, sign: int) -> Claims:
    """Claims with some more, or with some less; what is not held cannot go.

    Raises:
        KeyError: a promotion of which fewer uses are held than go.

    Example:
        >>> held = as_claims({"11.11": 1})
        >>> claims_after(held, held, 1), claims_after(held, held, -1)
        (FrozenMap({PromotionId('11.11'): 2}), FrozenMap({}))
    """
    table = dict(known)
    for promotion, uses in moved.items():
        left = table.get(promotion, 0) + sign * uses
        if left < 0:
            raise KeyError(promotion)
        table[promotion] = left
    return FrozenMap({promotion: uses for promotion, uses in table.items() if uses})
