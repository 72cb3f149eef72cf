"""Strategies for what hosts know of buyers, and for the uses of promotions that orders hold."""

from __future__ import annotations

from hypothesis import strategies as st

from ordercore.kernel import FrozenMap, PromotionId
from ordercore.orders import Claims, CustomerFact, CustomerFacts, CustomerValue
from ordercore.testing.kernel_values import instants

__all__ = ["claims", "customer_facts", "customer_notes"]

_WORDS = ("group", "orders_before", "rating", "since")


def _values(name: str) -> st.SearchStrategy[CustomerValue]:
    match name:
        case "orders_before":
            known: st.SearchStrategy[CustomerValue] = st.integers(0, 9)
        case "since":
            known = instants()
        case "group":
            known = st.sampled_from(("b2b", "retail"))
        case _:
            known = st.sampled_from(("A", "B", "C"))
    return st.none() | known


def claims() -> st.SearchStrategy[Claims]:
    """Uses of a few promotions."""
    names = st.sampled_from(("11.11", "welcome")).map(PromotionId)
    return st.dictionaries(names, st.integers(1, 3), max_size=2).map(FrozenMap)


@st.composite
def customer_facts(draw: st.DrawFn) -> CustomerFacts:
    """Some words with values that fit them; few values, so that reports meet."""
    names = draw(st.lists(st.sampled_from(_WORDS), max_size=2, unique=True))
    return FrozenMap({name: draw(_values(name)) for name in names})


@st.composite
def customer_notes(draw: st.DrawFn) -> CustomerFact:
    """One word as it was told, and as of when."""
    name = draw(st.sampled_from(_WORDS))
    return CustomerFact(name=name, value=draw(_values(name)), as_of=draw(instants()))
