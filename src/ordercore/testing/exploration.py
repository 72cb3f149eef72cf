"""What a search found: counts, what cut it, and a fault with its path as a test to paste."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import Enum
from importlib import import_module
from typing import Generic, Protocol, TypeVar, cast

import attrs

from ordercore.kernel import Command, Context, FrozenMap, instant, to_text

__all__ = ["Exploration", "ExplorationFault", "Source"]

C = TypeVar("C", bound=Command)


def _path(given: Iterable[tuple[C, Context]]) -> tuple[tuple[C, Context], ...]:
    return tuple(given)


@attrs.frozen(kw_only=True)
class ExplorationFault(Generic[C]):
    """What is wrong, and a shortest path to it: messages, each with its context.

    ``code`` is one of

    - ``invariant``: the last message leads to a state that breaks ``law``;
    - ``raised``: the last message, or evolving what it was answered with, raises ``law``;
    - ``effect.repeated``: an effect comes twice on the path under the id ``law``;
    - ``repeat.taken_anew``, ``repeat.refused``: after the last message, the message of the path
      of the class ``law`` is not answered as a repeat;
    - ``replay.differs``: the path's events, replayed, give another state;
    - ``refusal.no_way_out``: the last message is refused for ``law``, which is not final and says
      not what would help;
    - ``decide.changed_state``: deciding in the state at the end of the path has changed it.
    """

    code: str
    law: str = ""
    shown: str = ""
    path: tuple[tuple[C, Context], ...] = attrs.field(converter=_path)

    @property
    def messages(self) -> tuple[C, ...]:
        """The messages of the path, in their order."""
        return tuple(message for message, _ in self.path)

    def __str__(self) -> str:
        names = " → ".join(type(message).__name__ for message in self.messages)
        what = ": ".join(filter(None, (self.code, self.law, self.shown)))
        return f"{what} after {len(self.path)} messages: {names}"

    def scenario(self, decider: str = "decider", invariants: str = "INVARIANTS") -> str:
        """The path as the text of a test, which fails until the fault is gone.

        Args:
            decider: What the test's module calls the aggregate.
            invariants: What it calls its laws; needed for the code ``invariant`` only.

        Example:
            >>> from ordercore.orders import CancelOrder
            >>> web = Context(now="2026-11-11T00:00:00Z", actor="web")
            >>> cancel = CancelOrder("o-1", command_id="c-1")
            >>> print(ExplorationFault(code="raised", path=[(cancel, web)]).scenario("orders"))
            from ordercore.kernel import Context, fold
            from ordercore.orders import CancelOrder
            from ordercore.testing import given_in
            <BLANKLINE>
            <BLANKLINE>
            def test_raised():
                at = Context(now="2026-11-11T00:00:00Z", actor="web")
                way = [
                    (CancelOrder(order_id="o-1", command_id="c-1"), at),
                ]
                told, asked = (), []
                for message, context in way:
                    answered = given_in(orders, *told).when(message, context)
                    told += answered.events
                    asked += [effect.effect_id for effect in answered.answer.effects]
                state = fold(orders, told)
        """
        source = Source()
        source.imports("ordercore.kernel", "fold")
        source.imports("ordercore.testing", "given_in")
        contexts = list(dict.fromkeys(context for _, context in self.path))
        names = {
            context: "at" if len(contexts) == 1 else f"at_{number}"
            for number, context in enumerate(contexts, 1)
        }
        lines = [f"{names[context]} = {source.of(context)}" for context in contexts]
        steps = [f"({source.of(message)}, {names[context]})" for message, context in self.path]
        refused = steps.pop() if self.code == "refusal.no_way_out" else ""
        lines += [
            "way = [",
            *(f"    {step}," for step in steps),
            "]",
            "told, asked = (), []",
            "for message, context in way:",
            f"    answered = given_in({decider}, *told).when(message, context)",
            "    told += answered.events",
            "    asked += [effect.effect_id for effect in answered.answer.effects]",
            f"state = fold({decider}, told)" if steps else "state = None",
        ]
        match self.code:
            case "invariant":
                broken = f"law.invariant_id for law in {invariants} if not law.holds(state)"
                lines.append(f"assert [{broken}] == []")
            case "effect.repeated":
                lines.append("assert len(asked) == len(set(asked))")
            case "repeat.taken_anew" | "repeat.refused":
                lines.append(f"again = [{decider}.decide(state, *step) for step in way]")
                lines.append("assert all(answer and answer.repeated for answer in again)")
            case "replay.differs":
                lines += [
                    "one_by_one = None",
                    "for event in told:",
                    f"    one_by_one = {decider}.evolve(one_by_one, event)",
                    "assert state == one_by_one",
                ]
            case "refusal.no_way_out":
                lines += [
                    f"refused = {decider}.decide(state, *{refused})",
                    "assert all(r.final or r.remedy or r.obtain for r in refused.reasons)",
                ]
            case _:
                pass
        name = re.sub(r"\W+", "_", f"test_{self.code}_{self.law}".lower()).strip("_")
        body = "\n".join(f"    {line}" for line in lines)
        return f"{source.heading()}\n\n\ndef {name}():\n{body}"


def _counts(given: Mapping[str, int]) -> FrozenMap[str, int]:
    return FrozenMap.of(given)


@attrs.frozen(kw_only=True)
class Exploration(Generic[C]):
    """What a search saw.

    ``states`` counts those after the first event; ``edges`` the messages that were accepted;
    ``repeats`` those that were answered as repeats; ``refusals`` the reasons by code. ``depth``
    is the length of the longest shortest path to a state. ``cut_by`` is the bound that ended the
    search, ``"depth"`` or ``"states"``, or None when it saw everything.

    Example:
        >>> Exploration(states=10_000, edges=30_000, depth=9, took_ms=1_600).states_a_second
        6250
    """

    states: int
    edges: int
    depth: int
    repeats: int = 0
    refusals: FrozenMap[str, int] = attrs.field(factory=FrozenMap, converter=_counts)
    cut_by: str | None = None
    took_ms: int | None = None
    fault: ExplorationFault[C] | None = None

    @property
    def states_a_second(self) -> int | None:
        """States visited in a second by the clock that the search was given."""
        return self.states * 1000 // self.took_ms if self.took_ms else None

    def __str__(self) -> str:
        rate = "" if self.states_a_second is None else f", {self.states_a_second} states a second"
        end = "complete" if self.cut_by is None else f"cut by {self.cut_by}"
        told = [
            f"{self.states} states, {self.edges} edges, depth {self.depth}, {end}{rate}",
            *(f"  refused {count} × {code}" for code, count in self.refusals.items()),
        ]
        if self.fault is not None:
            told.append(f"FAULT {self.fault}")
        return "\n".join(told)


class Source:
    """Values as the Python text that makes them, and the imports that the text needs.

    Example:
        >>> from ordercore.kernel import Money
        >>> source = Source()
        >>> source.of({"due": Money(500, "CNY")})
        '{"due": Money(minor=500, currency="CNY")}'
        >>> source.heading()
        'from ordercore.kernel import Money'
    """

    def __init__(self) -> None:
        self.names: dict[str, set[str]] = {}

    def imports(self, module: str, name: str) -> None:
        """Note a name that the text uses."""
        self.names.setdefault(module, set()).add(name)

    def heading(self) -> str:
        """The import statements, sorted."""
        return "\n".join(
            f"from {module} import {', '.join(sorted(self.names[module]))}"
            for module in sorted(self.names)
        )

    def of(self, value: object) -> str:
        """The text of a value; of parts that stand at their default, nothing."""
        if isinstance(value, datetime):
            return f'"{to_text(instant(value))}"'
        if isinstance(value, Enum):
            return self.of(value.value)
        if isinstance(value, str):
            return json.dumps(str.__str__(value), ensure_ascii=False)
        if isinstance(value, Mapping):
            pairs = [f"{self.of(key)}: {self.of(item)}" for key, item in value.items()]
            return "{" + ", ".join(pairs) + "}"
        if isinstance(value, tuple | list):
            return "[" + ", ".join(self.of(item) for item in value) + "]"
        if attrs.has(type(value)):
            return self._call(cast(attrs.AttrsInstance, value))
        return repr(value)

    def _call(self, value: attrs.AttrsInstance) -> str:
        kind = type(value)
        door = ".".join(kind.__module__.split(".")[:2])
        shown = hasattr(import_module(door), kind.__name__)
        self.imports(door if shown else kind.__module__, kind.__name__)
        given = [
            f"{field.alias}={self.of(part)}"
            for field in attrs.fields(kind)
            if field.init and not _stands(value, field.default, part := getattr(value, field.name))
        ]
        return f"{kind.__name__}({', '.join(given)})"


def _stands(whole: object, default: object, part: object) -> bool:
    """Whether a field needs no mention: its value is the one it has without."""
    if hasattr(default, "factory"):
        made = cast("_Factory", default)
        default = made.factory(whole) if made.takes_self else made.factory()
    return type(part) is type(default) and part == default


class _Factory(Protocol):
    factory: Callable[..., object]
    takes_self: bool
