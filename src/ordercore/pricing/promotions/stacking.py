"""Which promotions may stand together: groups, their rules, and what excludes what."""

from __future__ import annotations

from typing import Final

import attrs

from ordercore.kernel import Choice, checked, problems
from ordercore.pricing.promotions.stages import Stage

__all__ = ["COMPARING", "GroupRule", "Objective", "Reach", "StackingGroup"]

_NODES: Final = 20_000


class GroupRule(Choice):
    """Which promotions of a group apply."""

    ALL = "all"
    """All of them, in turn."""
    FIRST = "first"
    """The first that gives something."""
    BEST = "best"
    """The one that alone gives most, or what the objective says."""
    BEST_COMBINATION = "best_combination"
    """Of all subsets, applied in turn, the one whose total is best; found by exact search."""


COMPARING: Final = frozenset({GroupRule.BEST, GroupRule.BEST_COMBINATION})
"""The rules that compare what promotions take off."""


class Objective(Choice):
    """What a group's choice is best for."""

    BUYER = "buyer"
    """The buyer pays least."""
    MERCHANT = "merchant"
    """The merchant bears least, among choices to which no promotion of the group could be added."""
    PRIORITY = "priority"
    """The order of priority decides: the first of a choice of one, all in turn of a combination."""


class Reach(Choice):
    """Among which promotions an exclusive one is alone, or one that stops others stops them."""

    GROUP = "group"
    STAGE = "stage"
    QUOTE = "quote"


@attrs.frozen
@checked
class StackingGroup:
    """Promotions of one stage that have one turn together, under a rule.

    Among the other promotions of its stage, a group has its place by its priority; inside, its
    promotions stand by theirs. Groups are lanes: a stage may have as many as one wants.

    Args:
        group_id: What promotions name as their ``group``.
        stage: The stage of all of them.
        rule: Which of them apply.
        priority: Its place within the stage; higher goes first.
        objective: What ``best`` and ``best_combination`` are best for.
        most_nodes: How many steps the search for a combination may take; when it ends there, the
            quote says how far off the best it may be.

    Raises:
        InvalidBatch: ``group.id``, ``group.most_nodes`` (below 1).

    Example:
        >>> StackingGroup("coupons", stage="order", rule="best").objective.value
        'buyer'
    """

    group_id: str
    stage: Stage = attrs.field(default=Stage.ITEM, converter=Stage, kw_only=True)
    rule: GroupRule = attrs.field(default=GroupRule.ALL, converter=GroupRule, kw_only=True)
    priority: int = attrs.field(default=0, kw_only=True)
    objective: Objective = attrs.field(default=Objective.BUYER, converter=Objective, kw_only=True)
    most_nodes: int = attrs.field(default=_NODES, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.group_id:
            faults.add("group.id", "group_id", self.group_id, "a name")
        if type(self.most_nodes) is not int or self.most_nodes < 1:
            faults.add("group.most_nodes", "most_nodes", self.most_nodes, "an integer ≥ 1")
        faults.raise_if_any("stacking group")
