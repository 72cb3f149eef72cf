"""The page on derivation tells of every status of the default policy, axis by axis, and of no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ordercore.orders import (
    DisplayStatus,
    FulfilmentStatus,
    InvoiceStatus,
    PaymentStatus,
    ReturnStatus,
    SettlementStatus,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "derived-statuses.md"


@pytest.mark.parametrize(
    ("axis", "words"),
    [
        ("Payment", PaymentStatus),
        ("Fulfilment", FulfilmentStatus),
        ("Return", ReturnStatus),
        ("Invoice", InvoiceStatus),
        ("Settlement", SettlementStatus),
        ("Display", DisplayStatus),
    ],
)
def test_a_table_has_each_word_of_its_axis_once(axis, words):
    text = PAGE.read_text(encoding="utf-8")
    table = re.search(rf"(?ms)^\*\*{axis}\*\*.*?\n\n(\|.*?)\n\n", text)
    assert table is not None
    told = re.findall(r"`([a-z_]+)`", table[1])
    assert sorted(told) == sorted(word.value for word in words)
