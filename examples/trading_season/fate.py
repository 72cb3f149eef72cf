"""What happens to an order of the first source after it was placed; seeded, and said so."""

from __future__ import annotations

from enum import StrEnum

import attrs

from trading_season.dice import Dice

__all__ = ["Cancels", "Fate", "Returns"]


class Cancels(StrEnum):
    """Whether the buyer changes their mind before the goods leave, and about how much."""

    NOTHING = "nothing"
    UNITS = "units"
    ORDER = "order"
    TOO_LATE = "too_late"
    """They ask when everything has left: the order must refuse."""


class Returns(StrEnum):
    """How much comes back."""

    NOTHING = "nothing"
    UNITS = "units"
    EVERYTHING = "everything"


@attrs.frozen(kw_only=True)
class Fate:
    """The seeded part of an order's life. The second source has its own cancels and returns."""

    pays_at_once: bool = False
    refund_fails_once: bool = False
    scanned_twice: bool = False
    cancels: Cancels = Cancels.NOTHING
    returns: Returns = Returns.NOTHING

    @classmethod
    def of(cls, order_id: str, dice: Dice, *, invent: bool) -> Fate:
        """The fate of an order; cancels and returns only where the data have none."""

        def draw(shares: dict[str, int], about: str) -> str:
            throw = dice.throw(1000, about, order_id)
            for name, share in shares.items():
                if throw < share:
                    return name
                throw -= share
            return "nothing"

        return cls(
            pays_at_once=dice.happens(300_000, "wallet", order_id),
            refund_fails_once=dice.happens(20_000, "refund", order_id),
            scanned_twice=dice.happens(10_000, "scan", order_id),
            cancels=Cancels(
                draw({"units": 30, "order": 20, "too_late": 5}, "cancels") if invent else "nothing"
            ),
            returns=Returns(
                draw({"units": 45, "everything": 10}, "returns") if invent else "nothing"
            ),
        )
