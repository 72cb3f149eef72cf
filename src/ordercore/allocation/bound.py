"""What no plan over a set of nodes can cost less than.

Three facts carry the bound. The started kilograms and the parcels of a class, summed over its
loads, are never fewer than those of its whole weight and volume in the largest parcel (sums of
ceilings). A line that only one open node can fill puts its weight there. And a node that is
used pays its fixed cost and at least one parcel.
"""

from __future__ import annotations

from ordercore.allocation.hull import Hull, Tariff, hull, least_total
from ordercore.allocation.opening import Choices, dual_ascent
from ordercore.allocation.problem import Problem, whole_lines

__all__ = ["Bounder"]

_MOST_KG_FOR_EXACT_SERVICES = 40

_GRAMS_PER_KG = 1000


class Bounder:
    """Lower bounds of one problem over sets of nodes, given as bit masks.

    Lines that each node can fill whole or not at all are added up by the set of their nodes, so
    that a bound costs as much as there are different sets, not lines.
    """

    __slots__ = (
        "_hulls",
        "_short",
        "behind",
        "best_base",
        "best_kg",
        "bulk",
        "bulk_limit",
        "by_line",
        "cheapest",
        "grams",
        "grams_limit",
        "groups",
        "homes",
        "least_weight",
        "loads_at",
        "loose",
        "mandatory",
        "only_mandatory",
        "optional",
        "partial",
        "problem",
        "profiles",
        "row_of",
        "rows",
        "tariffs",
        "tied",
        "widest",
    )

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._short: dict[int, int] = {}
        self.behind = 0
        self.loose = False
        n = len(problem.nodes)
        # Lines whose units cost the same at every node share a row of those costs.
        rows: dict[tuple[int, ...], int] = {}
        same: dict[int, int] = {}
        self.row_of: list[int] = []
        for row in problem.node_unit:
            if id(row) not in same:
                same[id(row)] = rows.setdefault(tuple(row), len(rows))
            self.row_of.append(same[id(row)])
        self.rows = list(rows)
        self.cheapest: dict[tuple[int, int], int] = {}
        self.loads_at: list[list[list[int]]] = [
            [[] for _ in range(problem.class_count)] for _ in range(n)
        ]
        for load, node in enumerate(problem.load_node):
            self.loads_at[node][problem.load_class[load]].append(load)
        self._hulls: dict[tuple[int, ...], Hull] = {}
        self.grams, self.grams_limit = problem.weight, problem.max_weight
        self.bulk, self.bulk_limit = problem.volume, problem.max_volume
        if not problem.plain:
            self._choose_measures()
        self.tariffs = [
            [
                Tariff(
                    [(problem.load_base[x], problem.load_kg[x], self.grams_limit[x]) for x in loads]
                )
                for loads in here
            ]
            for here in self.loads_at
        ]
        self.best_base = self._least(problem.load_base)
        self.best_kg = self._least(problem.load_kg)
        self.widest = [
            [
                (
                    max((self.grams_limit[x] for x in loads), default=1),
                    max((self.bulk_limit[x] for x in loads), default=1),
                )
                for loads in here
            ]
            for here in self.loads_at
        ]
        rules = problem.restrictions
        # Lines that are kept together, each group for itself.
        self.homes = [] if rules is None else rules.groups
        self.tied = {line for group in self.homes for line in group}
        self.mandatory = [
            0 if may else units
            for may, units in zip(problem.optional, problem.quantity, strict=True)
        ]
        members: dict[int, list[int]] = {}
        for line, group in enumerate(problem.group):
            members.setdefault(group, []).append(line)
        profiles: dict[tuple[int, int, int], list[int]] = {}
        self.partial: list[int] = []
        self.optional: list[int] = []
        for line, have in enumerate(problem.avail):
            quantity = problem.quantity[line]
            if problem.optional[line]:
                self.optional.append(line)
                continue
            mask = 0
            full = len(members[problem.group[line]]) == 1 and line not in self.tied
            for node, units in enumerate(have):
                if units == quantity:
                    mask |= 1 << node
                elif units:
                    full = False
            if not full:
                self.partial.append(line)
                continue
            key = problem.line_class[line], mask, self.row_of[line]
            entry = profiles.setdefault(key, [0, 0, 0])
            entry[0] += quantity
            entry[1] += quantity * self.grams[line]
            entry[2] += quantity * self.bulk[line]
        self.profiles = [(*key, *sums) for key, sums in profiles.items()]
        self.groups = [
            lines
            for lines in members.values()
            if len(lines) > 1 and not any(problem.optional[line] for line in lines)
        ]
        self.by_line = [self._choices(line) for line in range(len(problem.quantity))]
        self.least_weight = min(self.grams)
        self.only_mandatory = not self.optional

    def _choose_measures(self) -> None:
        """What weight and volume are measured by in each class, where carriers look at more.

        Where every service of a class bills volume and there is more of it than of weight, each
        line counts with its volumetric grams; where every service limits the value of a parcel and
        that asks for more parcels than the volume, with its value. Either is a bound by itself.
        """
        problem = self.problem
        self.grams, self.grams_limit = list(problem.weight), list(problem.max_weight)
        self.bulk, self.bulk_limit = list(problem.volume), list(problem.max_volume)
        for c in range(problem.class_count):
            loads = [x for x, of in enumerate(problem.load_class) if of == c]
            lines = [line for line, of in enumerate(problem.line_class) if of == c]
            divisors = [d for x in loads if (d := problem.divisor[x]) is not None]
            weight, volume, value = (
                sum(problem.quantity[line] * of[line] for line in lines)
                for of in (problem.weight, problem.volume, problem.value)
            )
            if loads and len(divisors) == len(loads):
                widest = max(divisors)
                if volume * _GRAMS_PER_KG > weight * widest:
                    for line in lines:
                        self.grams[line] = problem.volume[line] * _GRAMS_PER_KG // widest
                    for x in loads:
                        self.grams_limit[x] = -(-problem.max_volume[x] * _GRAMS_PER_KG // widest)
            limits = [v for x in loads if (v := problem.max_value[x]) is not None]
            if loads and len(limits) == len(loads):
                room = max(problem.max_volume[x] for x in loads)
                if value * room > volume * max(limits):
                    for line in lines:
                        self.bulk[line] = problem.value[line]
                    for x, limit in zip(loads, limits, strict=True):
                        self.bulk_limit[x] = limit

    def _least(self, values: list[int]) -> list[list[int]]:
        return [
            [min((values[load] for load in loads), default=0) for loads in here]
            for here in self.loads_at
        ]

    def _choices(self, line: int) -> Choices:
        """What a unit costs at each node that can ship it, with its kilograms by the gram."""
        problem = self.problem
        c, weight = problem.line_class[line], self.grams[line]
        unit_cost = problem.node_unit[line]
        return sorted(
            (unit_cost[node] * _GRAMS_PER_KG + weight * self.best_kg[node][c], node)
            for node, units in enumerate(problem.avail[line])
            if units
        )

    def _unit(self, row: int, mask: int) -> int:
        """The least that a unit of such lines costs at any node of the mask."""
        known = self.cheapest.get((row, mask))
        if known is None:
            costs = self.rows[row]
            known = min(cost for node, cost in enumerate(costs) if mask >> node & 1)
            self.cheapest[row, mask] = known
        return known

    def must(self, allowed: int) -> list[int]:
        """Units of each line that ship from the nodes last bounded in any plan worth a look.

        That is, one that leaves ``behind`` mandatory units and no more. A unit that may stay
        behind counts, as its price is never above its penalty.
        """
        problem = self.problem
        if self.loose:
            return [
                units if may else 0
                for units, may in zip(problem.quantity, problem.optional, strict=True)
            ]
        found = list(problem.quantity)
        for line, have in enumerate(problem.avail):
            if problem.optional[line]:
                continue
            if line in self._short:
                found[line] -= self._short[line]
            elif not any(have[node] for node in range(len(have)) if allowed >> node & 1):
                found[line] = 0
        return found

    def shortage(self, line: int, nodes: list[int]) -> int:
        """Units of a line that these nodes cannot ship, whatever the others do."""
        problem = self.problem
        have = problem.avail[line]
        quantity = problem.quantity[line]
        if problem.splittable[line] and line not in self.tied:
            able = sum(have[node] for node in nodes)
            if able >= quantity and problem.max_nodes < len(nodes):
                able = sum(sorted(have[node] for node in nodes)[-problem.max_nodes :])
        else:
            able = max((have[node] for node in nodes), default=0)
        if able >= quantity:
            return 0
        return quantity if whole_lines(problem) else quantity - able

    def bound(self, allowed: int, forced: int = 0) -> int:
        """No plan that ships from ``allowed`` nodes only costs less than this.

        Args:
            allowed: The nodes that may ship.
            forced: Those of them that do ship.

        O(sets of lines × nodes).
        """
        problem = self.problem
        classes = problem.class_count
        nodes = [node for node in range(len(problem.nodes)) if allowed >> node & 1]
        behind = 0
        base = 0
        units = [0] * classes
        weight = [0] * classes
        volume = [0] * classes
        only: list[dict[int, list[int]]] = [{} for _ in range(classes)]
        cap: list[dict[int, int]] = [dict.fromkeys(nodes, 0) for _ in range(classes)]
        fixed = problem.fixed
        opening = 0
        for c, mask, row, count, grams, cm3 in self.profiles:
            here = mask & allowed
            if not here:
                behind += count
                continue
            units[c] += count
            weight[c] += grams
            volume[c] += cm3
            base += count * self._unit(row, here)
            if not here & forced:
                opening = max(opening, min(fixed[x] for x in nodes if here >> x & 1))
            if not here & (here - 1):
                entry = only[c].setdefault(here.bit_length() - 1, [0, 0])
                entry[0] += grams
                entry[1] += cm3
            room = cap[c]
            for node in nodes:
                if here >> node & 1:
                    room[node] += grams
        if self.partial:
            behind += self._partial_lines(nodes, units, weight, volume, only, cap)
            base += self._partial_units(nodes)
        rules = problem.restrictions
        self.behind, self.loose = behind, False
        if rules is not None:
            more = rules.behind(nodes, self.mandatory)
            if more > behind:
                self.behind, self.loose = more, True
                # Which lines give way is open: no money is known.
                return more * problem.left_behind - problem.split_price
        mandatory_base = base
        for line in self.optional:
            have, unit_cost = problem.avail[line], problem.node_unit[line]
            cheapest = problem.penalty[line]
            for node in nodes:
                if have[node]:
                    cheapest = min(cheapest, unit_cost[node])
            base += cheapest * problem.quantity[line]

        optional_base = base - mandatory_base
        open_nodes = [node for node in nodes if forced >> node & 1]
        paid = sum(fixed[node] for node in open_nodes)
        ship = len(open_nodes)
        simple = shared = parcels = 0
        dearest = hulls = 0
        least_parcels: list[int] = []
        for c in range(classes):
            place = self._class_bound(
                c, nodes, forced, ship, units[c], weight[c], volume[c], only[c], cap[c]
            )
            simple += place[0]
            shared += max(place[0], place[1])
            parcels += place[2]
            least_parcels.append(place[2])
            dearest += max(place[0], place[3])
            if units[c]:
                hulls += self._hull_bound(c, nodes, forced, weight[c], only[c], cap[c])
        if parcels < ship:
            least = [
                self.best_base[node][c]
                for node in nodes
                for c in range(classes)
                if self.loads_at[node][c]
            ]
            simple += (ship - parcels) * min(least, default=0)
        # Four valid bounds: opened nodes paid apart from parcels, apart from the dearer of the
        # two views, through the share that each class's first load carries, and by the kilogram.
        money = max(simple + opening, dearest + opening, shared, hulls)
        joint = self._joint(allowed, forced, nodes, ship, least_parcels, weight)
        money = min(max(paid + base + money, optional_base + joint), problem.left_behind)
        return behind * problem.left_behind + money - problem.split_price

    def _joint(
        self,
        allowed: int,
        forced: int,
        nodes: list[int],
        ship: int,
        parcels: list[int],
        weight: list[int],
    ) -> int:
        """A bound in which each line chooses its node, and nodes pay for being opened.

        Kilograms are split into grams, which a line pays at its node, and what is lost by
        starting whole ones, paid at the cheapest rate; parcels into the cheapest, and what a
        node's first one costs above it, paid with the opening.
        """
        problem = self.problem
        classes = range(problem.class_count)
        rounding = 0
        least_base = [0] * problem.class_count
        for c in classes:
            places = [node for node in nodes if self.loads_at[node][c]]
            if not places:
                continue
            least_base[c] = min(self.best_base[node][c] for node in places)
            rate = min(self.best_kg[node][c] for node in places)
            rounding += rate * (-weight[c] % _GRAMS_PER_KG)
            rounding += parcels[c] * least_base[c] * _GRAMS_PER_KG
        extra = ship - sum(parcels)
        if extra > 0:
            able = [least_base[c] for c in classes if any(self.loads_at[x][c] for x in nodes)]
            rounding += extra * min(able, default=0) * _GRAMS_PER_KG
        room = [0] * len(problem.nodes)
        opened = 0
        for node in nodes:
            above = [
                self.best_base[node][c] - least_base[c] for c in classes if self.loads_at[node][c]
            ]
            cost = problem.fixed[node] + min(above, default=0)
            if forced >> node & 1:
                opened += cost * _GRAMS_PER_KG
            else:
                room[node] = cost * _GRAMS_PER_KG
        lines: list[Choices] = []
        for line, choices in enumerate(self.by_line):
            if problem.optional[line]:
                continue
            units = problem.quantity[line] - self._short.get(line, 0)
            inside = [
                (cost * units, node) for cost, node in choices if units and allowed >> node & 1
            ]
            if inside:
                lines.append(inside)
        lines.sort(key=len)
        return -(-(opened + rounding + dual_ascent(lines, room)) // _GRAMS_PER_KG)

    def _partial_lines(
        self,
        nodes: list[int],
        units: list[int],
        weight: list[int],
        volume: list[int],
        only: list[dict[int, list[int]]],
        cap: list[dict[int, int]],
    ) -> int:
        problem = self.problem
        short = {line: self.shortage(line, nodes) for line in self.partial}
        behind = sum(short.values())
        # Lines of one SKU share its stock, lines kept together one node. Of the two views the one
        # that leaves more behind is taken: only lines that are apart in it may be added up.
        views = [[(lines, self._sku_short(lines, nodes)) for lines in self.groups]]
        if self.homes:
            together = [[x for x in group if x in short] for group in self.homes]
            views.append([(lines, self._home_short(lines, nodes)) for lines in together if lines])
        best: list[tuple[list[int], int]] = []
        most = 0
        for view in views:
            more = sum(max(0, least - sum(short[x] for x in lines)) for lines, least in view)
            if more > most:
                best, most = view, more
        for lines, least in best:
            group_short = max(sum(short[x] for x in lines), least)
            for line in lines:
                short[line] = min(group_short, problem.quantity[line])
        behind += most
        for line in self.partial:
            must = problem.quantity[line] - short[line]
            if must <= 0:
                continue
            c, grams, cm3 = problem.line_class[line], self.grams[line], self.bulk[line]
            units[c] += must
            weight[c] += must * grams
            volume[c] += must * cm3
            have = problem.avail[line]
            able = sum(have[node] for node in nodes)
            for node in nodes:
                if have[node]:
                    cap[c][node] += have[node] * grams
                    alone = must - (able - have[node])
                    if alone > 0:
                        entry = only[c].setdefault(node, [0, 0])
                        entry[0] += alone * grams
                        entry[1] += alone * cm3
        self._short = short
        return behind

    def _sku_short(self, lines: list[int], nodes: list[int]) -> int:
        """Units of lines of one SKU that stay behind at least."""
        problem = self.problem
        stock = problem.group_stock[problem.group[lines[0]]]
        able = sum(min(stock[x], sum(problem.avail[line][x] for line in lines)) for x in nodes)
        return sum(problem.quantity[line] for line in lines) - able

    def _home_short(self, lines: list[int], nodes: list[int]) -> int:
        """Units of lines kept together that stay behind at least: those of the best one node."""
        return min(
            (sum(self.shortage(line, [node]) for line in lines) for node in nodes),
            default=sum(self.problem.quantity[line] for line in lines),
        )

    def _partial_units(self, nodes: list[int]) -> int:
        problem = self.problem
        cost = 0
        for line in self.partial:
            must = problem.quantity[line] - self._short[line]
            have, unit_cost = problem.avail[line], problem.node_unit[line]
            for node in sorted(nodes, key=unit_cost.__getitem__):
                if must <= 0:
                    break
                taken = min(must, have[node])
                cost += taken * unit_cost[node]
                must -= taken
        return cost

    def _class_bound(
        self,
        c: int,
        nodes: list[int],
        forced: int,
        ship: int,
        units: int,
        weight: int,
        volume: int,
        only: dict[int, list[int]],
        cap: dict[int, int],
    ) -> tuple[int, int, int, int]:
        """Bounds of one class: simple, with shares of unopened nodes, parcels, without shares."""
        problem = self.problem
        single = problem.class_count == 1
        places = [node for node in nodes if self.loads_at[node][c]]
        if not places or (not units and not (single and forced)):
            return 0, 0, 0, 0
        lifts = single and self.least_weight > 0
        base, per_kg = self.best_base, self.best_kg
        must: dict[int, list[int]] = dict(only)
        if single:
            for node in places:
                if forced >> node & 1 and node not in must:
                    must[node] = [0, 0]
        kg = -(-weight // 1000)
        if lifts and self.only_mandatory and units:
            kg = max(kg, ship)
        widest = [self.widest[node][c] for node in places]
        parcels = 0
        if units:
            parcels = max(
                1,
                -(-weight // max(limit[0] for limit in widest)),
                -(-volume // max(limit[1] for limit in widest)),
            )
        simple = envelope = sure_parcels = 0
        rest = kg
        sure: dict[int, int] = {}
        for node, (grams, cm3) in must.items():
            limit = self.widest[node][c]
            low = max(1, -(-grams // limit[0]), -(-cm3 // limit[1]))
            low_kg = -(-grams // 1000)
            if lifts and not low_kg:
                low_kg = 1
            sure[node] = low_kg
            sure_parcels += low
            simple += low * base[node][c] + low_kg * per_kg[node][c]
            envelope += self._load_least(node, c, low_kg)
            rest -= min(low_kg, -(-cap[node] // 1000)) if self.optional else low_kg
        if parcels > sure_parcels:
            simple += (parcels - sure_parcels) * min(base[node][c] for node in places)
        if rest > 0:
            left = rest
            for node in sorted(places, key=lambda x: (per_kg[x][c], x)):
                room = -(-cap[node] // 1000) - sure.get(node, 0)
                if room > 0:
                    taken = min(left, room)
                    simple += taken * per_kg[node][c]
                    left -= taken
                    if not left:
                        break
        if len(places) == 1:
            alone = self._one_node(places[0], c, max(kg, 0), parcels)
            return max(simple, alone), alone, max(parcels, sure_parcels), alone
        plain = envelope
        if rest > 0 or not must:
            rest = max(rest, 0)
            with_share: list[int] = []
            without: list[int] = []
            for node in places:
                if node in must:
                    step = rest * per_kg[node][c]
                    with_share.append(step)
                    without.append(step)
                else:
                    step = self._load_least(node, c, rest)
                    without.append(step)
                    share = 0 if forced >> node & 1 else problem.fixed[node] // problem.class_count
                    with_share.append(step + share)
            envelope += min(with_share)
            plain += min(without)
        return simple, envelope, max(parcels, sure_parcels), plain

    def _hull_bound(
        self,
        c: int,
        nodes: list[int],
        forced: int,
        weight: int,
        only: dict[int, list[int]],
        cap: dict[int, int],
    ) -> int:
        """A bound of one class that bills every service as it is; openings by the kilogram."""
        problem = self.problem
        single = problem.class_count == 1
        least_kg = 1 if single and self.least_weight > 0 else 0
        hulls: list[Hull] = []
        for node in nodes:
            if not self.loads_at[node][c]:
                continue
            # What forced nodes cost is paid already, in whichever class they ship.
            is_forced = forced >> node & 1
            sure = only.get(node)
            ships = sure is not None or (single and is_forced)
            start = 0 if sure is None else -(-sure[0] // _GRAMS_PER_KG)
            end = -(-cap[node] // _GRAMS_PER_KG)
            opening = 0 if is_forced else problem.fixed[node] // problem.class_count
            key = (node, c, start, end, opening, ships)
            if key not in self._hulls:
                self._hulls[key] = hull(
                    self.tariffs[node][c],
                    start,
                    end,
                    least_kg=least_kg if ships else 0,
                    opening=opening,
                    unused=not ships,
                )
            hulls.append(self._hulls[key])
        return least_total(hulls, -(-weight // _GRAMS_PER_KG)) if hulls else 0

    def _load_least(self, node: int, c: int, kg: int) -> int:
        """The least of base + kilograms × rate over the services of a place."""
        problem = self.problem
        return min(problem.load_base[x] + kg * problem.load_kg[x] for x in self.loads_at[node][c])

    def _one_node(self, node: int, c: int, kg: int, parcels: int) -> int:
        """The least bill of a class that goes from one node, over splits among its services."""
        problem = self.problem
        loads = self.loads_at[node][c]
        if len(loads) == 1:
            return max(1, parcels) * problem.load_base[loads[0]] + kg * problem.load_kg[loads[0]]
        if kg > _MOST_KG_FOR_EXACT_SERVICES:
            return self._load_least(node, c, kg)
        # best[x]: the least bill of x started kilograms over the services seen so far.
        best: list[int] | None = None
        for load in loads:
            limit, base, rate = (
                self.grams_limit[load],
                problem.load_base[load],
                problem.load_kg[load],
            )
            alone = [
                max(1, -(-max(0, x * 1000 - 999) // limit)) * base + x * rate for x in range(kg + 1)
            ]
            if best is None:
                best = alone
                continue
            merged = [min(a, b) for a, b in zip(best, alone, strict=True)]
            for x in range(2, kg + 1):
                merged[x] = min(merged[x], *(best[y] + alone[x - y] for y in range(1, x)))
            best = merged
        assert best is not None
        return best[kg]
