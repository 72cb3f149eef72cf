"""Bounded exhaustive search: every state that commands and facts can lead to, each visited once.

Breadth first, so that the first fault found lies on a shortest path. What is one state is said by
a key; what may be sent in a state by an alphabet. Each answer is checked against the laws of
deciders, each state against the laws of its aggregate.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from itertools import compress
from operator import attrgetter, is_not
from typing import Any, Generic, Protocol, TypeVar

from ordercore.kernel import (
    Command,
    Context,
    Decider,
    Decision,
    Effect,
    InvalidValue,
    Invariant,
    OrdercoreError,
    Refusal,
    fold,
)
from ordercore.testing.exploration import Exploration, ExplorationFault

__all__ = ["Alphabet", "explore"]

S = TypeVar("S")
S_contra = TypeVar("S_contra", contravariant=True)
C = TypeVar("C", bound=Command)
C_co = TypeVar("C_co", bound=Command, covariant=True)
E = TypeVar("E")


class Alphabet(Protocol[S_contra, C_co]):
    """What may be sent in a state, each message with the context in which it is decided.

    It depends on nothing of the state that the key leaves out but ids.
    """

    def __call__(self, state: S_contra | None, /) -> Iterable[tuple[C_co, Context]]:
        """The messages to try in ``state``; None is before the first event."""
        ...  # pragma: no cover - a protocol's body never runs


class _Found(Exception):
    def __init__(self, code: str, law: str = "", shown: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.law = law
        self.shown = shown


class _Laws:
    """Invariants, and which fields of a state each looks at, where that is known."""

    __slots__ = ("_bits", "_everywhere", "_getter", "_laws")

    def __init__(self, laws: Iterable[Invariant], reads: Mapping[str, Iterable[str]]) -> None:
        given = tuple(laws)
        names = list(
            dict.fromkeys(name for law in given for name in reads.get(law.invariant_id, ()))
        )
        bit = {name: 1 << place for place, name in enumerate(names)}
        self._bits = tuple(bit.values())
        self._getter: Callable[[Any], tuple[object, ...]] = (
            attrgetter(*names) if len(names) > 1 else lambda state: (attrgetter(*names)(state),)
        )
        self._everywhere = (1 << len(names)) - 1 if names else 0
        self._laws = tuple(
            (law, sum(bit[name] for name in set(reads.get(law.invariant_id, ())))) for law in given
        )

    def require(self, before: object, after: object) -> None:
        """Check the state after; of a law that says what it looks at, when some of it is new."""
        changed = self._everywhere
        if before is not None and changed:
            read = self._getter
            changed = sum(compress(self._bits, map(is_not, read(before), read(after))))
        for law, looks_at in self._laws:
            if looks_at & changed or not looks_at:
                violation = law.check(after)
                if violation is not None:
                    raise _Found("invariant", law.invariant_id, str(violation))


class _Node(Generic[S, C, E]):
    """A state that was reached: from where, by which message, and what that brought about.

    The state itself is let go once its messages are sent; its place on the paths remains.
    """

    __slots__ = ("effects", "events", "key", "number", "parent", "state", "step")

    def __init__(
        self,
        state: S | None,
        key: Hashable,
        number: int,
        parent: _Node[S, C, E] | None = None,
        step: tuple[C, Context] | None = None,
        events: tuple[E, ...] = (),
        effects: tuple[Effect, ...] = (),
    ) -> None:
        self.state = state
        self.key = key
        self.number = number
        self.parent = parent
        self.step = step
        self.events = events
        self.effects = effects

    def way(self) -> list[_Node[S, C, E]]:
        """The nodes of the path, from the first message on."""
        found: list[_Node[S, C, E]] = []
        node = self
        while node.parent is not None:
            found.append(node)
            node = node.parent
        found.reverse()
        return found

    def path(self) -> tuple[tuple[C, Context], ...]:
        """The messages of the path."""
        return tuple(node.step for node in self.way() if node.step is not None)


class _Search(Generic[S, C, E]):
    """One search: what was visited, the counts, and the checks on the way."""

    def __init__(
        self,
        decider: Decider[S, C, E],
        key: Callable[[S], Hashable],
        laws: _Laws,
        *,
        start: S | None,
        paths_every: int,
        repeats: bool,
        visit: Callable[[S], None] | None,
    ) -> None:
        self.decider = decider
        self.key = key
        self.at: Callable[[S], None] | None = getattr(key, "at", None)
        self.laws = laws
        self.start = start
        self.paths_every = paths_every
        self.resend = repeats
        self.visit = visit
        self.known: set[Hashable] = set()
        self.edges = 0
        self.repeats = 0
        self.refusals: dict[str, int] = {}
        self.cut_by: str | None = None
        self.depth = 0
        self.fault: ExplorationFault[C] | None = None

    def run(self, alphabet: Alphabet[S, C], depth: int, states: int) -> None:
        """Level by level, until nothing is new, a bound is met, or something is wrong."""
        root = self.key(self.start) if self.start is not None else None
        level: list[_Node[S, C, E]] = [_Node(self.start, root, 0)]
        while level:
            if self.depth == depth:
                self.cut_by = "depth"
                return
            found: list[_Node[S, C, E]] = []
            for node in level:
                if not self.expand(node, alphabet, found, states):
                    self.depth += bool(found)
                    return
            self.depth += bool(found)
            level = found

    def expand(
        self,
        node: _Node[S, C, E],
        alphabet: Alphabet[S, C],
        found: list[_Node[S, C, E]],
        states: int,
    ) -> bool:
        """Send every message to a state; False ends the search."""
        before = node.state
        decide, known = self.decider.decide, self.known
        if self.at is not None and before is not None:
            self.at(before)
        step: tuple[C, Context] | None = None
        try:
            for step in alphabet(before):
                answer = decide(before, *step)
                if isinstance(answer, Refusal):
                    self.refused(answer)
                    continue
                if answer.repeated:
                    self.again(answer, step)
                    continue
                self.edges += 1
                after = fold(self.decider, answer.events, before)
                if answer.effects:
                    _require_new(node, answer.effects)
                if self.resend:
                    self.again(decide(after, *step), step)
                key = self.key(after)
                if key in known:
                    continue
                if len(known) == states:
                    self.cut_by = "states"
                    return False
                known.add(key)
                new = _Node(after, key, len(known), node, step, answer.events, answer.effects)
                self.check(node, new)
                found.append(new)
            step = None
            if before is not None and self.key(before) != node.key:
                raise _Found("decide.changed_state")
        except _Found as told:
            self.fail(node, step, told.code, told.law, told.shown)
        except OrdercoreError as error:
            # Whoever raised it, a message within the alphabet must be answered, not blow up.
            self.fail(node, step, "raised", error.code, str(error))
        node.state = None
        return self.fault is None

    def fail(
        self, node: _Node[S, C, E], step: tuple[C, Context] | None, code: str, law: str, shown: str
    ) -> None:
        """Keep what is wrong, with the messages that lead to it."""
        path = node.path() if step is None else (*node.path(), step)
        self.fault = ExplorationFault(code=code, law=law, shown=shown, path=path)

    def check(self, old: _Node[S, C, E], new: _Node[S, C, E]) -> None:
        """What must hold of a state that was not reached before."""
        state = new.state
        assert state is not None
        self.laws.require(old.state, state)
        if new.number % self.paths_every == 0:
            self.check_path(old, new, state)
        if self.visit is not None:
            self.visit(state)

    def check_path(self, old: _Node[S, C, E], new: _Node[S, C, E], state: S) -> None:
        """The way to a state is remembered message by message, and its events give the state."""
        way = new.way()
        if self.resend:
            for step in new.path():
                self.again(self.decider.decide(state, *step), step)
        if len(new.events) > 1:
            one_by_one = old.state
            for event in new.events:
                one_by_one = self.decider.evolve(one_by_one, event)
            if one_by_one != state:
                raise _Found("replay.differs", shown="one event after the other")
        if (
            fold(self.decider, [event for node in way for event in node.events], self.start)
            != state
        ):
            raise _Found("replay.differs", shown="all events of the path at once")

    def refused(self, refusal: Refusal) -> None:
        """A refusal counts under each of its codes, and each says what would help, if anything."""
        counts = self.refusals
        for reason in refusal.reasons:
            code = reason.code
            counts[code] = counts.get(code, 0) + 1
            if not reason.final and reason.remedy is None and reason.obtain is None:
                raise _Found("refusal.no_way_out", code)

    def again(self, answer: Decision[E] | Refusal, step: tuple[C, Context]) -> None:
        """A message that was accepted is answered as a repeat ever after."""
        if isinstance(answer, Refusal):
            raise _Found("repeat.refused", type(step[0]).__name__, ", ".join(answer.codes))
        if not answer.repeated or answer.events or answer.effects or answer.due:
            raise _Found("repeat.taken_anew", type(step[0]).__name__)
        self.repeats += 1


def _require_new(node: _Node[S, C, E], effects: tuple[Effect, ...]) -> None:
    """No effect has the id of another one of its decision or of the path before it."""
    ids = [effect.effect_id for effect in effects]
    asked = set(ids)
    if len(asked) < len(ids):
        raise _Found("effect.repeated", next(str(id) for id in ids if ids.count(id) > 1))
    before: _Node[S, C, E] | None = node
    while before is not None:
        for effect in before.effects:
            if effect.effect_id in asked:
                raise _Found("effect.repeated", str(effect.effect_id))
        before = before.parent


def explore(
    decider: Decider[S, C, E],
    *,
    alphabet: Alphabet[S, C],
    key: Callable[[S], Hashable],
    start: S | None = None,
    invariants: Iterable[Invariant] = (),
    reads: Mapping[str, Iterable[str]] | None = None,
    depth: int = 1_000,
    states: int = 1_000_000,
    paths_every: int = 1,
    repeats: bool = True,
    clock: Callable[[], float] | None = None,
    visit: Callable[[S], None] | None = None,
) -> Exploration[C]:
    """Visit every state that an alphabet leads to, each once.

    Per state: every invariant holds; every message of its path, sent again, is answered as a
    repeat without events and effects; the events of the path give the state, replayed at once, and
    those of the last message one by one. Per edge: ``evolve`` takes what ``decide`` gave; the
    message sent again is a repeat; no effect id comes twice on the path. Per refusal: each reason
    is final or says what would help. After all messages of a state its key is what it was, so no
    answer has changed it.

    The search ends at the first fault, with a shortest path to it.

    Args:
        decider: The aggregate.
        alphabet: What may be sent in each state.
        key: What is one state; a :class:`StateKey`, or any function to something hashable.
        start: The state to begin with; None is before the first event.
        invariants: Laws of one state.
        reads: By invariant id, the fields of the state that the law looks at. Such a law is
            checked when one of them is another object than in the state before; the others are
            checked on every state.
        depth: Most messages on a path.
        states: Most states; the search is cut when a further one is found.
        paths_every: Check the path of every n-th state only: its messages sent again, its events
            replayed. No other check grows with the path; the last message of every edge is sent
            again all the same.
        repeats: Whether the aggregate remembers messages, so that one sent again is a repeat.
        clock: The host's; with it the report says how many states a second were visited.
        visit: Called with each state, when it is first reached.

    Returns:
        The counts, whether and by what the search was cut, and the fault.

    Raises:
        InvalidValue: ``explore.bound`` for a depth, states or paths_every below 1.

    Example:
        >>> from ordercore import orders
        >>> from ordercore.testing import order_alphabet, order_key
        >>> alphabet = order_alphabet(lines=1, units=1, nodes=1, payment=(), late=False)
        >>> found = explore(orders, alphabet=alphabet, key=order_key(alphabet))
        >>> found.states, found.edges, found.cut_by, found.fault
        (3, 6, None, None)
    """
    for name, bound in (("depth", depth), ("states", states), ("paths_every", paths_every)):
        if bound < 1:
            raise InvalidValue("explore.bound", name, bound, "an integer ≥ 1")
    search: _Search[S, C, E] = _Search(
        decider,
        key,
        _Laws(invariants, reads or {}),
        start=start,
        paths_every=paths_every,
        repeats=repeats,
        visit=visit,
    )
    started = clock() if clock is not None else 0.0
    search.run(alphabet, depth, states)
    took = clock() - started if clock is not None else None
    return Exploration(
        states=len(search.known),
        edges=search.edges,
        repeats=search.repeats,
        refusals=search.refusals,
        depth=search.depth,
        cut_by=search.cut_by,
        took_ms=None if took is None else round(took * 1000),
        fault=search.fault,
    )
