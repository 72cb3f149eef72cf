"""Fields are what their annotations say: what is accepted, what is refused, and under which path."""

from __future__ import annotations

import datetime as dt
import pickle
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Generic, Literal, Protocol, TypeVar

import attrs
import pendulum
import pytest

from ordercore.kernel import (
    Choice,
    FrozenMap,
    Instant,
    InvalidBatch,
    InvalidDefinition,
    InvalidValue,
    Money,
    NaiveInstant,
    Sku,
    as_instant,
    as_map,
    as_optional_instant,
    as_tuple,
    checked,
    checked_but,
    frozen_set,
    instant,
    instant_at,
    items_as,
    problems,
    sorted_tuple,
    sorted_unique,
)
from ordercore.kernel.kinds import kind_of

NOON = instant("2026-11-11T12:00Z")
LOCAL = pendulum.datetime(2026, 11, 11, 20, tz="Asia/Shanghai")
T = TypeVar("T")


class Colour(Choice):
    RED = "red"


class Shape(Protocol):
    sides: int


class Box(Generic[T]):
    pass


class BiggerInt(int):
    pass


def faults(make):
    with pytest.raises((InvalidValue, InvalidBatch)) as caught:
        make()
    error = caught.value
    each = error.faults if isinstance(error, InvalidBatch) else (error,)
    return [(fault.code, fault.path, fault.value) for fault in each]


@pytest.mark.parametrize(
    "hint, good, bad",
    [
        (int, [1, -5, BiggerInt(3)], [True, 1.0, "1", None]),
        (bool, [True], [1, None]),
        (str, ["", Sku("a"), Colour.RED], [b"", 1, None]),
        (float, [1.5, 2, BiggerInt(3)], [True, "1.5", None]),
        (Sku, [Sku("a")], ["a", None]),
        (Money | None, [None, Money(1, "EUR")], [1, Money]),
        (int | Fraction, [1, Fraction(1, 2)], [0.5, True]),
        (Instant, [NOON], [LOCAL, dt.datetime(2026, 1, 1), "2026-11-11", None]),
        (Instant | None, [NOON, None], [LOCAL, pendulum.naive(2026, 1, 1), "x", 5]),
        (Instant | str, [NOON, "x"], [LOCAL, 5]),
        (dt.date, [dt.date(2026, 1, 1)], [dt.datetime(2026, 1, 1), "2026-01-01"]),
        (Colour, [Colour.RED], ["red"]),
        (Literal["a", 1], ["a", 1], ["b", True, 1.0]),
        (tuple[int, ...], [(), (1, 2)], [[1], (1, "2"), None]),
        (tuple[object, ...], [(), (1, "2")], [[1]]),
        (tuple[Instant | None, ...], [(NOON, None)], [(LOCAL,)]),
        (tuple[int, str], [(1, "a")], [(1,), ("a", 1), [1, "a"]]),
        (tuple[T, str], [(None, "a")], [(1, 1)]),
        (frozenset[str], [frozenset(), frozenset("ab")], [{"a"}, frozenset({1, "a"})]),
        (frozenset[T], [frozenset({1, "a"})], [{"a"}]),
        (FrozenMap[str, int], [FrozenMap(), FrozenMap({"a": 1})], [{"a": 1}, FrozenMap({"a": "1"}), FrozenMap({1: 1})]),
        (FrozenMap[str, T], [FrozenMap({"a": None})], [FrozenMap({1: 1})]),
        (FrozenMap[T, int], [FrozenMap({(): 1})], [FrozenMap({1: "1"})]),
        (FrozenMap[str, tuple[int, ...]], [FrozenMap({"a": (1,)})], [FrozenMap({"a": ("1",)})]),
        (Mapping[str, int], [{}, FrozenMap()], [[], None]),
        (Callable[[int], int], [abs], [5, None]),
        (Box[int], [Box()], [5]),
        (type[int], [int], [5]),
        (None, [None], [0]),
    ],
)  # fmt: skip
def test_an_annotation_accepts_and_excludes(hint, good, bad):
    kind = kind_of(hint)
    assert [list(kind.faults(value, "field")) for value in good] == [[]] * len(good)
    assert all(kind.accepts(value) for value in good)
    assert not any(kind.accepts(value) for value in bad)
    for value in bad:
        found = list(kind.faults(value, "field"))
        assert found
        assert all(fault.code and fault.path.startswith("field") for fault in found)


@pytest.mark.parametrize("hint", [object, T, Shape, int | T, "int"])
def test_an_annotation_that_says_nothing_has_no_kind(hint):
    assert kind_of(hint) is None


def test_the_place_of_an_item_is_named():
    def found(hint, value):
        return [(f.path, f.value) for f in kind_of(hint).faults(value, "x")]

    assert found(tuple[int, ...], (1, "2", True)) == [("x[1]", "2"), ("x[2]", True)]
    assert found(tuple[int, str], ("a", 1)) == [("x[0]", "a"), ("x[1]", 1)]
    assert found(frozenset[str], frozenset({1})) == [("x", 1)]
    assert found(FrozenMap[str, int], FrozenMap({"a": "1"})) == [("x[a]", "1")]
    assert found(tuple[int, ...] | None, (1, "2")) == [("x[1]", "2")]
    assert found(tuple[tuple[int, ...], ...], ((1,), ("2",))) == [("x[1][0]", "2")]
    assert found(FrozenMap[str, tuple[T, int]], FrozenMap({"a": (1, "1")})) == [("x[a][1]", "1")]


def test_a_time_says_why_it_is_no_instant():
    def found(hint, value):
        return [(f.code, f.path) for f in kind_of(hint).faults(value, "at")]

    assert found(Instant, dt.datetime(2026, 1, 1)) == [("time.naive", "at")]
    assert found(Instant | None, "2026-11-11 08:00") == [("time.naive", "at")]
    assert found(Instant, "soon") == [("time.not_an_instant", "at")]
    assert found(Instant, LOCAL) == [("type.wrong", "at")]
    assert found(Instant | None, 5) == [("type.wrong", "at")]


@attrs.frozen
@checked
class Line:
    sku: Sku = attrs.field(converter=Sku)
    quantity: int
    notes: tuple[str, ...] = ()
    memo: str = attrs.field(default="", alias="remark")
    total: int = attrs.field(init=False, default=None)

    def __attrs_post_init__(self):
        if type(self.quantity) is not int or self.quantity < 1:
            raise InvalidValue("quantity.not_positive", "quantity", self.quantity, "an integer ≥ 1")


def test_what_a_class_asks_itself_keeps_its_code_and_the_rest_is_told_besides():
    assert Line("a", 1, ("x",), remark="y").notes == ("x",)
    assert faults(lambda: Line("a", "1")) == [("quantity.not_positive", "quantity", "1")]
    assert faults(lambda: Line("a", 1, ("x", 5))) == [("type.wrong", "notes[1]", 5)]
    assert faults(lambda: Line("a", 1, remark=5)) == [("type.wrong", "remark", 5)]
    assert faults(lambda: Line("a", 0, (5,), remark=b"")) == [
        ("quantity.not_positive", "quantity", 0),
        ("type.wrong", "notes[0]", 5),
        ("type.wrong", "remark", b""),
    ]
    assert pickle.loads(pickle.dumps(Line("a", 1))) == Line("a", 1)
    # The same again, when the plan is made and has seen a value.
    assert faults(lambda: Line("a", 1, ("x", 5))) == [("type.wrong", "notes[1]", 5)]


@attrs.frozen
@checked
class Batch:
    first: int
    second: int
    third: str = ""

    def __attrs_post_init__(self):
        found = problems()
        if self.first > self.second:
            found.add("batch.order", "[0]" if self.third == 5 else "first", self.first, "rising")
        found.raise_if_any("batch")


def test_a_batch_keeps_its_subject_and_gains_the_kinds():
    with pytest.raises(InvalidBatch) as caught:
        Batch(2, 1, b"")
    assert caught.value.subject == "batch"
    assert [f.code for f in caught.value.faults] == ["batch.order", "type.wrong"]
    # A check that a wrong kind breaks has nothing to say.
    assert faults(lambda: Batch("2", 1)) == [("type.wrong", "first", "2")]
    assert faults(lambda: Batch("2", None)) == [
        ("type.wrong", "first", "2"),
        ("type.wrong", "second", None),
    ]
    # What lies inside the value as a whole has no field to be told besides.
    assert faults(lambda: Batch(2, 1, 5)) == [("batch.order", "[0]", 2)]
    # A subclass of what is asked for is accepted, and its own check is still made.
    assert Batch(BiggerInt(1), 2).first == 1
    assert faults(lambda: Batch(BiggerInt(3), 2)) == [("batch.order", "first", 3)]


@attrs.frozen
@checked
class Faulty:
    length: int
    kind: str = "bug"

    def __attrs_post_init__(self):
        if self.kind == "bug":
            raise LookupError(self.length)
        raise InvalidDefinition("faulty", ())


def test_a_fault_of_the_program_is_not_hidden():
    with pytest.raises(LookupError):
        Faulty(1)
    with pytest.raises(LookupError):
        Faulty(BiggerInt(1))
    assert faults(lambda: Faulty("1")) == [("type.wrong", "length", "1")]
    with pytest.raises(InvalidDefinition):
        Faulty("1", "definition")


@attrs.frozen
@checked
class Wide(Line):
    width: int = 1


class Plain(Line):
    """A subclass without fields of its own."""


def test_subclasses_are_compared_with_what_they_add():
    assert Wide("a", 1, width=2).width == 2
    assert faults(lambda: Wide("a", 0, width="2")) == [
        ("quantity.not_positive", "quantity", 0),
        ("type.wrong", "width", "2"),
    ]
    assert Plain("a", 1) == Plain("a", 1)
    assert faults(lambda: Plain("a", 1, (5,))) == [("type.wrong", "notes[0]", 5)]


def test_a_class_without_fields_or_with_one_or_with_unknown_names():
    @attrs.frozen
    @checked
    class Empty:
        pass

    @attrs.frozen
    @checked
    class One:
        only: tuple[int, ...]

    class Here:
        pass

    @attrs.frozen
    @checked
    class Unresolved:
        here: Here

    assert Empty() == Empty()
    assert One((1,)).only == (1,)
    assert faults(lambda: One(("1",))) == [("type.wrong", "only[0]", "1")]
    # ``Here`` is no name where the class's annotations are looked up.
    assert Unresolved(5).here == 5


def test_fields_that_are_judged_elsewhere_are_left_alone():
    @attrs.frozen
    @checked_but("left")
    class Node:
        left: int
        right: int

    assert Node("x", 1).left == "x"
    assert faults(lambda: Node("x", "1")) == [("type.wrong", "right", "1")]


# --- the constructor that is written for a class that is met often ---


def often(make):
    """A value, once so many of its class were made that its constructor was written."""
    for _ in range(20):
        value = make()
    return value


def is_written(kind):
    return not kind.__init__.__code__.co_filename.startswith("<attrs generated")


def crowded():
    # Its fields have the names that the text of the constructor might use itself.
    @attrs.frozen
    @checked
    class Crowded:
        kind: int
        own: str = "own"
        name: tuple[Sku, ...] = attrs.field(
            default=("a",), converter=lambda given: items_as(given, Sku, "name"), kw_only=True
        )
        held: FrozenMap[str, int] = attrs.field(factory=FrozenMap, converter=as_map, kw_only=True)
        at: Instant | None = attrs.field(default=None, converter=as_optional_instant, kw_only=True)
        sku: Sku = attrs.field(default="a", converter=Sku, kw_only=True)
        colour: Colour = attrs.field(default="red", converter=Colour, kw_only=True)
        _hidden: int | Fraction = attrs.field(default=1, kw_only=True)
        noted: str = attrs.field(init=False, default="noted")
        unset: str = attrs.field(init=False, eq=False, repr=False)

        def __attrs_post_init__(self):
            if type(self.kind) is int and self.kind < 0:
                raise InvalidValue("crowd.negative", "kind", self.kind, "≥ 0")

    return Crowded


def shown(value):
    return [
        getattr(value, name)
        for name in ("kind", "own", "name", "held", "at", "sku", "colour", "_hidden")
    ]


def test_a_class_made_here_and_now_keeps_its_own_check_and_that_of_its_base():
    """As above, but of classes that nothing has made ready before."""

    @attrs.frozen
    @checked
    class Base:
        width: int
        label: str = attrs.field(default="", alias="called")

        def __attrs_post_init__(self):
            if self.width < 1:
                raise InvalidValue("width.small", "width", self.width, "an integer ≥ 1")

    @attrs.frozen
    @checked
    class Grown(Base):
        tags: tuple[str, ...] = ()

    @attrs.frozen
    @checked
    class Bare(Base):
        height: int = 1

        def __attrs_post_init__(self):
            if self.height < 1:
                raise InvalidBatch("bare", [InvalidValue("height.small", "height", 0, "≥ 1")])

    assert Base(1).width == 1
    # Another shape than the one before, and the first again.
    assert [Base(BiggerInt(2)).width, Base(1).width] == [2, 1]
    assert faults(lambda: Base(0)) == [("width.small", "width", 0)]
    assert faults(lambda: Base(0, called=5)) == [
        ("width.small", "width", 0),
        ("type.wrong", "called", 5),
    ]
    assert faults(lambda: Base("1", called=5)) == [
        ("type.wrong", "width", "1"),
        ("type.wrong", "called", 5),
    ]
    with pytest.raises(InvalidBatch) as caught:
        Base("1", called=5)
    assert caught.value.subject == "Base"
    assert Grown(1, tags=("a",)).tags == ("a",)
    assert faults(lambda: Grown(0)) == [("width.small", "width", 0)]
    assert faults(lambda: Grown(0, tags=("a", 5))) == [
        ("width.small", "width", 0),
        ("type.wrong", "tags[1]", 5),
    ]
    # A class's own check stands in the place of its base's.
    assert Bare(0).width == 0
    assert faults(lambda: Bare(0, height=0)) == [("height.small", "height", 0)]


def test_what_was_read_first_is_not_taken_for_what_comes_later():
    """One comparison serves values that look like the last; each other look is judged anew."""

    @attrs.frozen
    @checked
    class Reading:
        what: int | str
        inside: tuple[int | str, ...] = ()

    for good in (1, "1", BiggerInt(1), Sku("a"), 1):
        assert Reading(good, (good, 2)).what == good
    for bad in (None, 1.5, True, b""):
        assert faults(lambda bad=bad: Reading(bad)) == [("type.wrong", "what", bad)]
        assert faults(lambda bad=bad: Reading(1, (1, bad))) == [("type.wrong", "inside[1]", bad)]


@pytest.mark.parametrize(
    ("hint", "name"),
    [
        (None, "None"),
        (int, "int"),
        (float, "float"),
        (dt.date, "a date"),
        (Callable[[int], int], "a function"),
        (Sku, "Sku"),
        (Literal["a", 1], "one of 'a', 1"),
        (int | Sku | None, "int or Sku or None"),
        (tuple[int, T, str], "(int, anything, str)"),
        (tuple[int, ...], "a tuple of int"),
        (frozenset[T], "a frozen set of anything"),
        (FrozenMap[str, tuple[int, ...]], "a frozen map of str to a tuple of int"),
    ],
)
def test_a_kind_has_a_name_which_is_what_is_expected(hint, name):
    kind = kind_of(hint)
    assert kind.name == name
    told = [(fault.value, fault.path, fault.expected) for fault in kind.faults(NotImplemented, "x")]
    assert told == [(NotImplemented, "x", name)]


def test_an_instant_expects_utc_or_says_why_it_is_none():
    kind = kind_of(Instant)
    told = [(fault.value, fault.path, fault.expected) for fault in kind.faults(LOCAL, "x")]
    assert (kind.name, told) == ("an instant in UTC", [(LOCAL, "x", "an instant in UTC")])
    assert [fault.path for fault in kind.faults("soon", "x")] == ["x"]


def test_the_usual_types_are_known_without_asking():
    assert kind_of(int).types == {int}
    assert kind_of(float).types == {float, int}
    assert kind_of(dt.date).types == {dt.date}
    assert kind_of(Sku).types == {Sku}
    assert kind_of(Sku).sure == {Sku}
    # A tuple has to be looked into, whatever else the field may hold.
    assert kind_of(Sku | tuple[int, ...]).types == {Sku, tuple}
    assert kind_of(Sku | tuple[int, ...]).sure == {Sku}
    assert kind_of(tuple[int, ...]).sure == set()
    assert kind_of(Sku | None).holds is None
    assert kind_of(Sku | tuple[int, ...]).holds(("1",)) is False
    assert kind_of(Sku | tuple[int, ...]).holds((1,)) is True
    assert kind_of(Sku | tuple[int, ...]).holds(Sku("a")) is True
    assert kind_of(tuple[Sku | tuple[int, ...], ...]).holds((Sku("a"), ("1",))) is False
    assert kind_of(tuple[T, ...]).holds((1, None)) is True
    assert kind_of(tuple[int, str]).holds((1, "a")) is True
    assert kind_of(tuple[int, str]).holds((1, 2)) is False
    assert kind_of(FrozenMap[str, int]).holds(FrozenMap()) is True
    assert kind_of(FrozenMap[str, int]).holds(FrozenMap({"a": 1})) is True
    assert kind_of(FrozenMap[str, int]).holds(FrozenMap({"a": "1"})) is False
    assert kind_of(FrozenMap[str, int]).holds(FrozenMap({1: 1})) is False
    assert kind_of(Instant).holds(NOON) is True
    # Another zone without an offset is as good as UTC.
    assert kind_of(Instant).holds(pendulum.datetime(2026, 1, 1, tz="Africa/Abidjan")) is True
    assert kind_of(Instant).holds(LOCAL) is False


def refused_alike(slow, fast, arguments, named):
    found = faults(lambda: slow(*arguments, **named))
    return found == faults(lambda: fast(*arguments, **named))


def test_a_written_constructor_makes_equal_values():
    slow, fast = crowded(), crowded()
    often(lambda: fast(1))
    assert (is_written(slow), is_written(fast)) == (False, True)
    for arguments, named in [
        ((5,), {}),
        ((BiggerInt(5), Sku("x")), {}),
        ((5,), {"own": "a", "name": ["b", Sku("c")], "held": {"b": 2, "a": 1}}),
        ((5,), {"at": "2026-11-11T12:00Z", "hidden": Fraction(1, 2)}),
        ((5,), {"sku": "b", "colour": "red"}),
        ((5,), {"sku": Sku("b"), "colour": Colour.RED}),
        ((5,), {"at": NOON, "held": FrozenMap({"a": BiggerInt(1)})}),
    ]:
        one, other = slow(*arguments, **named), fast(*arguments, **named)
        assert shown(one) == shown(other)
        assert type(other) is fast
        assert other.noted == "noted"
        with pytest.raises(AttributeError):
            other.unset
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            other.kind = 6
        assert attrs.evolve(other, kind=6).kind == 6
    assert fast.__init__.__qualname__ == slow.__init__.__qualname__


def test_a_written_constructor_finds_equal_faults():
    slow, fast = crowded(), crowded()
    often(lambda: fast(1))
    for arguments, named in [
        (("5",), {}),
        ((True,), {}),
        ((-1,), {}),
        ((-1,), {"own": 5}),
        ((5, None), {"name": [5], "held": {"a": "1"}, "at": LOCAL, "hidden": 0.5}),
        ((5,), {"name": 5, "held": 5, "at": "soon"}),
        ((5,), {"sku": ""}),
        ((5,), {"colour": "blue"}),
    ]:
        assert refused_alike(slow, fast, arguments, named)
    for wrong in ({}, {"kind": 5, "other": 1}):
        for kind in (slow, fast):
            with pytest.raises(TypeError):
                kind(**wrong)


def test_a_subclass_with_room_of_its_own_is_filled_too():
    kind = crowded()

    class Roomy(kind):
        pass

    often(lambda: kind(1))
    value = Roomy(5, name=["b"])
    assert type(value) is Roomy
    assert value.name == ("b",)
    value.__dict__["more"] = 1
    assert faults(lambda: Roomy("5")) == [("type.wrong", "kind", "5")]


def test_a_class_without_an_own_check_is_written_too():
    @attrs.frozen
    @checked
    class Plain:
        count: int

    @attrs.frozen
    @checked
    class Empty:
        pass

    assert often(lambda: Plain(5)) == Plain(5)
    assert faults(lambda: Plain("5")) == [("type.wrong", "count", "5")]
    assert often(Empty) == Empty()
    assert is_written(Plain)
    assert is_written(Empty)


def with_own_constructor():
    @attrs.frozen(init=False)
    @checked
    class Own:
        count: int

        def __init__(self, count):
            self.__attrs_init__(count)

    return Own


def with_preparation():
    @attrs.frozen
    @checked
    class Prepared:
        count: int

        def __attrs_pre_init__(self):
            pass

    return Prepared


def with_kept_hash():
    @attrs.frozen(cache_hash=True)
    @checked
    class Kept:
        count: int

    return Kept


def with_validator():
    @attrs.frozen
    @checked
    class Validated:
        count: int = attrs.field(validator=lambda *_: None)

    return Validated


def with_converter_of_the_value():
    @attrs.frozen
    @checked
    class Converted:
        count: int = attrs.field(converter=attrs.Converter(lambda given, _: given, takes_self=True))

    return Converted


def with_default_of_the_value():
    @attrs.frozen
    @checked
    class Defaulted:
        count: int
        twice: int = attrs.field(default=attrs.Factory(lambda self: self.count, takes_self=True))

    return Defaulted


def with_an_error():
    @attrs.frozen
    @checked
    class Failed(Exception):
        count: int

    return Failed


def with_a_base_s_constructor():
    class Count(with_own_constructor()):
        pass

    return Count


@pytest.mark.parametrize(
    "kind",
    [
        with_own_constructor(),
        with_preparation(),
        with_kept_hash(),
        with_validator(),
        with_converter_of_the_value(),
        with_default_of_the_value(),
        with_an_error(),
        with_a_base_s_constructor(),
    ],
    ids=lambda kind: kind.__name__,
)
def test_what_asks_more_of_attrs_keeps_its_constructor(kind):
    before = kind.__init__
    assert often(lambda: kind(5)).count == 5
    assert kind.__init__ is before
    assert faults(lambda: kind("5"))[0] == ("type.wrong", "count", "5")


# --- converters ---


def test_converters_let_pass_what_they_cannot_turn():
    for odd in (5, None, "ab", b"ab", {"a": 1}, int):
        assert as_tuple(odd) is odd
        assert sorted_tuple(odd, int, int) is odd
        assert sorted_unique(odd) is odd
        assert items_as(odd, Sku, "skus") is odd
        assert frozen_set(odd) is odd
    for odd in (5, None, "", "ab", b"", [5]):
        assert as_map(odd) is odd
    for odd in (5, "soon", dt.datetime(2026, 1, 1)):
        assert as_instant(odd) is odd
        assert as_optional_instant(odd) is odd


def test_converters_turn_what_they_can():
    assert as_tuple(iter([1, 2])) == (1, 2)
    kept = (1, 2)
    assert as_tuple(kept) is kept
    assert sorted_tuple([2, 1], int, int) == (1, 2)
    assert sorted_tuple([1, 2], int, lambda item: -item) == (2, 1)
    assert sorted_tuple([2, "1"], int, int) == (2, "1")
    assert sorted_unique(["b", "a", "b"]) == ("a", "b")
    assert sorted_unique(["b", 1]) == ("b", 1)
    assert frozen_set((1, 1)) == frozenset({1})
    assert frozen_set(([],)) == ([],)
    same = FrozenMap({"a": 1})
    assert as_map(same) is same
    assert as_map({"a": 1}) == as_map([("a", 1)]) == same
    assert as_instant(NOON) is NOON
    assert as_instant(LOCAL) == as_instant("2026-11-11T12:00Z") == NOON
    assert as_optional_instant(None) is None
    assert instant_at(NOON, "at") is NOON
    assert instant_at(LOCAL, "at") == NOON


def test_items_are_turned_each_with_its_place():
    assert items_as(["a", "b"], Sku, "skus") == (Sku("a"), Sku("b"))
    assert faults(lambda: items_as(["a", ""], Sku, "skus")) == [
        ("identifier.invalid", "skus[1]", "")
    ]
    assert faults(lambda: items_as([5, "a", ""], Sku, "skus")) == [
        ("identifier.invalid", "skus[0]", 5),
        ("identifier.invalid", "skus[2]", ""),
    ]


def test_one_fault_is_told_alone_and_several_together():
    with pytest.raises(InvalidValue) as caught:
        items_as(["a", ""], Sku, "skus")
    assert caught.value.path == "skus[1]"
    with pytest.raises(InvalidBatch) as both:
        items_as(["", ""], Sku, "skus")
    assert both.value.subject == "skus"


def test_a_moment_is_kept_without_its_fold():
    folded = NOON.replace(fold=1)
    for made in (as_instant(folded), instant_at(folded, "at"), as_optional_instant(folded)):
        assert (made, made.fold) == (NOON, 0)
    for made in (as_instant(LOCAL), instant_at(LOCAL, "at"), as_optional_instant(LOCAL)):
        assert made.tzinfo is pendulum.UTC
    assert as_optional_instant(None) is None


def test_a_naive_time_stays_one_seen_from_further_out():
    with pytest.raises(NaiveInstant) as caught:
        instant_at("2026-11-11 08:00", "at")
    seen = caught.value.at("lines[2]")
    assert (type(seen), seen.code, seen.path) == (NaiveInstant, "time.naive", "lines[2].at")
    again = pickle.loads(pickle.dumps(seen))
    assert (type(again), again.path, again.value) == (NaiveInstant, seen.path, seen.value)
    assert NaiveInstant("x").path == ""
