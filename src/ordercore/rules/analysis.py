"""What can be said of rules before any facts are known: proofs that one never or always holds.

A proof looks at every way in which a condition could come true (each choice of an ``or``), and
finds in each of them two parts that cannot both hold: an empty range of numbers or texts, a fact
that is missing and compared, an item of a list that contradicts what all items are. What is proven
is certain; what is not proven may still be so, where it takes more than that to see it.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import count
from typing import Final, TypeAlias

import attrs
from pendulum import UTC

from ordercore.kernel import Instant, InvalidValue, as_tuple, elapsed_us, expect
from ordercore.rules.checker import Scope, type_of
from ordercore.rules.compiler import MIRRORED, condition
from ordercore.rules.expression import (
    AllOf,
    AnyOf,
    Arithmetic,
    BooleanLiteral,
    Compare,
    Comparison,
    Contains,
    Count,
    DecimalLiteral,
    Every,
    Expression,
    Field,
    Includes,
    InstantLiteral,
    IntegerLiteral,
    IsMissing,
    Membership,
    MoneyLiteral,
    Not,
    Operator,
    QuantityLiteral,
    Some,
    StartsWith,
    Sum,
    TextLiteral,
    Within,
    children,
    walk,
)
from ordercore.rules.facts import Frame
from ordercore.rules.facttype import FactKind
from ordercore.rules.ranges import Numbers, Texts
from ordercore.rules.rule import Rule

__all__ = ["always_holds", "excludes", "implies", "never_holds"]

_MOST_BRANCHES: Final = 1_000
_MOST_DEPTH: Final = 100
_DAWN: Final = Instant(1, 1, 1, tzinfo=UTC)
_OPPOSITE: Final = {
    Comparison.EQ: Comparison.NE,
    Comparison.NE: Comparison.EQ,
    Comparison.LT: Comparison.GE,
    Comparison.LE: Comparison.GT,
    Comparison.GT: Comparison.LE,
    Comparison.GE: Comparison.LT,
}
_TEXTUAL: Final = frozenset({FactKind.TEXT, FactKind.ENUM})
_WHOLE: Final = frozenset({FactKind.INTEGER, FactKind.MONEY})
_READING: Final = (Field, Count, Sum, Some, Every)

_Claim: TypeAlias = tuple[Expression, bool]
"""A condition, and whether it is to hold."""
_Sum: TypeAlias = tuple[dict[Expression, Fraction], Fraction]
"""Terms with their factors, and a constant."""


def never_holds(rule: Rule, *, given: Iterable[Rule] = ()) -> bool:
    """Whether no facts make the rule hold: proven where True.

    Args:
        rule: What is asked about.
        given: What holds of all facts that there will be; each is a rule.

    Raises:
        InvalidValue: ``rule.other_vocabulary`` where ``given`` speaks of other facts.

    Complexity: O(size of the rule) for each way through its ``or``, up to a limit of 1,000 ways.

    Example:
        >>> from ordercore.rules import INTEGER, Vocabulary, parse
        >>> words = Vocabulary("order", {"order.units": INTEGER})
        >>> never_holds(parse("order.units > 2 and order.units < 3", vocabulary=words))
        True
    """
    return _contradict([("rule", rule, True)], given)


def always_holds(rule: Rule, *, given: Iterable[Rule] = ()) -> bool:
    """Whether the rule holds for all facts that answer it: proven where True.

    Takes and raises what :func:`never_holds` does.

    Example:
        >>> from ordercore.rules import INTEGER, Vocabulary, parse
        >>> words = Vocabulary("order", {"order.units": INTEGER})
        >>> rule = parse("order.units >= 1 or order.units == 0", vocabulary=words)
        >>> positive = parse("order.units >= 0", vocabulary=words)
        >>> always_holds(rule), always_holds(rule, given=[positive])
        (False, True)
    """
    return _contradict([("rule", rule, False)], given)


def implies(rule: Rule, other: Rule, *, given: Iterable[Rule] = ()) -> bool:
    """Whether the other holds wherever the rule does and both are answered: proven where True.

    Takes and raises what :func:`never_holds` does.

    Example:
        >>> from ordercore.rules import MONEY, Vocabulary, parse
        >>> words = Vocabulary("order", {"order.total": MONEY})
        >>> rich = parse("order.total >= EUR(100)", vocabulary=words)
        >>> implies(rich, parse("order.total > EUR(50)", vocabulary=words))
        True
    """
    return _contradict([("rule", rule, True), ("other", other, False)], given)


def excludes(rule: Rule, other: Rule, *, given: Iterable[Rule] = ()) -> bool:
    """Whether no facts make both hold: proven where True.

    Takes and raises what :func:`never_holds` does.

    Example:
        >>> from ordercore.rules import TEXT, Vocabulary, parse
        >>> words = Vocabulary("order", {"order.channel": TEXT})
        >>> web = parse("order.channel == 'web'", vocabulary=words)
        >>> excludes(web, parse("order.channel in ('app', 'shop')", vocabulary=words))
        True
    """
    return _contradict([("rule", rule, True), ("other", other, True)], given)


def _contradict(rules: list[tuple[str, Rule, bool]], given: Iterable[Rule]) -> bool:
    known = expect(as_tuple(given), tuple, "given")
    rules += [(f"given[{n}]", rule, True) for n, rule in enumerate(known)]
    vocabulary = expect(rules[0][1], Rule, "rule").vocabulary
    claims: list[_Claim] = []
    for path, rule, wanted in rules:
        if expect(rule, Rule, path).vocabulary != vocabulary:
            name = rule.vocabulary.name
            raise InvalidValue("rule.other_vocabulary", path, name, vocabulary.name)
        claims.append((rule.expression, wanted))
    roots = frozenset(vocabulary.roots)
    return _Proof(roots).refutes(claims, Scope(vocabulary))


class _Proof:
    """One question, with the work that is left for it."""

    def __init__(self, roots: frozenset[str]) -> None:
        self.roots = roots
        self.left = _MOST_BRANCHES

    def refutes(self, claims: Iterable[_Claim], scope: Scope) -> bool:
        """Whether no facts meet all claims."""
        return self._branch(list(claims), _Known(self, scope), 0)

    def _branch(self, claims: list[_Claim], known: _Known, depth: int) -> bool:
        self.left -= 1
        if self.left < 0 or depth > _MOST_DEPTH:
            return False
        choices: list[list[_Claim]] = []
        while claims:
            node, wanted = claims.pop()
            match node:
                case Not(condition=inner):
                    claims.append((inner, not wanted))
                case AllOf(conditions=parts) | AnyOf(conditions=parts):
                    ways = [(part, wanted) for part in parts]
                    if wanted is (type(node) is AllOf):
                        claims += ways
                    else:
                        choices.append(ways)
                case Within() if node.start is not None or node.end is not None:
                    claims.append((_as_comparisons(node), wanted))
                case BooleanLiteral(value=value):
                    if value is not wanted:
                        return True
                case _:
                    if not known.note(node, wanted):
                        return True
        if known.contradicts():
            return True
        if not choices:
            return False
        ways, *rest = choices
        # What is still to be chosen stands as it was: an ``or`` that holds, an ``and`` that fails.
        later: list[_Claim] = [
            (AnyOf([node if wanted else Not(node) for node, wanted in each]), True) for each in rest
        ]
        return all(self._branch([*later, way], known.copy(), depth + 1) for way in ways)


class _Known:
    """What one way through the conditions says of the facts."""

    def __init__(self, proof: _Proof, scope: Scope) -> None:
        self.proof = proof
        self.scope = scope
        self._numbers: dict[object, Numbers] = {}
        self._texts: dict[Expression, Texts] = {}
        self._flags: dict[Expression, bool] = {}
        self._present: set[str] = set()
        self._absent: set[str] = set()
        self._some: dict[str, list[tuple[str, _Claim]]] = {}
        self._every: dict[str, list[tuple[str, _Claim]]] = {}

    def copy(self) -> _Known:
        other = _Known(self.proof, self.scope)
        other._numbers = {term: known.copy() for term, known in self._numbers.items()}
        other._texts = {term: known.copy() for term, known in self._texts.items()}
        other._flags = dict(self._flags)
        other._present, other._absent = set(self._present), set(self._absent)
        other._some = {source: [*claims] for source, claims in self._some.items()}
        other._every = {source: [*claims] for source, claims in self._every.items()}
        return other

    def note(self, node: Expression, wanted: bool) -> bool:
        """Take a claim in; False where it contradicts itself or what is known of its very node."""
        if isinstance(node, Compare) and isinstance(node.left, Field):
            value = _whole(node.right)
            if value is not None:
                # The commonest comparison, without fractions and walks.
                self._present.add(node.left.path)
                holds = node.comparison if wanted else _OPPOSITE[node.comparison]
                self._shaped(((node.left, 1),)).restrict(holds, value)
                return True
        if not any(isinstance(each, _READING) for _, each in walk(node)):
            return self._constant(node) is wanted
        self._read(node)
        match node:
            case Field():
                return self._flag(node, wanted)
            case Compare(left=left, comparison=comparison, right=right):
                return self._compare(left, comparison if wanted else _OPPOSITE[comparison], right)
            case Membership(item=item, choices=choices):
                if self._kind(item) in _TEXTUAL:
                    texts = [each.value for each in choices if isinstance(each, TextLiteral)]
                    known = self._text(item)
                    (known.one_of if wanted else known.none_of)(texts)
                else:
                    whole = [each.value for each in choices if isinstance(each, IntegerLiteral)]
                    self._one_of(item, whole, wanted=wanted)
            case Within():
                # A span without beginning and end.
                return wanted
            case StartsWith(text=text, prefix=TextLiteral(value=prefix)):
                self._text(text).begins(prefix, wanted=wanted)
            case Contains(text=text, part=TextLiteral(value=part)):
                self._text(text).contains(part, wanted=wanted)
            case Includes() | StartsWith() | Contains():
                return self._flag(node, wanted)
            case IsMissing(field=field):
                (self._absent if wanted else self._present).add(field.path)
            case Some(condition=inner, variable=name, source=source):
                self._item(source, (name, (inner, wanted)), some=wanted)
            case Every(condition=inner, variable=name, source=source):
                self._item(source, (name, (inner, wanted)), some=not wanted)
            case _:
                return self._flag(node, wanted)
        return True

    def contradicts(self) -> bool:
        """Whether no facts are as all that was noted says."""
        return (
            not self._absent.isdisjoint(self._present)
            or any(known.is_empty for known in self._numbers.values())
            or any(known.is_empty for known in self._texts.values())
            or any(self._no_such_item(source) for source in self._some)
        )

    def _no_such_item(self, source: str) -> bool:
        """Whether an item that there is cannot be as every item is."""
        record = self.scope.find(source)
        assert record is not None
        some, every = self._some[source], self._every.get(source, [])
        name = self._new_name([claim[0] for _, claim in (*some, *every)])
        inside = self.scope.with_(name, record)
        all_are = [_renamed(claim, called, name) for called, claim in every]
        return any(
            self.proof.refutes([*all_are, _renamed(claim, called, name)], inside)
            for called, claim in some
        )

    def _new_name(self, nodes: Iterable[Expression]) -> str:
        """A variable that means nothing yet, here and inside the conditions."""
        taken = {*self.proof.roots, *self.scope.variables}
        for node in nodes:
            taken |= {
                each.variable
                for _, each in walk(node)
                if isinstance(each, Some | Every | Count | Sum)
            }
        return next(name for n in count() if (name := f"item{n}") not in taken)

    def _item(self, source: Field, about: tuple[str, _Claim], *, some: bool) -> None:
        (self._some if some else self._every).setdefault(source.path, []).append(about)
        if some:
            self._compare(Count(source=source), Comparison.GE, IntegerLiteral(1))

    def _constant(self, node: Expression) -> bool | None:
        """The answer of what reads no facts; None where it has none."""
        try:
            return condition(node, Frame(self.scope))({})
        except InvalidValue:
            return None

    def _read(self, node: Expression) -> None:
        """Note which facts the answer needs, outside what is asked about items."""
        waiting = [node]
        while waiting:
            each = waiting.pop()
            if isinstance(each, Field):
                self._present.add(each.path)
            elif isinstance(each, Some | Every | Count | Sum):
                self._present.add(each.source.path)
            elif not isinstance(each, IsMissing | Not | AllOf | AnyOf):
                # Of those, some parts may never be asked.
                waiting += [inner for _, inner in children(each)]

    def _flag(self, node: Expression, wanted: bool) -> bool:
        return self._flags.setdefault(node, wanted) is wanted

    def _kind(self, node: Expression) -> FactKind:
        return type_of(node, self.scope).kind

    def _text(self, node: Expression) -> Texts:
        known = self._texts.get(node)
        if known is None:
            known = self._texts[node] = Texts(type_of(node, self.scope).choices or None)
        return known

    def _compare(self, left: Expression, comparison: Comparison, right: Expression) -> bool:
        kind = self._kind(left)
        if kind in _TEXTUAL:
            if isinstance(left, TextLiteral):
                left, right = right, left
            if not isinstance(right, TextLiteral):
                return self._flag(*_equality(left, comparison, right))
            known = self._text(left)
            (known.one_of if comparison is Comparison.EQ else known.none_of)([right.value])
            return True
        if kind is FactKind.BOOLEAN:
            if isinstance(left, BooleanLiteral):
                left, right = right, left
            if not isinstance(right, BooleanLiteral):
                return self._flag(*_equality(left, comparison, right))
            return self.note(left, right.value is (comparison is Comparison.EQ))
        terms, constant = _minus(_linear(left), _linear(right))
        return self._limit(terms, comparison, -constant)

    def _one_of(self, item: Expression, values: Iterable[int], *, wanted: bool) -> None:
        terms, constant = _linear(item)
        if not terms:
            return  # a term less itself
        known, factor = self._number(terms)
        moved = [(value - constant) / factor for value in values]
        (known.one_of if wanted else known.none_of)(moved)

    def _limit(
        self, terms: dict[Expression, Fraction], comparison: Comparison, value: Fraction
    ) -> bool:
        """``terms comparison value``; False where it can be seen at once not to be so."""
        if not terms:
            alone = Numbers(whole=False)
            alone.one_of([Fraction(0)])
            alone.restrict(comparison, value)
            return not alone.is_empty
        known, factor = self._number(terms)
        known.restrict(comparison if factor > 0 else MIRRORED[comparison], value / factor)
        return True

    def _number(self, terms: dict[Expression, Fraction]) -> tuple[Numbers, Fraction]:
        """What is known of a sum of terms, taken so that equal questions meet; and the factor."""
        ordered = sorted(terms.items(), key=repr)
        factor = ordered[0][1]
        return self._shaped(tuple([(term, times / factor) for term, times in ordered])), factor

    def _shaped(self, shape: tuple[tuple[Expression, int | Fraction], ...]) -> Numbers:
        """What is known of a sum whose first factor is one."""
        known = self._numbers.get(shape)
        if known is None:
            whole = all(self._is_whole(term) and times.denominator == 1 for term, times in shape)
            known = self._numbers[shape] = Numbers(whole=whole)
            if len(shape) == 1 and isinstance(shape[0][0], Count):
                known.restrict(Comparison.GE, 0)
        return known

    def _is_whole(self, term: Expression) -> bool:
        return isinstance(term, Count) or (isinstance(term, Field) and self._kind(term) in _WHOLE)


def _equality(
    left: Expression, comparison: Comparison, right: Expression
) -> tuple[Expression, bool]:
    """An equality or its denial as one condition, whichever side stands first."""
    one, other = sorted((left, right), key=repr)
    return Compare(one, Comparison.EQ, other), comparison is Comparison.EQ


def _as_comparisons(node: Within) -> Expression:
    """A span of time as what it says of its ends, of which it has one at least."""
    bounds = [(Comparison.GE, node.start), (Comparison.LT, node.end)]
    parts = [
        Compare(node.at, comparison, InstantLiteral(moment))
        for comparison, moment in bounds
        if moment is not None
    ]
    return parts[0] if len(parts) == 1 else AllOf(parts)


def _whole(node: Expression) -> int | None:
    match node:
        case IntegerLiteral(value=value):
            return value
        case MoneyLiteral(value=money):
            return money.minor
        case _:
            return None


def _linear(node: Expression) -> _Sum:
    """A number as a sum of terms with factors; what is no such sum is one term of its own."""
    match node:
        case IntegerLiteral(value=value) | DecimalLiteral(value=value):
            return {}, Fraction(value)
        case MoneyLiteral(value=money):
            return {}, Fraction(money.minor)
        case QuantityLiteral(value=quantity):
            return {}, Fraction(quantity.size)
        case InstantLiteral(value=moment):
            return {}, Fraction(elapsed_us(_DAWN, moment))
        case Arithmetic(left=left, operator=Operator.MUL, right=right):
            one, other = _linear(left), _linear(right)
            if not one[0]:
                return _times(other, one[1])
            if not other[0]:
                return _times(one, other[1])
            return {node: Fraction(1)}, Fraction(0)
        case Arithmetic(left=left, operator=operator, right=right):
            sign = 1 if operator is Operator.ADD else -1
            return _plus(_linear(left), _times(_linear(right), Fraction(sign)))
        case _:
            return {node: Fraction(1)}, Fraction(0)


def _plus(one: _Sum, other: _Sum) -> _Sum:
    terms = dict(one[0])
    for term, times in other[0].items():
        terms[term] = terms.get(term, Fraction(0)) + times
    return {term: times for term, times in terms.items() if times}, one[1] + other[1]


def _times(one: _Sum, factor: Fraction) -> _Sum:
    if not factor:
        return {}, Fraction(0)
    return {term: times * factor for term, times in one[0].items()}, one[1] * factor


def _minus(one: _Sum, other: _Sum) -> _Sum:
    return _plus(one, _times(other, Fraction(-1)))


def _renamed(claim: _Claim, called: str, name: str) -> _Claim:
    return _with_name(claim[0], called, name), claim[1]


def _with_name(node: Expression, called: str, name: str) -> Expression:
    """The expression with a variable under another name."""
    if isinstance(node, Field):
        root, dot, rest = node.path.partition(".")
        return Field(f"{name}{dot}{rest}") if root == called else node
    changes: dict[str, object] = {}
    for field in attrs.fields(type(node)):
        inner = getattr(node, field.name)
        if isinstance(inner, tuple):
            changes[field.name] = tuple(_with_name(each, called, name) for each in inner)
        elif attrs.has(type(inner)) and isinstance(inner, Expression):
            changes[field.name] = _with_name(inner, called, name)
    return attrs.evolve(node, **changes) if changes else node  # type: ignore[arg-type]
