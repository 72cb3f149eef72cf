"""Strategies and limits of planning, as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from ordercore.kernel import Choice, InvalidValue, checked, items_as, problems

__all__ = [
    "DEFAULT_LIMITS",
    "FEWEST_SPLITS",
    "LEAST_COST",
    "NEAREST",
    "Criterion",
    "Limits",
    "Strategy",
]


class Criterion(Choice):
    """What a plan is compared by.

    ``COST`` is the total cost, ``NODES`` the number of nodes that ship, ``DISTANCE`` the distance
    from the node to the destination, nearest node first.

    Example:
        >>> Criterion("cost")
        <Criterion.COST: 'cost'>
    """

    COST = "cost"
    NODES = "nodes"
    DISTANCE = "distance"


def _criteria(given: Iterable[str]) -> tuple[Criterion, ...]:
    return items_as((given,) if isinstance(given, str) else given, Criterion, "criteria")


_SUPPORTED = (
    (Criterion.COST,),
    (Criterion.NODES, Criterion.COST),
    (Criterion.DISTANCE, Criterion.COST),
)


@attrs.frozen
@checked
class Strategy:
    """An ordered list of criteria; a later one decides only between equals of the earlier.

    Units that can travel always do: a strategy chooses where, never whether. ``("cost",)`` and
    ``("nodes", "cost")`` are solved with a proof, ``("distance", "cost")`` fills from the nearest
    node onwards without a search.

    Raises:
        InvalidBatch: ``strategy.name``, ``strategy.criteria`` for an unsupported list.

    Example:
        >>> Strategy.from_json(LEAST_COST.to_json()) == LEAST_COST
        True
        >>> FEWEST_SPLITS.to_json()
        {'name': 'fewest-splits', 'criteria': ['nodes', 'cost']}
    """

    name: str
    criteria: tuple[Criterion, ...] = attrs.field(converter=_criteria)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not isinstance(self.name, str) or not self.name or not self.name.isprintable():
            faults.add("strategy.name", "name", self.name, "a short printable name")
        if self.criteria not in _SUPPORTED:
            listed = " or ".join(", ".join(criteria) for criteria in _SUPPORTED)
            faults.add("strategy.criteria", "criteria", self.criteria, listed)
        faults.raise_if_any("strategy")

    def to_json(self) -> dict[str, str | list[str]]:
        """The strategy as JSON data."""
        return {"name": self.name, "criteria": [criterion.value for criterion in self.criteria]}

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Strategy:
        """A strategy from JSON data.

        Raises:
            InvalidBatch: ``strategy.field`` for a missing or unknown field or criterion; and as
                the constructor.

        Example:
            >>> Strategy.from_json({"name": "mine", "criteria": ["cost"]}).criteria
            (<Criterion.COST: 'cost'>,)
        """
        faults = problems()
        for key in sorted(set(data) ^ {"name", "criteria"}):
            faults.add("strategy.field", key, data.get(key), "the fields name and criteria")
        name, names = data.get("name"), data.get("criteria")
        known = [criterion.value for criterion in Criterion]
        if "name" in data and not isinstance(name, str):
            faults.add("strategy.field", "name", name, "text")
        if "criteria" in data and (
            not isinstance(names, list | tuple) or any(item not in known for item in names)
        ):
            faults.add("strategy.field", "criteria", names, f"a list of {', '.join(known)}")
        faults.raise_if_any("strategy")
        assert isinstance(name, str)
        assert isinstance(names, list | tuple)
        return cls(name, names)


LEAST_COST = Strategy("least-cost", (Criterion.COST,))
"""The least total cost, with a proven bound."""

FEWEST_SPLITS = Strategy("fewest-splits", (Criterion.NODES, Criterion.COST))
"""The fewest shipping nodes, then the least cost, with a proven bound."""

NEAREST = Strategy("nearest", (Criterion.DISTANCE, Criterion.COST))
"""Each line from the nearest node that has it: the usual platform rule, for comparison."""


@attrs.frozen
@checked
class Limits:
    """How much work one plan may take: counted in steps of the search, never in seconds.

    A set of nodes that is bounded takes 20 steps, a choice in distributing lines takes one.

    The same limit gives the same plan on every machine. Zero plans by the heuristic alone and
    still states a true bound.

    Raises:
        InvalidValue: ``limits.search_nodes`` for anything but an integer ≥ 0.

    Example:
        >>> Limits(search_nodes=100).search_nodes
        100
    """

    search_nodes: int = 20_000

    def __attrs_post_init__(self) -> None:
        if type(self.search_nodes) is not int or self.search_nodes < 0:
            raise InvalidValue(
                "limits.search_nodes", "search_nodes", self.search_nodes, "an integer ≥ 0"
            )


DEFAULT_LIMITS = Limits()
"""Enough to prove orders of three lines over four nodes, and of eight over twelve.

More steps still help where stock is scarce, nodes are many or rules tie lines to each other."""
