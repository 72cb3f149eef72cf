"""Strategies for flows as data: overlays, pins, migration plans, roll-outs, manuals' phrases."""

from __future__ import annotations

from hypothesis import strategies as st

from ordercore.kernel import FrozenMap, WorkingDays, WorkingHours
from ordercore.statemachine import (
    Assignment,
    Clock,
    Gate,
    MachinePin,
    Migrated,
    MigrationPlan,
    NamedLimit,
    Overlay,
    Phrases,
    Rehearsal,
    RollOut,
    Stage,
    TimeLimit,
    Titles,
    Wave,
    phrases,
)
from ordercore.testing.kernel_values import codes, durations

__all__ = [
    "assignments",
    "gates",
    "machine_pins",
    "manual_phrases",
    "migrated",
    "migration_plans",
    "named_limits",
    "overlays",
    "rehearsals",
    "roll_outs",
    "stages",
    "time_limits",
    "titles",
    "waves",
]

_LANGUAGES = ("en", "zh", "de")
_CHANNELS = ("douyin", "tmall", "till")
_NAMES = ("packed", "customs", "tax.review", "clerk", "hand_over")


def time_limits() -> st.SearchStrategy[TimeLimit]:
    """Limits of each kind, all of them positive."""
    counted = st.integers(1, 9)
    return st.one_of(
        durations().filter(lambda limit: limit.microseconds > 0),
        counted.map(WorkingHours),
        counted.map(WorkingDays),
    )


def named_limits() -> st.SearchStrategy[NamedLimit]:
    """Limits with a name of their own."""
    names = st.sampled_from(("reminder", "warning", "exception"))
    return st.builds(NamedLimit, names, time_limits())


def titles() -> st.SearchStrategy[Titles]:
    """Texts by language; of some languages, none."""
    texts = st.sampled_from(("Customs", "海关", "Zoll (|) #1"))
    return st.dictionaries(st.sampled_from(_LANGUAGES), texts, max_size=2).map(FrozenMap)


def _names(*, least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(_NAMES), min_size=least, max_size=2).map(tuple)


@st.composite
def stages(draw: st.DrawFn) -> Stage:
    """Stages with any of their fields given or not."""
    limits = draw(st.lists(named_limits(), max_size=2, unique_by=lambda limit: limit.name))
    return Stage(
        draw(codes()),
        after=draw(codes()),
        before=draw(st.none() | codes()),
        edges=draw(_names()),
        completes=draw(st.sampled_from(("complete_stage", "clear"))),
        needs=draw(_names()),
        roles=draw(_names()),
        allows=draw(st.none() | _names()),
        limit=draw(st.none() | time_limits()),
        limits=tuple(limits),
        calendar=draw(st.sampled_from(("", "customs"))),
        category=draw(st.sampled_from((None, "", "open"))),
        counts_as=draw(st.sampled_from((None, "", "packed"))),
        titles=draw(titles()),
        notes=draw(titles()),
        words=draw(st.dictionaries(codes(), titles(), max_size=2)),
    )


@st.composite
def gates(draw: st.DrawFn) -> Gate:
    """Gates everywhere and in some states."""
    return Gate(
        draw(codes()),
        needs=draw(_names(least=1)),
        at=draw(_names()),
        words=draw(st.dictionaries(codes(), titles(), max_size=2)),
    )


def overlays() -> st.SearchStrategy[Overlay]:
    """A few stages and gates, which fit no machine in particular."""
    return st.lists(stages() | gates(), max_size=3).map(Overlay)


def machine_pins() -> st.SearchStrategy[MachinePin]:
    """Pins of a few machines and versions, so that they meet."""
    return st.builds(
        MachinePin,
        st.sampled_from(("fulfilment", "order")),
        st.sampled_from(("1", "2", "2026-11")),
        st.sampled_from(("0a", "0b", "0c")),
    )


@st.composite
def migration_plans(draw: st.DrawFn) -> MigrationPlan:
    """Plans as they are made, over the states of no machine in particular."""
    states = draw(st.dictionaries(st.sampled_from(_NAMES), codes(), min_size=1, max_size=3))
    return MigrationPlan(
        old=draw(machine_pins()),
        new=draw(machine_pins()),
        states=states,
        ended=("delivered", "cancelled"),
        clock=draw(st.sampled_from(Clock)),
    )


@st.composite
def rehearsals(draw: st.DrawFn) -> Rehearsal:
    """What plans say about a few instances, some of them strays."""
    plan = draw(migration_plans())
    pins = st.one_of(st.just(plan.old), st.just(plan.new), machine_pins())
    states = st.sampled_from((*plan.states, *plan.ended, "nowhere"))
    return plan.rehearse(draw(st.lists(st.tuples(codes(), pins, states), max_size=6)))


def migrated() -> st.SearchStrategy[Migrated]:
    """Where instances stand after they were moved."""
    return st.builds(Migrated, machine_pins(), codes(), restart=st.booleans())


@st.composite
def waves(draw: st.DrawFn, *, machine: str = "fulfilment") -> Wave:
    """Waves of one machine, from no order to all of them."""
    version = draw(st.sampled_from(("2", "3", "4")))
    return Wave(
        MachinePin(machine, version, f"0{version}"),
        basis_points=draw(st.sampled_from((0, 1, 2500, 10_000)) | st.integers(0, 10_000)),
        channels=draw(st.sets(st.sampled_from(_CHANNELS), max_size=2)),
    )


@st.composite
def roll_outs(draw: st.DrawFn) -> RollOut:
    """Roll-outs of up to three newer versions, newest first, over a base."""
    listed = draw(st.lists(waves(), max_size=4))
    listed.sort(key=lambda wave: wave.pin.version, reverse=True)
    return RollOut(
        MachinePin("fulfilment", "1", "01"), listed, salt=draw(st.sampled_from(("", "autumn")))
    )


@st.composite
def assignments(draw: st.DrawFn) -> Assignment:
    """What roll-outs choose for an order."""
    rollout = draw(roll_outs())
    return rollout.choose(draw(codes()), channel=draw(st.sampled_from(("", *_CHANNELS))))


@st.composite
def manual_phrases(draw: st.DrawFn) -> Phrases:
    """The built-in phrases, and those of a language that someone began to translate."""
    built_in = phrases(draw(st.sampled_from(("en", "zh"))))
    if draw(st.booleans()):
        return built_in
    return Phrases("de", {**built_in.texts, "states": "Zustände"})
