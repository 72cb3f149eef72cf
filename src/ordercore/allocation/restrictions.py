"""Rules that tie lines, nodes and services together, compiled; and what a plan has used of them.

Stock and parcels know one line or one load at a time. What is here does not: a node's capacity, the
one node of a group of lines, lines and classes that never go together, what may cross a border,
what a part of a split must be worth. An order without such rules has no restrictions at all, and
pays nothing for them. Bounds may ignore them, for they only forbid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from ordercore.allocation.billing import Lane
from ordercore.allocation.conditions import Conditions
from ordercore.allocation.demand import Demand
from ordercore.kernel import ServiceId
from ordercore.network import Network, Node

__all__ = ["Restrictions", "Tally", "restrictions_of"]


@attrs.frozen(eq=False, kw_only=True)
class Restrictions:
    """The rules by index; lines, nodes and loads as in the problem.

    A *consignment* is what one node hands to one service for the order, in all classes.
    """

    # Units that each node may still ship; None without such a limit.
    units_left: list[int | None]
    # Per line its group (-1: none), and the lines of each group.
    home: list[int]
    groups: list[list[int]]
    # Per load its consignment, and per line, by consignment, the lines it may not meet there.
    consignment: list[int]
    foes: list[dict[int, list[int]]]
    # Nodes from which goods cross a border, and what goods that do may be worth together.
    abroad: list[bool]
    import_left: int | None
    # What each part of a split is worth at the least; 0 without such a rule.
    split_value: int
    value: list[int]
    load_node: list[int]

    def permits(self, solution: Mapping[tuple[int, int], int]) -> bool:
        """Whether units by (line, load) keep every rule here. O(takes × foes)."""
        tally = Tally(self)
        for (line, load), units in solution.items():
            if tally.room(line, load, units) < units:
                return False
            tally.put(line, load, units)
        return tally.parts_are_worth_it()

    def hopeless(self, forced: int, worth: list[int]) -> bool:
        """Whether these nodes cannot all ship: a part is worth too little, whatever it holds.

        ``worth`` is the value of all that each node could ship.
        """
        return forced.bit_count() > 1 and any(
            amount < self.split_value for node, amount in enumerate(worth) if forced >> node & 1
        )

    def behind(self, nodes: list[int], quantity: list[int]) -> int:
        """Units of lines that stay behind at least, whatever the money: ``quantity`` of each."""
        total = sum(quantity)
        limits = [self.units_left[node] for node in nodes]
        able = total
        if None not in limits:
            able = min(total, sum(limit for limit in limits if limit is not None))
        if self.import_left is not None and all(self.abroad[node] for node in nodes):
            left, most = self.import_left, 0
            for worth, units in sorted(zip(self.value, quantity, strict=True)):
                taken = units if not worth else min(units, left // worth)
                left -= taken * worth
                most += taken
            able = min(able, most)
        return total - able


class Tally:
    """What a plan in the making has used; put units in, and take them out by negative units."""

    __slots__ = (
        "_consigned",
        "_home_node",
        "_home_units",
        "_import_left",
        "_rules",
        "_units",
        "_worth",
    )

    def __init__(self, rules: Restrictions) -> None:
        self._rules = rules
        self._units = [0] * len(rules.units_left)
        self._worth = [0] * len(rules.units_left)
        self._home_node = [-1] * len(rules.groups)
        self._home_units = [0] * len(rules.groups)
        self._consigned: dict[tuple[int, int], int] = {}
        self._import_left = rules.import_left

    def room(self, line: int, load: int, units: int) -> int:
        """How many of the units may go to the load as things stand."""
        rules = self._rules
        node = rules.load_node[load]
        group = rules.home[line]
        if group >= 0 and self._home_units[group] and self._home_node[group] != node:
            return 0
        limit = rules.units_left[node]
        if limit is not None:
            units = min(units, limit - self._units[node])
        worth = rules.value[line]
        if self._import_left is not None and worth and rules.abroad[node]:
            units = min(units, self._import_left // worth)
        if units > 0 and rules.foes[line]:
            where = rules.consignment[load]
            for other in rules.foes[line].get(where, ()):
                if self._consigned.get((other, where)):
                    return 0
        return units

    def put(self, line: int, load: int, units: int) -> None:
        """Count units of a line in a load; fewer than none takes them out again."""
        rules = self._rules
        node = rules.load_node[load]
        self._units[node] += units
        self._worth[node] += units * rules.value[line]
        group = rules.home[line]
        if group >= 0:
            self._home_node[group] = node
            self._home_units[group] += units
        if self._import_left is not None and rules.abroad[node]:
            self._import_left -= units * rules.value[line]
        if rules.foes[line]:
            key = line, rules.consignment[load]
            self._consigned[key] = self._consigned.get(key, 0) + units

    def poorest(self) -> int:
        """The node whose part of a split is worth the least and too little; -1 where none is."""
        parts = [(self._worth[node], node) for node, units in enumerate(self._units) if units]
        if len(parts) < 2 or min(parts)[0] >= self._rules.split_value:
            return -1
        return min(parts)[1]

    def parts_are_worth_it(self) -> bool:
        """Whether nothing is split, or every part is worth what a part has to be."""
        return self.poorest() < 0


def restrictions_of(
    demand: Demand,
    conditions: Conditions,
    network: Network,
    nodes: list[Node],
    load_node: list[int],
    load_lane: list[Lane],
    value: list[int],
) -> Restrictions | None:
    """The rules that tie this order together; None where there are none."""
    units_left = [conditions.units_left(node.id) for node in nodes]
    services = {lane.service for lane in load_lane}
    apart = {
        service.id: service.classes_apart
        for service in network.services
        if service.classes_apart and service.id in services
    }
    classes = {line.handling_class for line in demand.lines}
    apart = {
        service: pairs
        for service, pairs in apart.items()
        if any(one in classes and other in classes for one, other in pairs)
    }
    split_value = 0 if demand.min_split_value is None else demand.min_split_value.minor
    import_left = None if demand.max_import_value is None else demand.max_import_value.minor
    abroad = [node.region.country != demand.destination.region.country for node in nodes]
    if import_left is not None and not any(abroad):
        import_left = None
    if (
        not any(limit is not None for limit in units_left)
        and not demand.keep_together
        and not demand.keep_apart
        and not apart
        and not split_value
        and import_left is None
    ):
        return None
    index = {line.line_id: number for number, line in enumerate(demand.lines)}
    groups = [[index[line_id] for line_id in group] for group in demand.keep_together]
    home = [-1] * len(demand.lines)
    for number, members in enumerate(groups):
        for line in members:
            home[line] = number
    numbers: dict[tuple[int, ServiceId], int] = {}
    consignment = [
        numbers.setdefault((node, lane.service), len(numbers))
        for node, lane in zip(load_node, load_lane, strict=True)
    ]
    foes: list[dict[int, list[int]]] = [{} for _ in demand.lines]
    for (_, service), where in numbers.items():
        pairs = [(index[one], index[other]) for one, other in demand.keep_apart]
        for one, other in apart.get(service, ()):
            pairs += _lines_of(demand, one, other)
        for one_line, other_line in pairs:
            foes[one_line].setdefault(where, []).append(other_line)
            foes[other_line].setdefault(where, []).append(one_line)
    return Restrictions(
        units_left=units_left,
        home=home,
        groups=groups,
        consignment=consignment,
        foes=foes,
        abroad=abroad,
        import_left=import_left,
        split_value=split_value,
        value=value,
        load_node=load_node,
    )


def _lines_of(demand: Demand, one: str, other: str) -> Iterable[tuple[int, int]]:
    for number, line in enumerate(demand.lines):
        for other_number, other_line in enumerate(demand.lines):
            if line.handling_class == one and other_line.handling_class == other:
                yield number, other_number
