"""Which nodes are worth opening: a bound on fixed costs and lines together, by dual ascent."""

from __future__ import annotations

__all__ = ["Choices", "dual_ascent"]

Choices = list[tuple[int, int]]
"""What a line costs at each node that may ship it: (cost, node), cheapest first."""


def dual_ascent(lines: list[Choices], room: list[int]) -> int:
    """What opening nodes and serving every line from opened ones costs at the least.

    Each line offers to pay its cheapest node, then more, step by step, as long as what lines
    offer above a node's price stays within what it costs to open the node (``room``, used up
    here). The offers are a solution of the dual of the relaxed location problem, so their sum is
    a bound whatever the order of the steps. O(lines × nodes²).

    Example:
        >>> dual_ascent([[(1, 0), (4, 1)], [(2, 1), (9, 0)]], [5, 5])
        11
        >>> dual_ascent([[(1, 0), (4, 1)], [(2, 1), (9, 0)]], [0, 0])
        3
    """
    paid = 0
    active: list[tuple[Choices, int, int]] = []
    for choices in lines:
        offer = choices[0][0]
        paid += offer
        active.append((choices, 0, offer))
    while active:
        still: list[tuple[Choices, int, int]] = []
        for choices, known, offer in active:
            reached, last = known, len(choices)
            while reached < last and choices[reached][0] <= offer:
                reached += 1
            step = min(room[node] for _, node in choices[:reached])
            if not step:
                continue
            blocked = True
            if reached < last and choices[reached][0] - offer < step:
                step = choices[reached][0] - offer
                blocked = False
            for _, node in choices[:reached]:
                room[node] -= step
            paid += step
            if not blocked:
                still.append((choices, reached, offer + step))
        active = still
    return paid
