"""The stages of a quote in which promotions have their turns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ordercore.kernel import Choice

__all__ = ["BY_LINE", "TURN", "Stage"]


class Stage(Choice):
    """When a promotion has its turn; the stages follow each other in this order."""

    ITEM = "item"
    """Line by line: each line's discount is its own and rounded there."""
    GROUP = "group"
    """As ``ITEM``, after it."""
    ORDER = "order"
    """Over all selected lines at once: rounded once, shared out over what is left of them."""
    SHIPPING = "shipping"
    """Over the shipping charges."""
    PAYMENT = "payment"
    """As ``ORDER``, last: coupons that someone else pays, paying with points."""


TURN: Final[Mapping[Stage, int]] = {stage: turn for turn, stage in enumerate(Stage)}
"""The place of each stage among them."""

BY_LINE: Final = frozenset({Stage.ITEM, Stage.GROUP})
"""The stages in which each line is discounted and rounded by itself."""
