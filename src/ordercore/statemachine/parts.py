"""Stages and gates: what an overlay puts into a machine."""

from __future__ import annotations

import attrs

from ordercore.kernel import FrozenMap, checked, problems
from ordercore.statemachine.json_reading import made
from ordercore.statemachine.limits import NamedLimit, TimeLimit
from ordercore.statemachine.names import (
    Titles,
    Words,
    by_language,
    by_word,
    check_name,
    check_names,
    check_words,
    exact,
    name_set,
)
from ordercore.statemachine.spec import State, limits_of

__all__ = ["COMPLETE_STAGE", "Gate", "Stage", "gate", "stage"]

COMPLETE_STAGE = "complete_stage"
"""The command that completes any added stage; the state in which it is sent says which."""


@attrs.frozen
@checked
class Stage:
    """A state put behind ``after``, on its way to one other state.

    Each edge from ``after`` to that other state leads to the stage instead, and ``completes`` leads
    on from there. Which edges: those to ``before``, those of the commands ``edges``, or, if neither
    is said, those that *advance*: they lead to another state that counts as a position of the
    machine's way, or, where the target counts as nothing, that is not terminal and never comes
    back. They must lead to one state; else the stage has to say ``before``.

    So no command of the old machine moves units elsewhere than before: the stage counts as what the
    state behind it counts as. With ``counts_as`` given, completing it moves the units.

    Args:
        id: The name of the new state.
        after: The state behind which it stands.
        before: The state that follows it.
        edges: The commands of ``after`` that lead to it.
        completes: The command that completes it, by default one for all stages.
        needs: The evidence that completing asks for.
        roles: Who may complete it; everyone, unless said.
        allows: Which other commands of ``after`` are possible in it too. By default those that
            leave the way: to a state that counts as one of the machine's exits, or, where the
            target counts as nothing, that is terminal.
        limit: How long one may stay in it.
        limits: Further limits, by name.
        calendar: By which calendar they run.
        category: As of the state that follows it, unless said.
        counts_as: As of the state that follows it, unless said.
        titles: What people call it, by language.
        notes: What a manual says about it, by language.
        words: What people call its evidence, roles and command, by language.

    Raises:
        InvalidBatch: what :class:`State` refuses; ``machine.name`` for every other name.

    Example:
        >>> from ordercore.kernel import WorkingHours
        >>> stage("customs", after="packed", limit=WorkingHours(24)).completes
        'complete_stage'
    """

    id: str = attrs.field(converter=exact)
    after: str = attrs.field(converter=exact, kw_only=True)
    before: str | None = attrs.field(
        default=None, converter=attrs.converters.optional(exact), kw_only=True
    )
    edges: tuple[str, ...] = attrs.field(default=(), converter=name_set, kw_only=True)
    completes: str = attrs.field(default=COMPLETE_STAGE, converter=exact, kw_only=True)
    needs: tuple[str, ...] = attrs.field(default=(), converter=name_set, kw_only=True)
    roles: tuple[str, ...] = attrs.field(default=(), converter=name_set, kw_only=True)
    allows: tuple[str, ...] | None = attrs.field(
        default=None, converter=attrs.converters.optional(name_set), kw_only=True
    )
    limit: TimeLimit | None = attrs.field(default=None, kw_only=True)
    limits: tuple[NamedLimit, ...] = attrs.field(default=(), converter=limits_of, kw_only=True)
    calendar: str = attrs.field(default="", converter=exact, kw_only=True)
    category: str | None = attrs.field(default=None, kw_only=True)
    counts_as: str | None = attrs.field(
        default=None, converter=attrs.converters.optional(exact), kw_only=True
    )
    titles: Titles = attrs.field(default=FrozenMap(), converter=by_language, kw_only=True)
    notes: Titles = attrs.field(default=FrozenMap(), converter=by_language, kw_only=True)
    words: Words = attrs.field(default=FrozenMap(), converter=by_word, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        made(lambda: self.state(State("next")), "", faults)
        for key in ("after", "before", "completes"):
            if (name := getattr(self, key)) is not None:
                check_name(name, key, faults)
        for key in ("edges", "needs", "roles", "allows"):
            check_names(getattr(self, key) or (), key, faults)
        check_words(self.words, "words", faults)
        faults.raise_if_any(f"stage {self.id}")

    def state(self, following: State) -> State:
        """The state that the stage is, in front of the one that follows it."""
        return State(
            self.id,
            category=following.category if self.category is None else self.category,
            counts_as=following.counts_as if self.counts_as is None else self.counts_as,
            limit=self.limit,
            limits=self.limits,
            calendar=self.calendar,
            titles=self.titles,
            notes=self.notes,
        )


@attrs.frozen
@checked
class Gate:
    """Evidence that a command asks for: guards added to each of its edges.

    Args:
        command: The command that is gated.
        needs: The names of the evidence, each a guard from then on.
        at: The states in which it is asked; wherever the command is known, unless said.
        words: What people call the evidence, by language.

    Raises:
        InvalidBatch: ``machine.name``; ``gate.needs`` where nothing is asked.

    Example:
        >>> gate("hand_over", needs=("tax.review", "customs.declaration_no")).needs
        ('customs.declaration_no', 'tax.review')
    """

    command: str = attrs.field(converter=exact)
    needs: tuple[str, ...] = attrs.field(converter=name_set, kw_only=True)
    at: tuple[str, ...] = attrs.field(default=(), converter=name_set, kw_only=True)
    words: Words = attrs.field(default=FrozenMap(), converter=by_word, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        check_name(self.command, "command", faults)
        check_names(self.needs, "needs", faults)
        check_names(self.at, "at", faults)
        check_words(self.words, "words", faults)
        if not self.needs:
            faults.add("gate.needs", "needs", self.needs, "the name of some evidence")
        faults.raise_if_any(f"gate {self.command}")


stage = Stage
gate = Gate
