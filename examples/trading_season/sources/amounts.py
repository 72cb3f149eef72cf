"""Amounts that a file holds as binary floats, read as the decimals that were meant."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from ordercore.kernel import Money

__all__ = ["DUST", "minor_units"]

DUST = Decimal("1e-9")
"""What a sum of floats leaves where it should have left nothing; no amount is as small."""


def minor_units(values: NDArray[np.float64], currency: str) -> NDArray[np.int64]:
    """Minor units of a column of floats.

    A float's shortest decimal text is the amount that the file's author wrote; that text, and
    never the float, becomes Money, which refuses what it cannot hold exactly. Dust is read as
    nothing, and counted by the caller. Few amounts are distinct, so each is read once.
    """
    distinct, place = np.unique(values, return_inverse=True)
    texts = [Decimal(repr(float(value))) for value in distinct]
    minors = [0 if abs(text) < DUST else Money.of(text, currency).minor for text in texts]
    return np.array(minors, dtype=np.int64)[place]
