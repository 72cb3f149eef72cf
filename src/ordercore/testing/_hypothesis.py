"""Called by Hypothesis when it is imported, so that `from_type` knows the library's values."""

from __future__ import annotations


def register() -> None:
    """Register strategies by callables, so that nothing is imported before it is drawn."""
