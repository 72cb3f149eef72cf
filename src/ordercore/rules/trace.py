"""Why a rule holds or not: every condition with its operands, its result, and its distance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any, TypeAlias

import attrs

from ordercore.kernel import (
    Instant,
    InvalidValue,
    Money,
    Quantity,
    checked,
    instant_at,
)
from ordercore.rules.checker import type_of
from ordercore.rules.compiler import MIRRORED, Amount, amount, condition, entering, value
from ordercore.rules.expression import (
    AllOf,
    AnyOf,
    BooleanLiteral,
    Compare,
    Comparison,
    Every,
    Expression,
    Field,
    Literal,
    Membership,
    Not,
    Some,
    children,
)
from ordercore.rules.facts import Frame, Getter, getter, items_of, located
from ordercore.rules.facttype import FactKind
from ordercore.rules.text_form import write

__all__ = ["Condition", "Evaluation", "Missing", "Operand", "Tracer", "tracer"]

Number: TypeAlias = int | Decimal | Fraction
Shown: TypeAlias = Money | Quantity | Number | str | bool | Instant | tuple[str, ...] | None
Tracer: TypeAlias = "Callable[[Any, bool], Condition]"

_NUMBERS = frozenset({FactKind.INTEGER, FactKind.DECIMAL})
_AMOUNTS = frozenset({FactKind.MONEY, FactKind.QUANTITY})
_STRICT = frozenset({Comparison.LT, Comparison.GT})


def _as_shown(value: Shown) -> Shown:
    return instant_at(value, "value") if isinstance(value, datetime) else value


@attrs.frozen
@checked
class Operand:
    """One side of a condition: its text and what it was. None: the fact is missing.

    A set of text is a sorted tuple, a list its length; an amount between two minor units or steps
    is text, as it is no amount that could be paid or shipped.
    """

    text: str
    value: Shown = attrs.field(converter=_as_shown)


@attrs.frozen(kw_only=True)
@checked
class Missing:
    """How far a comparison is from holding.

    ``have`` must become ``need``: grow by ``short`` when ``more``, else shrink by it. When
    ``strict``, ``need`` itself is not enough yet: it has to be passed. Of amounts, ``short`` is
    rounded up to a whole minor unit or step, ``have`` and ``need`` away from each other.

    Example:
        >>> from ordercore.rules import MONEY, Vocabulary, parse
        >>> words = Vocabulary("order", {"order.total": MONEY})
        >>> rule = parse("order.total >= CNY(500)", vocabulary=words)
        >>> facts = {"order": {"total": Money.of("315.90", "CNY")}}
        >>> str(rule.evaluate(facts).trace.missing.short)
        'CNY 184.10'
    """

    have: Money | Quantity | Number
    need: Money | Quantity | Number
    short: Money | Quantity | Number
    more: bool = True
    strict: bool = False


@attrs.frozen(kw_only=True)
@checked
class Condition:
    """One condition of a rule as it was found.

    ``needed`` says whether the rule's answer asked for it: what stands after a decided ``and``,
    ``or``, ``any`` or ``all`` is looked at too, but not needed. There, a fault of the facts does
    not raise: ``result`` is None and ``problem`` the fault's code. ``place`` is the list item that
    was asked about.
    """

    text: str
    result: bool | None
    needed: bool = True
    operands: tuple[Operand, ...] = ()
    missing: Missing | None = None
    parts: tuple[Condition, ...] = ()
    place: str = ""
    problem: str = ""

    def describe(self, indent: str = "") -> str:
        """The condition and its parts as lines of text, one level deeper each.

        Example:
            >>> print(Condition(text="order.gift", result=False).describe())
            no   order.gift
        """
        answer = {True: "yes", False: "no ", None: "?  "}[self.result]
        place = f"{self.place}: " if self.place else ""
        known = ", ".join(f"{each.text} = {each.value}" for each in self.operands)
        line = f"{indent}{answer}  {place}{self.text}" + (f"  [{known}]" if known else "")
        line += f"  ({self.problem})" if self.problem else ""
        line += "" if self.needed else "  (not needed)"
        return "\n".join((line, *(part.describe(f"{indent}  ") for part in self.parts)))


@attrs.frozen
@checked
class Evaluation:
    """A rule's answer and the tree that explains it; ``holds`` is what ``rule.holds`` says."""

    holds: bool
    trace: Condition


def tracer(node: Expression, frame: Frame) -> Tracer:
    """A function from an environment, and whether the answer is needed, to the condition."""
    match node:
        case AllOf() | AnyOf():
            return _joined(node, frame)
        case Not():
            return _negated(node, frame)
        case Some() | Every():
            return _question(node, frame)
        case _:
            return _leaf(node, frame)


def _joined(node: AllOf | AnyOf, frame: Frame) -> Tracer:
    text, decisive = write(node), isinstance(node, AnyOf)
    tracers = [tracer(each, frame) for each in node.conditions]

    def joined(env: object, needed: bool) -> Condition:
        parts: list[Condition] = []
        open_, result = True, _Running(decisive)
        for trace in tracers:
            part = trace(env, needed and open_)
            open_ = result.take(part) and open_
            parts.append(part)
        return Condition(text=text, result=result.answer, needed=needed, parts=tuple(parts))

    return joined


class _Running:
    """The answer of ``and`` (decided by False) or ``or`` (by True), part after part from the left.

    A part without a result ends the asking: what comes later could not be reached either.
    """

    def __init__(self, decisive: bool) -> None:
        self.decisive = decisive
        self.answer: bool | None = not decisive
        self.open = True

    def take(self, part: Condition) -> bool:
        if self.open and part.result is not (not self.decisive):
            self.answer = part.result
            self.open = False
        return self.open


def _negated(node: Not, frame: Frame) -> Tracer:
    text, inner = write(node), tracer(node.condition, frame)

    def negated(env: object, needed: bool) -> Condition:
        part = inner(env, needed)
        result = None if part.result is None else not part.result
        return Condition(text=text, result=result, needed=needed, parts=(part,))

    return negated


def _question(node: Some | Every, frame: Frame) -> Tracer:
    text, decisive = write(node), isinstance(node, Some)
    path, variable = node.source.path, node.variable
    items = items_of(path, frame)
    inside, enter = entering(node, (node.condition,), frame)
    inner = tracer(node.condition, inside)

    def question(env: object, needed: bool) -> Condition:
        try:
            found = items(env)
        except InvalidValue as error:
            if needed:
                raise
            return Condition(text=text, result=None, needed=False, problem=error.code)
        parts: list[Condition] = []
        open_, result = True, _Running(decisive)
        for i, item in enumerate(found):
            try:
                part = inner(enter(env, item), needed and open_)
            except InvalidValue as error:
                raise located(error, variable, path, found, item) from None
            open_ = result.take(part) and open_
            parts.append(attrs.evolve(part, place=f"{path}[{i}]"))
        return Condition(text=text, result=result.answer, needed=needed, parts=tuple(parts))

    return question


def _leaf(node: Expression, frame: Frame) -> Tracer:
    text, test = write(node), condition(node, frame)
    shown = _operands(node, frame)
    distance = _distance(node, frame) if isinstance(node, Compare) else None

    def leaf(env: object, needed: bool) -> Condition:
        try:
            result = test(env)
            operands = tuple(Operand(name, get(env)) for name, get in shown)
        except InvalidValue as error:
            if needed:
                raise
            return Condition(text=text, result=None, needed=False, problem=error.code)
        missing = distance(env) if distance is not None and not result else None
        return Condition(
            text=text, result=result, needed=needed, operands=operands, missing=missing
        )

    return leaf


# --- operands ----------------------------------------------------------------------------------


def _operands(node: Expression, frame: Frame) -> list[tuple[str, Getter]]:
    if isinstance(node, Field | BooleanLiteral):
        inside: tuple[Expression, ...] = (node,)
    elif isinstance(node, Membership):
        inside = (node.item,)
    else:
        inside = tuple(inner for _, inner in children(node))
    return [(write(each), _shown(each, frame)) for each in inside if not isinstance(each, Literal)]


def _shown(node: Expression, frame: Frame) -> Getter:
    if isinstance(node, Field):
        get = getter(node.path, frame)
        return lambda env: _plain(get(env))
    if type_of(node, frame.scope).kind in _AMOUNTS:
        known = amount(node, frame)
        return lambda env: _shown_amount(known(env))
    computed = value(node, frame)
    return lambda env: _number(computed(env))


def _plain(found: object) -> object:
    """A fact as it may stand in a trace; only the kinds that a vocabulary knows come here."""
    if isinstance(found, frozenset | set | tuple | list):
        texts = [str(each) for each in found if isinstance(each, str)]
        return tuple(sorted(texts)) if len(texts) == len(found) else len(found)
    return found


def _number(found: Number) -> Number:
    """A fraction as the decimal it is, where it is one; exact, whatever the decimal context."""
    if type(found) is not Fraction:
        return found
    digits, rest = 0, found.denominator
    while rest % 10 == 0:
        digits, rest = digits + 1, rest // 10
    while rest % 2 == 0:
        digits, rest = digits + 1, rest // 2
    while rest % 5 == 0:
        digits, rest = digits + 1, rest // 5
    if rest != 1:
        return found
    scaled = found.numerator * 10**digits // found.denominator
    return Decimal(f"{scaled}E-{digits}")


def _shown_amount(found: Amount) -> Money | Quantity | str | int:
    number, of, unit = found
    if of is None:
        return 0
    steps = Fraction(number) if unit is None else number / unit.step
    if steps.denominator == 1:
        return _whole(steps.numerator, found)
    return f"{steps} of {_whole(1, found)}"


def _whole(steps: int, like: Amount) -> Money | Quantity:
    _, of, unit = like
    assert of is not None
    return Money(steps, of) if unit is None else Quantity(steps, unit)


# --- distances ---------------------------------------------------------------------------------


def _distance(node: Compare, frame: Frame) -> Callable[[Any], Missing | None] | None:
    """How far a comparison that does not hold is from holding; None where that has no measure."""
    kind = type_of(node.left, frame.scope).kind
    if kind not in _NUMBERS | _AMOUNTS or node.comparison is Comparison.NE:
        return None
    comparison: Comparison = node.comparison
    left, right = node.left, node.right
    if isinstance(left, Literal) and not isinstance(right, Literal):
        left, comparison, right = right, MIRRORED[comparison], left
    if kind in _AMOUNTS:
        have, need = amount(left, frame), amount(right, frame)
        return lambda env: _short_amount(have(env), comparison, need(env))
    first, second = value(left, frame), value(right, frame)
    return lambda env: _short_number(first(env), comparison, second(env))


def _more(have: int | Fraction, comparison: Comparison, need: int | Fraction) -> bool:
    """Whether ``have`` has to grow: an order says so itself, an equality by where it stands."""
    if comparison is Comparison.EQ:
        return have < need
    return comparison in {Comparison.GT, Comparison.GE}


def _short_number(have: int | Fraction, comparison: Comparison, need: int | Fraction) -> Missing:
    return Missing(
        have=_number(have),
        need=_number(need),
        short=_number(need - have if have < need else have - need),
        more=_more(have, comparison, need),
        strict=comparison in _STRICT,
    )


def _short_amount(have: Amount, comparison: Comparison, need: Amount) -> Missing:
    like = have if need[1] is None else need
    if like[1] is None:
        return _short_number(0, comparison, 0)
    step = Fraction(1) if like[2] is None else like[2].step
    more = _more(have[0], comparison, need[0])
    known, wanted = have[0] / step, need[0] / step
    return Missing(
        have=_whole(floor(known) if more else ceil(known), like),
        need=_whole(ceil(wanted) if more else floor(wanted), like),
        short=_whole(ceil(abs(wanted - known)), like),
        more=more,
        strict=comparison in _STRICT,
    )
