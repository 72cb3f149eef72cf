"""What a host knows of the buyer, in a closed vocabulary; orders keep it for their rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import attrs

from ordercore.kernel import (
    FaultList,
    FrozenMap,
    Instant,
    InvalidValue,
    as_instant,
    checked,
    instant_at,
    problems,
    sorted_tuple,
)
from ordercore.rules import INSTANT, INTEGER, TEXT, FactType

__all__ = [
    "CUSTOMER_FACTS",
    "CustomerFact",
    "CustomerFacts",
    "CustomerValue",
    "customer_facts",
    "joined_facts",
    "kept_facts",
    "known_facts",
    "told_facts",
]

CUSTOMER_FACTS: FrozenMap[str, FactType] = FrozenMap(
    {"rating": TEXT, "group": TEXT, "orders_before": INTEGER, "since": INSTANT}
)
"""The words by which hosts tell of a buyer; rules read each as ``customer.<word>``."""

CustomerValue: TypeAlias = str | int | Instant | None
"""A fact's value; None says that it is not known, or not any more."""

CustomerFacts: TypeAlias = FrozenMap[str, CustomerValue]
"""Facts of a buyer by word."""


def _checked(faults: FaultList, path: str, name: str, value: object) -> CustomerValue:
    """The value of a word; a fault noted where it is none."""
    kind = CUSTOMER_FACTS.get(name)
    if kind is None:
        faults.add("customer.unknown_fact", path, name, f"one of {', '.join(CUSTOMER_FACTS)}")
        return None
    if value is None:
        return None
    if kind == INSTANT:
        try:
            return instant_at(value, path)  # type: ignore[arg-type]
        except InvalidValue as error:
            faults.take(error)
            return None
    if kind == INTEGER:
        if type(value) is int and value >= 0:
            return value
        faults.add("customer.count", path, value, "an integer ≥ 0")
        return None
    if isinstance(value, str) and value:
        return value
    faults.add("customer.text", path, value, "text that is not empty")
    return None


def customer_facts(given: Mapping[str, CustomerValue]) -> CustomerFacts:
    """Facts by word, each of its kind; ``since`` may be given as text.

    Raises:
        InvalidValue: ``type.wrong`` for what is no mapping.
        InvalidBatch: every fault, with its path: ``customer.unknown_fact``, ``customer.text`` when
            empty or no text, ``customer.count`` below zero or no integer, and the codes of
            instants for ``since``.

    Example:
        >>> from ordercore.kernel import InvalidBatch
        >>> customer_facts({"rating": "A", "orders_before": 12})
        FrozenMap({'orders_before': 12, 'rating': 'A'})
        >>> try:
        ...     customer_facts({"tier": "gold", "orders_before": -1})
        ... except InvalidBatch as batch:
        ...     [
        ...         (fault.code, fault.path) for fault in batch.faults
        ...     ]  # doctest: +NORMALIZE_WHITESPACE
        [('customer.unknown_fact', 'customer_facts[tier]'),
         ('customer.count', 'customer_facts[orders_before]')]
    """
    if type(given) is FrozenMap and not given:
        return given
    if not isinstance(given, Mapping):
        raise InvalidValue("type.wrong", "customer_facts", given, "a mapping of word to value")
    faults = problems()
    facts = {
        name: _checked(faults, f"customer_facts[{name}]", name, value)
        for name, value in given.items()
    }
    faults.raise_if_any("customer facts")
    return FrozenMap(facts)


@attrs.frozen(kw_only=True)
@checked
class CustomerFact:
    """One word as it was told last, and as of when.

    Of two reports the one as of the later instant stands, whichever came first; of two as of the
    same instant the greater value, and any value before None. So reports commute.

    Raises:
        InvalidBatch: as :func:`customer_facts`, at ``value``.

    Example:
        >>> old = CustomerFact(name="rating", value="A", as_of="2026-11-01T00:00:00Z")
        >>> new = CustomerFact(name="rating", value="C", as_of="2026-11-11T00:00:00Z")
        >>> joined_facts((new,), [old]) == joined_facts((old,), [new]) == (new,)
        True
    """

    name: str
    value: CustomerValue
    as_of: Instant = attrs.field(converter=as_instant)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        value = _checked(faults, "value", self.name, self.value)
        faults.raise_if_any("customer fact")
        object.__setattr__(self, "value", value)

    def replaces(self, known: CustomerFact | None) -> bool:
        """Whether this is what stands, of this and what is known of the same word."""
        if known is None or self.as_of != known.as_of:
            return known is None or self.as_of > known.as_of
        mine, other = self.value, known.value
        if mine is None or other is None:
            return other is None and mine is not None
        return mine > other  # type: ignore[operator] # both are of the word's kind


def joined_facts(
    known: tuple[CustomerFact, ...], told: Iterable[CustomerFact]
) -> tuple[CustomerFact, ...]:
    """What stands of both, sorted by word; the same in any order and grouping, and twice is once.

    Example:
        >>> joined_facts(
        ...     (), [CustomerFact(name="group", value="b2b", as_of="2026-11-11T00:00:00Z")]
        ... )
        (CustomerFact(name='group', value='b2b', as_of=...),)
    """
    table = {fact.name: fact for fact in known}
    for fact in told:
        if fact.replaces(table.get(fact.name)):
            table[fact.name] = fact
    return kept_facts(table.values())


def kept_facts(given: Iterable[CustomerFact]) -> tuple[CustomerFact, ...]:
    """Facts sorted by word."""
    return sorted_tuple(given, CustomerFact, lambda fact: fact.name)


def told_facts(told: CustomerFacts, as_of: Instant) -> list[CustomerFact]:
    """The facts of one report."""
    return [CustomerFact(name=name, value=value, as_of=as_of) for name, value in told.items()]


def known_facts(kept: Iterable[CustomerFact]) -> CustomerFacts:
    """The values that stand, without the words of which nothing is known.

    Example:
        >>> known_facts([CustomerFact(name="group", value=None, as_of="2026-11-11T00:00:00Z")])
        FrozenMap({})
    """
    return FrozenMap({fact.name: fact.value for fact in kept if fact.value is not None})
