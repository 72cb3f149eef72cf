"""The operation manual of a machine: Markdown for the people who work by it.

It says of each state what it is, how long one may stay, and who may do what next with which
evidence; then the commands, the roles and the evidence, each with every place where it matters.
Nothing in it is written by hand except titles and notes, so it cannot fall behind the machine.
"""

from __future__ import annotations

from collections.abc import Iterable

from ordercore.kernel import FrozenMap
from ordercore.statemachine.graph import reading_order
from ordercore.statemachine.names import Titles
from ordercore.statemachine.parts import COMPLETE_STAGE
from ordercore.statemachine.phrases import Phrases
from ordercore.statemachine.spec import MachineSpec, State, Transition

__all__ = ["manual", "readable"]

_UNTITLED: Titles = FrozenMap()
_SPECIAL = frozenset("\\`*_{}[]<>()#+!|~$&")


def readable(name: str) -> str:
    """What a name is called where nobody gave it a title.

    Example:
        >>> readable("handed_over"), readable("customs.declaration_no"), readable("已交运")
        ('Handed over', 'Customs: declaration no', '已交运')
    """
    text = name.replace(".", ": ").replace("_", " ").replace("-", " ").strip() or name
    return text[:1].upper() + text[1:]


def manual(spec: MachineSpec, phrases: Phrases) -> str:
    """The manual in the language of the phrases; the same bytes for the same machine and phrases.

    Whatever has no title in that language is called by its id, made readable. A sound spec is
    expected.
    """
    return _Manual(spec, phrases).text()


def _plain(text: str) -> str:
    """Text in which Markdown sees no marks."""
    return "".join(f"\\{c}" if c in _SPECIAL else c for c in text)


class _Manual:
    def __init__(self, spec: MachineSpec, phrases: Phrases) -> None:
        self.spec = spec
        self.phrases = phrases
        self.states = {state.id: state for state in spec.states}
        # As one meets them, the ends last.
        self.order = sorted(reading_order(spec), key=lambda name: self.states[name].terminal)
        self.edges = sorted(
            spec.transitions,
            key=lambda edge: (self.order.index(edge.source), edge.command, edge.target),
        )

    def text(self) -> str:
        say = self.phrases.say
        ends = [self.state(name) for name in self.order if self.states[name].terminal]
        lines = [
            f"# {say('title', machine=self.word(self.spec.id), version=_plain(self.spec.version))}",
            "",
            say(
                "intro",
                initial=self.state(self.spec.initial),
                ends=self.phrases.listed(ends, "or"),
            ),
            "",
            f"## {say('states')}",
            "",
        ]
        for name in self.order:
            lines += self._chapter(self.states[name])
        lines += self._commands()
        lines += self._roles()
        lines += self._evidence()
        lines += self._positions()
        return "\n".join(lines).rstrip("\n") + "\n"

    # --- what things are called ---

    def word(self, name: str) -> str:
        """The title of a word of the machine."""
        titles = self.spec.words.get(name, _UNTITLED)
        return _plain(titles.get(self.phrases.language, readable(name)))

    def state(self, name: str) -> str:
        """The title of a state."""
        return _plain(self.states[name].titles.get(self.phrases.language, readable(name)))

    def command(self, edge: Transition) -> str:
        """The title of a command, in the state in which it is sent."""
        own = edge.titles.get(self.phrases.language)
        if own is not None:
            return _plain(own)
        if edge.command == COMPLETE_STAGE and not self._titled(COMPLETE_STAGE):
            return self.phrases.say("complete", state=self.state(edge.source))
        return self.word(edge.command)

    def _titled(self, word: str) -> bool:
        return self.phrases.language in self.spec.words.get(word, _UNTITLED)

    def _who(self, edge: Transition) -> str:
        if not edge.roles:
            return self.phrases.say("everyone")
        return self.phrases.listed(map(self.word, edge.roles), "or")

    def _needs(self, edge: Transition) -> str:
        if not edge.guards:
            return self.phrases.say("nothing")
        return self.phrases.listed(map(self.word, edge.guards))

    def _target(self, edge: Transition) -> str:
        stays = edge.target == edge.source
        return self.phrases.say("stays") if stays else self.state(edge.target)

    # --- the parts ---

    def _chapter(self, state: State) -> list[str]:
        say = self.phrases.say
        lines = [f"### {self.state(state.id)}", ""]
        note = state.notes.get(self.phrases.language)
        if note is not None:
            lines += [_plain(note), ""]
        facts = [say("begins")] if state.id == self.spec.initial else []
        if state.counts_as:
            facts.append(say("counts_as", position=self.word(state.counts_as)))
        if state.category:
            facts.append(say("of_category", category=self.word(state.category)))
        facts += self._limits(state)
        if state.terminal:
            facts.append(say("ends"))
        lines += [f"- {fact}" for fact in facts]
        if facts:
            lines.append("")
        edges = [edge for edge in self.edges if edge.source == state.id]
        if edges:
            rows = [(self.command(e), self._who(e), self._needs(e), self._target(e)) for e in edges]
            lines += [say("next"), ""]
            lines += self._table(("command", "who", "needs", "leads_to"), rows)
        for edge in edges:
            told = edge.notes.get(self.phrases.language)
            if told is not None:
                lines += [f"{self.command(edge)}{self.phrases.say('colon')}{_plain(told)}", ""]
        return lines

    def _limits(self, state: State) -> list[str]:
        lines = []
        for limit in state.time_limits:
            single = limit.name == "limit" and not self._titled("limit")
            name = self.phrases.say("limit_name") if single else self.word(limit.name)
            length = self.phrases.length(limit.after)
            lines.append(
                self.phrases.say(
                    "limit_by", name=name, length=length, calendar=self.word(state.calendar)
                )
                if state.calendar
                else self.phrases.say("limit", name=name, length=length)
            )
        return lines

    def _commands(self) -> list[str]:
        rows = [
            (self.command(e), self.state(e.source), self._target(e), self._who(e), self._needs(e))
            for e in sorted(self.edges, key=lambda edge: edge.command)
        ]
        head = ("command", "from_state", "leads_to", "who", "needs")
        return self._section("commands", head, rows)

    def _roles(self) -> list[str]:
        rows = []
        for role in self.spec.roles:
            may = [self._in_state(e) for e in self.edges if role in e.roles]
            rows.append((self.word(role), self.phrases.listed(may) or self.phrases.say("nothing")))
        return self._section("roles", ("role", "may"), rows)

    def _evidence(self) -> list[str]:
        rows = []
        for guard in self.spec.guards:
            asked = [self._in_state(e) for e in self.edges if guard in e.guards]
            by = self.phrases.listed(asked) or self.phrases.say("nobody")
            rows.append((self.word(guard), _plain(guard), by))
        return self._section("evidence", ("evidence", "name", "asked_by"), rows)

    def _positions(self) -> list[str]:
        rows = []
        for position in (*self.spec.positions, *self.spec.exits):
            here = [self.state(s) for s in self.order if self.states[s].counts_as == position]
            if position in self.spec.exits:
                here.append(self.phrases.say("leaves"))
            listed = self.phrases.texts["comma"].join(here)
            rows.append((self.word(position), listed or self.phrases.say("nothing")))
        return self._section("positions", ("position", "states"), rows)

    def _in_state(self, edge: Transition) -> str:
        state, command = self.state(edge.source), self.command(edge)
        return self.phrases.say("in_state", command=command, state=state)

    def _section(
        self, title: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]
    ) -> list[str]:
        listed = list(rows)
        if not listed:
            return []
        return [f"## {self.phrases.say(title)}", "", *self._table(head, listed)]

    def _table(self, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
        names = tuple(map(self.phrases.say, head))
        rule = ("---",) * len(head)
        return [*(f"| {' | '.join(row)} |" for row in (names, rule, *rows)), ""]
