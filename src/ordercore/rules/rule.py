"""A rule: a checked condition over a vocabulary, compiled once."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ordercore.kernel import Finding, InvalidDefinition, InvalidValue, Severity, checked, expect
from ordercore.rules.checker import Scope, check
from ordercore.rules.compiler import Test, condition
from ordercore.rules.expression import Count, Every, Expression, Field, Some, Sum, children
from ordercore.rules.facts import Frame
from ordercore.rules.json_form import read_json, write_json
from ordercore.rules.reader import read_text
from ordercore.rules.text_form import write
from ordercore.rules.trace import Evaluation, tracer
from ordercore.rules.vocabulary import Vocabulary

__all__ = ["Rule", "parse"]


def _vocabulary_name(vocabulary: Vocabulary) -> str:
    return vocabulary.name


@attrs.frozen
@checked
class Rule:
    """A condition that business people can read, and its compiled form.

    Two rules are equal when their expressions are and their vocabularies have the same name. The
    compiled form takes no part in equality, encoding or pickling.

    Raises:
        InvalidDefinition: every unknown name, wrong type and exceeded limit; ``path`` is the place
            in the expression.

    Example:
        >>> from ordercore.kernel import Money
        >>> from ordercore.rules import MONEY, TEXT, Vocabulary, parse
        >>> words = Vocabulary("order", {"order.total": MONEY, "customer.rating": TEXT})
        >>> rule = parse("order.total > CNY(500) and customer.rating == 'A'", vocabulary=words)
        >>> rule.holds({"order": {"total": Money.of(600, "CNY")}, "customer": {"rating": "A"}})
        True
        >>> rule.fields
        ('customer.rating', 'order.total')
    """

    expression: Expression
    vocabulary: Vocabulary = attrs.field(eq=_vocabulary_name)
    _test: Test = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if type(self.vocabulary) is not Vocabulary:
            raise InvalidValue("rule.vocabulary", "vocabulary", self.vocabulary, "a Vocabulary")
        faults = check(self.expression, self.vocabulary)
        if faults:
            findings = (
                Finding(each.code, Severity.ERROR, each.path, each.message, each.value)
                for each in faults
            )
            raise InvalidDefinition("rule", tuple(findings))
        frame = Frame(Scope(self.vocabulary))
        object.__setattr__(self, "_test", condition(self.expression, frame))

    def __reduce__(self) -> tuple[type[Rule], tuple[Expression, Vocabulary]]:
        return type(self), (self.expression, self.vocabulary)

    def holds(self, facts: Mapping[str, object]) -> bool:
        """Whether the rule holds for these facts.

        ``facts`` maps each root to a mapping or an object with attributes. ``and``, ``or``, ``any``
        and ``all`` ask from the left and stop when the answer is certain; what is not asked may be
        missing.

        Raises:
            InvalidValue: ``fact.missing`` (absent or None), ``fact.wrong_type``,
                ``fact.unknown_choice``, ``fact.out_of_range``, ``fact.currency_mismatch`` or
                ``fact.dimension_mismatch``, with the path of the fact; ``fact.roots`` when
                ``facts`` is no mapping.
        """
        if type(facts) is not dict:
            _require_mapping(facts)
        return self._test(facts)

    def evaluate(self, facts: Mapping[str, object]) -> Evaluation:
        """The answer with the tree that explains it; slower, for people and for distances.

        Raises:
            InvalidValue: exactly where :meth:`holds` does.
        """
        _require_mapping(facts)
        trace = tracer(self.expression, Frame(Scope(self.vocabulary)))(facts, True)
        assert trace.result is not None
        return Evaluation(trace.result, trace)

    @property
    def fields(self) -> tuple[str, ...]:
        """Every path the rule reads, sorted; a list's own fields as ``order.lines[].quantity``."""
        found: set[str] = set()
        waiting: list[tuple[Expression, dict[str, str]]] = [(self.expression, {})]
        while waiting:
            node, variables = waiting.pop()
            if isinstance(node, Field):
                found.add(_full(node, variables))
            inside = variables
            if isinstance(node, Some | Every | Count | Sum):
                source = _full(node.source, variables)
                inside = {**variables, node.variable: f"{source}[]"}
                waiting.append((node.source, variables))
            waiting += [(inner, inside) for name, inner in children(node) if name != "source"]
        return tuple(sorted(found))

    def to_text(self) -> str:
        """The text form; ``parse`` reads it back to an equal rule.

        Example:
            >>> from ordercore.rules import INTEGER, Vocabulary, parse
            >>> words = Vocabulary("order", {"order.units": INTEGER})
            >>> parse("not(order.units>=3)", vocabulary=words).to_text()
            'not order.units >= 3'
        """
        return write(self.expression)

    def to_json(self) -> dict[str, object]:
        """The JSON form; :meth:`from_json` reads it back to an equal rule.

        Example:
            >>> from ordercore.rules import BOOLEAN, Vocabulary, parse
            >>> parse("order.gift", vocabulary=Vocabulary("o", {"order.gift": BOOLEAN})).to_json()
            {'vocabulary': 'o', 'expression': {'is': 'field', 'path': 'order.gift'}}
        """
        return {"vocabulary": self.vocabulary.name, "expression": write_json(self.expression)}

    @classmethod
    def from_json(cls, data: object, *, vocabulary: Vocabulary) -> Rule:
        """The rule that :meth:`to_json` wrote.

        Raises:
            InvalidValue: ``rule.shape`` when ``data`` is no such object, ``rule.other_vocabulary``
                when it was written for another vocabulary.
            InvalidDefinition: every finding, ``path`` is the place in the expression's data.
        """
        if not isinstance(data, Mapping) or set(data) != {"vocabulary", "expression"}:
            expected = "an object with vocabulary and expression"
            raise InvalidValue("rule.shape", "", data, expected)
        if data["vocabulary"] != vocabulary.name:
            name = data["vocabulary"]
            raise InvalidValue("rule.other_vocabulary", "vocabulary", name, vocabulary.name)
        return cls(read_json(data["expression"], vocabulary), vocabulary)

    def __str__(self) -> str:
        return self.to_text()


def _full(field: Field, variables: Mapping[str, str]) -> str:
    root, dot, rest = field.path.partition(".")
    return variables.get(root, root) + dot + rest


def _require_mapping(facts: object) -> None:
    if not isinstance(facts, Mapping):
        raise InvalidValue("fact.roots", "facts", facts, "a mapping from roots to facts")


def parse(text: str, *, vocabulary: Vocabulary) -> Rule:
    """The rule that a text writes down.

    Amounts are major units and read from the characters: ``CNY(0.1)`` is ten fen, exactly. The text
    is bounded in length, digits and nesting before it is parsed.

    Raises:
        InvalidDefinition: every finding; ``path`` is ``line:column``, the message ends with the
            line and a caret under the place.

    Example:
        >>> from ordercore.kernel import InvalidDefinition
        >>> from ordercore.rules import MONEY, Vocabulary
        >>> words = Vocabulary("order", {"order.total": MONEY})
        >>> try:
        ...     parse("order.totl > CNY(5)", vocabulary=words)
        ... except InvalidDefinition as error:
        ...     print(error.findings[0].path, error.findings[0].message, sep=": ")
        1:1: no fact 'order.totl'; did you mean 'order.total'?
        order.totl > CNY(5)
        ^
    """
    expect(vocabulary, Vocabulary, "vocabulary")
    return Rule(read_text(text, vocabulary), vocabulary)
