"""What bounds measure lines by, where carriers bill volume or customs limit values."""

from __future__ import annotations

import attrs

from ordercore.allocation.problem import Problem

__all__ = ["Measures", "measures_of"]

_GRAMS_PER_KG = 1000


@attrs.frozen(eq=False)
class Measures:
    """By line what a unit counts with, by load what a parcel holds of it."""

    grams: list[int]
    grams_limit: list[int]
    bulk: list[int]
    bulk_limit: list[int]


def measures_of(problem: Problem) -> Measures:
    """What weight and volume are measured by in each class, where carriers look at more.

    Where every service of a class bills volume and there is more of it than of weight, each line
    counts with its volumetric grams; where every service limits the value of a parcel and that asks
    for more parcels than the volume, with its value. Either is a bound by itself.
    """
    if problem.plain:
        return Measures(problem.weight, problem.max_weight, problem.volume, problem.max_volume)
    grams, grams_limit = list(problem.weight), list(problem.max_weight)
    bulk, bulk_limit = list(problem.volume), list(problem.max_volume)
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
                    grams[line] = problem.volume[line] * _GRAMS_PER_KG // widest
                for x in loads:
                    grams_limit[x] = -(-problem.max_volume[x] * _GRAMS_PER_KG // widest)
        limits = [v for x in loads if (v := problem.max_value[x]) is not None]
        if loads and len(limits) == len(loads):
            room = max(problem.max_volume[x] for x in loads)
            if value * room > volume * max(limits):
                for line in lines:
                    bulk[line] = problem.value[line]
                for x, limit in zip(loads, limits, strict=True):
                    bulk_limit[x] = limit
    return Measures(grams, grams_limit, bulk, bulk_limit)
