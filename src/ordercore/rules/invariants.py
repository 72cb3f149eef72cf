"""The laws of rules: their forms say one thing, and so do their answers."""

from __future__ import annotations

from collections.abc import Mapping

from ordercore.kernel import Invariant, Violation
from ordercore.rules.rule import Rule, parse
from ordercore.rules.trace import Evaluation
from ordercore.rules.vocabulary import Vocabulary

__all__ = ["INVARIANTS"]


def _text_reads_back(rule: Rule, text: str) -> Violation | None:
    read = parse(text, vocabulary=rule.vocabulary)
    if read != rule or read.to_text() != text:
        return Violation("INV-RULES-1", {"text": text, "read": read.to_text()})
    return None


def _json_reads_back(rule: Rule, data: object) -> Violation | None:
    read = Rule.from_json(data, vocabulary=rule.vocabulary)
    if read != rule or read.to_json() != data:
        return Violation("INV-RULES-2", {"rule": rule.to_text(), "read": read.to_text()})
    return None


def _trace_agrees(
    rule: Rule, facts: Mapping[str, object], evaluation: Evaluation
) -> Violation | None:
    if not rule.holds(facts) is evaluation.holds is evaluation.trace.result:
        return Violation("INV-RULES-3", {"rule": rule.to_text(), "holds": evaluation.holds})
    return None


def _as_interpreted(rule: Rule, facts: Mapping[str, object], answer: bool) -> Violation | None:
    if rule.holds(facts) is not answer:
        return Violation("INV-RULES-4", {"rule": rule.to_text(), "interpreted": answer})
    return None


def _vocabulary_reads_back(vocabulary: Vocabulary, data: object) -> Violation | None:
    read = Vocabulary.from_json(data)
    if read != vocabulary or read.to_json() != data:
        return Violation("INV-RULES-5", {"vocabulary": vocabulary.name, "read": read.name})
    return None


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "INV-RULES-1",
        "a rule and its text form",
        "The text form reads back to an equal rule, and an equal rule is written the same.",
        _text_reads_back,
    ),
    Invariant(
        "INV-RULES-2",
        "a rule and its JSON form",
        "The JSON form reads back to an equal rule, and an equal rule is written the same.",
        _json_reads_back,
    ),
    Invariant(
        "INV-RULES-3",
        "a rule, facts and the evaluation",
        "An evaluation, its trace and the plain answer say the same.",
        _trace_agrees,
    ),
    Invariant(
        "INV-RULES-4",
        "a rule, facts and what an interpreter of its expression answers",
        "A compiled rule answers what its expression means, taken node by node.",
        _as_interpreted,
    ),
    Invariant(
        "INV-RULES-5",
        "a vocabulary and its JSON form",
        "The JSON form of a vocabulary reads back to an equal one, and is written the same again.",
        _vocabulary_reads_back,
    ),
)
"""The laws of this package."""
