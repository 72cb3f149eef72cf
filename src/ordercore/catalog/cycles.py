"""Which nodes of a graph contain each other: its strongly connected components, iteratively."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["cycles"]


def cycles(graph: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """Every set of nodes that reach each other, and every node that names itself; all sorted.

    Names that are no node of the graph are passed over. Two walks (Kosaraju), O(nodes + edges),
    without recursion, so that a chain of any length fits.

    Example:
        >>> cycles({"a": ["b"], "b": ["a", "c"], "c": ["c"], "d": ["a", "x"]})
        [('a', 'b'), ('c',)]
    """
    finished: list[str] = []
    seen: set[str] = set()
    for start in sorted(graph):
        stack = [(start, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                finished.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((to, False) for to in graph[node] if to in graph)
    backward: dict[str, list[str]] = {node: [] for node in graph}
    for node, targets in graph.items():
        for to in targets:
            if to in graph:
                backward[to].append(node)
    found: list[tuple[str, ...]] = []
    placed: set[str] = set()
    for start in reversed(finished):
        members: list[str] = []
        pending = [start]
        while pending:
            node = pending.pop()
            if node not in placed:
                placed.add(node)
                members.append(node)
                pending.extend(backward[node])
        if len(members) > 1 or (members and members[0] in graph[members[0]]):
            found.append(tuple(sorted(members)))
    return sorted(found)
