"""The codec with msgspec: the same bytes, the same values, the same refusals as the plain one."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from decimal import Decimal
from enum import Enum, StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.codec import MAX_DEPTH, Codec, Upcaster, msgspec_codec
from ordercore.inventory import Receive
from ordercore.kernel import (
    CodecError,
    Command,
    Currency,
    FrozenMap,
    Instant,
    InvalidBatch,
    InvalidValue,
    Money,
    NodeId,
    OrdercoreError,
    Reason,
    Sku,
    instant,
    type_name,
)
from ordercore.rules import Condition

T = TypeVar("T")
EUR = Currency("EUR")


class Colour(Enum):
    RED = "red"
    TWO = 2


class Size(StrEnum):
    BIG = "big"
    SMALL = "small"


@attrs.frozen
class Leaf:
    name: str
    size: int = 0


@attrs.frozen
class Empty:
    pass


@attrs.frozen
class Lone:
    held: int


@attrs.frozen
class Twig:
    leaf: Leaf
    next: Twig | None = None


@attrs.frozen
class Maybe:
    """Nothing but plain fields, all the way down."""

    leaf: Leaf | None = None
    leaves: tuple[Leaf, ...] = ()
    flag: bool | None = None


@attrs.frozen(kw_only=True)
class Named:
    sku: Sku = attrs.field(converter=Sku)
    _private: int = 3
    derived: int = attrs.field(init=False, default=9)


@attrs.frozen
class Both:
    first: int
    last: str = attrs.field(default="z", kw_only=True)
    middle: bool = False


@attrs.frozen(init=False)
class Own:
    """A constructor of its own, whose arguments stand in another order."""

    left: int
    right: int

    def __init__(self, right: int, left: int) -> None:
        self.__attrs_init__(left, right)


@attrs.frozen
class Positive:
    number: int

    def __attrs_post_init__(self) -> None:
        if self.number < 1:
            raise InvalidValue("number.not_positive", "number", self.number, "an integer ≥ 1")


@attrs.frozen
class Box(Generic[T]):
    held: T


@attrs.frozen(kw_only=True)
class Everything:
    sku: Sku = attrs.field(default="T", converter=Sku)
    node: NodeId | None = None
    currency: Currency = EUR
    money: Money | None = None
    colour: Colour = Colour.RED
    size: Size = Size.BIG
    when: Instant | None = None
    day: dt.date = dt.date(2026, 11, 11)
    hour: dt.time = dt.time(8, 30)
    rate: Fraction = Fraction(-1, 5)
    price: Decimal = Decimal("4.375")
    many: tuple[int, ...] = (1, 2)
    leaves: tuple[Leaf, ...] = ()
    pair: tuple[int, Sku] = (1, Sku("x"))
    nothing: tuple[()] = ()
    names: frozenset[str] = frozenset({"a", "b"})
    by_sku: FrozenMap[Sku, FrozenMap[NodeId, int]] = attrs.field(factory=FrozenMap)
    by_number: FrozenMap[int, str] = attrs.field(factory=FrozenMap)
    by_leaf: FrozenMap[str, Leaf] = attrs.field(factory=FrozenMap)
    either: int | str | None = "z"
    open: str | Instant = ""
    kind: Literal["a", 1] = 1
    shape: Leaf | Money | None = None
    shapes: tuple[Leaf | Lone, ...] = ()
    command: Command | None = None
    twig: Twig | None = None
    anything: object = 7
    box: Box[Leaf] = Box(Leaf("in a box"))
    own: Own = Own(1, 2)


HOSTS = [
    Leaf, Empty, Lone, Twig, Maybe, Named, Both, Own, Positive, Box, Everything,
]  # fmt: skip
PLAIN, FAST = Codec(hosts=HOSTS), msgspec_codec(hosts=HOSTS)
AT = instant("2026-11-11T00:00:00.5Z")

leaves = st.builds(Leaf, st.text(), st.integers())
everything = st.builds(
    Everything,
    node=st.none() | st.just(NodeId("n")),
    currency=st.sampled_from([Currency("CNY"), Currency("JPY")]),
    money=st.none() | st.just(Money(10**30, "CNY")),
    colour=st.sampled_from(Colour),
    size=st.sampled_from(Size),
    when=st.none() | st.just(AT),
    many=st.lists(st.integers()).map(tuple),
    leaves=st.lists(leaves, max_size=3).map(tuple),
    names=st.frozensets(st.text(), max_size=3),
    by_sku=st.just(FrozenMap({Sku("é"): FrozenMap({NodeId("n"): 1}), Sku("$"): FrozenMap()})),
    by_number=st.dictionaries(st.integers(), st.text(), max_size=3).map(FrozenMap),
    by_leaf=st.dictionaries(
        st.text() | st.sampled_from(["$", "$map", "value"]), leaves, max_size=3
    ).map(FrozenMap),
    either=st.none() | st.integers() | st.text(),
    open=st.text() | st.sampled_from(["2026-11-11T00:00:00Z", AT]),
    kind=st.sampled_from(["a", 1]),
    shape=st.none() | leaves | st.just(Money(1, "EUR")),
    shapes=st.lists(leaves | st.builds(Lone, st.integers()), max_size=3).map(tuple),
    command=st.none() | st.just(Receive(sku="T", node="n", quantity=1, command_id="c")),
    twig=st.none() | st.builds(Twig, leaves, st.none() | st.builds(Twig, leaves)),
    anything=st.one_of(st.none(), st.booleans(), st.integers(), st.text(), leaves),
    box=st.builds(Box, leaves),
)


def told(make):
    """The value, or the error with its codes, paths and values."""
    try:
        return "made", make()
    except CodecError as error:
        return error.code, error.schema, error.version, error.path, error.problem
    except InvalidBatch as batch:
        return "faults", [(f.code, f.path, repr(f.value), f.expected) for f in batch.faults]
    except InvalidValue as error:
        return error.code, error.path, repr(error.value)


def agree(data, kind, plain=PLAIN, fast=FAST):
    answer = told(lambda: plain.loads(data, kind))
    assert told(lambda: fast.loads(data, kind)) == answer
    assert told(lambda: fast.loads(data, kind)) == answer  # with its plans made
    return answer


@given(everything)
def test_both_write_the_same_bytes_and_read_them_alike(value):
    stored = told(lambda: PLAIN.dumps(value))
    assert told(lambda: FAST.dumps(value)) == stored
    if stored[0] == "made":
        read = FAST.loads(stored[1], Everything)
        assert read == value
        assert repr(read) == repr(PLAIN.loads(stored[1], Everything))
        assert FAST.loads(stored[1].decode(), Everything) == value


@pytest.mark.parametrize(
    "value",
    [Empty(), Lone(3), Maybe(), Maybe(Leaf("a"), (Leaf("b"), Leaf("c")), True), Named(sku="T"), Both(1, last="x"), Own(1, 2), Positive(3), Box(Leaf("x")),
     Twig(Leaf("a"), Twig(Leaf("b"), Twig(Leaf("c"))))],
    ids=repr,
)  # fmt: skip
def test_every_form_of_constructor_is_called_as_it_wants(value):
    stored = PLAIN.dumps(value)
    assert FAST.dumps(value) == stored
    assert FAST.loads(stored, type(value)) == value


def test_good_data_take_the_fast_way(monkeypatch):
    whole = Everything(when=AT, leaves=(Leaf("a"),), shape=Leaf("b"), open="2026-11-11T00:00:00Z")
    stored = FAST.dumps(whole)

    def no(*_):
        raise AssertionError

    monkeypatch.setattr(Codec, "dumps", no)
    monkeypatch.setattr(Codec, "loads", no)
    assert FAST.dumps(whole) == stored
    assert FAST.loads(stored, Everything) == whole
    assert FAST.loads(FAST.dumps(Reason("a", facts={"at": AT})), Reason).facts["at"] == AT
    with pytest.raises(AssertionError):
        FAST.loads(stored + b" ", Everything)


@pytest.mark.parametrize(
    "value",
    [
        Lone(1.5),
        Lone(b"x"),
        Lone(Decimal("NaN")),
        Lone(dt.timedelta(1)),
        Lone(dt.datetime(2026, 1, 1)),
        Lone((1, {0.5})),
        Lone({"b": 1, "a": {2: 1.5}}),
        Lone(object()),
        Lone("\ud800"),
        Lone({"\ud800": 1}),
        Lone(10**5000),
        Lone((1, [2, {"a": 10**5000}])),
        Lone(Lone),
        Lone(range(3)),
        1.5,
        object(),
    ],
    ids=range(16),
)
def test_both_refuse_to_write_the_same(value):
    answer = told(lambda: PLAIN.dumps(value))
    assert answer[0] in {"encoding.unsupported", "ordercore.codec", "time.naive"}
    assert told(lambda: FAST.dumps(value)) == answer


def test_what_cannot_be_written_has_its_path():
    with pytest.raises(CodecError) as caught:
        PLAIN.dumps(Twig(Leaf("a"), Twig(Leaf("\udfff"))))
    assert (caught.value.path, caught.value.code) == ("$.value.next.leaf.name", "ordercore.codec")
    with pytest.raises(CodecError) as caught:
        FAST.dumps(Lone((1, 10**5000)))
    assert caught.value.path == "$.value.held[1]"
    endless = []
    endless.append(endless)
    for codec in (PLAIN, FAST):
        with pytest.raises(InvalidValue, match="encoding.too_deep"):
            codec.dumps(Lone(endless))


def test_odd_values_are_written_alike():
    for held in (
        (), [], {}, {"b": 1, "a": 2}, {Sku("b"): 1, "a": 2}, {"$": 1}, {1: 2}, frozenset({3, 1}), True,
        Sku("x"), Size.BIG, Colour.TWO, Currency("EUR"), dt.date(2026, 1, 1), dt.time(1, 2, 3, 4),
        Decimal("1E+3"), Fraction(3), AT, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), 2**64, -(2**63) - 1, "\x7f\x00",
        "\u2028</script>", {"\x7f": 1, "é": 2, "\U0001f600": 3, "\uffff": 4, '"': 5, "\\": 6},
    ):  # fmt: skip
        assert FAST.dumps(Lone(held)) == PLAIN.dumps(Lone(held))


LEAF = type_name(Leaf)


def stored(value, **more):
    return json.dumps(
        {"schema": LEAF, "value": value} | more, separators=(",", ":"), ensure_ascii=False
    )


GOOD = {"$": LEAF, "name": "a", "size": 1}


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b"", "$"),
        (b"{", "$"),
        (b"\xff", "$"),
        (b"\xef\xbb\xbf{}", "$"),
        (b"null", "$"),
        (b"[]", "$"),
        (stored(GOOD)[:-1].encode(), "$"),
        ((stored(GOOD) + "x").encode(), "$"),
        (stored(GOOD | {"size": float("nan")}).encode(), "$"),
        (stored(GOOD | {"size": 1.0}).encode(), "$"),
        (stored(GOOD | {"size": 1e300}).encode(), "$"),
        (stored(GOOD).replace(":1}", ":Infinity}").encode(), "$"),
        (stored(GOOD).replace(":1}", ":" + "9" * 5000 + "}").encode(), "$"),
        (stored(GOOD).replace(":1}", ":01}").encode(), "$"),
        (stored(GOOD).replace('"size":1', '"size":1,"size":1').encode(), "$.value.size"),
        (stored(GOOD).replace('"size":1', '"size":1,"name":"a"').encode(), "$.value.name"),
        (stored(GOOD).replace('"size":1', '"size":1,"size":1,').encode(), "$"),
        (stored([1, {"a": [{"b": 1}]}]).replace('"b":1', '"b":1,"b":2').encode(), "$.value[1].a[0].b"),
        (stored(GOOD).replace("{", '{"schema":"x",', 1).encode(), "$.schema"),
        (stored(GOOD | {"name": "\ud800"}).encode("utf-8", "surrogatepass"), "$"),
        (stored(GOOD | {"name": "\ud800"}), "$.value.name"),
        (stored(GOOD).replace('"a"', '"\\ud800"').encode(), "$.value.name"),
        (stored(GOOD).replace('"a"', '"\\udc00\\ud800"').encode(), "$.value.name"),
        (stored(GOOD).replace('"size"', '"\\udc00"').encode(), "$.value"),
        (stored(GOOD).replace('"a"', '"\x01"').encode(), "$"),
        (stored("[") .replace('"["', "[" * 300 + "]" * 300).encode(), "$"),
        (stored("[").replace('"["', "[" * 100_000).encode(), "$"),
        (stored("[").replace('"["', '{"a":' * 5000 + "1" + "}" * 5000).encode(), "$"),
        (stored("[").replace('"["', "[" * 100 + "}" * 150).encode(), "$"),
        (stored(GOOD, versions=[]), "$.versions"),
        (stored(GOOD, versions={LEAF: 2}), f"$.versions[{LEAF}]"),
        (stored(GOOD, versions={LEAF: 0}), f"$.versions[{LEAF}]"),
        (stored(GOOD).replace(LEAF, "kernel.Money", 1), "$.schema"),
    ],
    ids=lambda part: repr(part)[:50],
)  # fmt: skip
def test_hostile_data_are_refused_by_both_with_code_and_path(data, path):
    answer = agree(data, Leaf)
    assert (answer[0], answer[3]) == ("ordercore.codec", path)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (stored(GOOD), Leaf("a", 1)),
        (stored({"$": LEAF, "name": "a"}), Leaf("a")),
        (stored({"size": 1, "name": "a", "$": LEAF}), Leaf("a", 1)),
        (" " + stored(GOOD).replace(":", " : ") + "\n", Leaf("a", 1)),
        (stored(GOOD).replace(":1}", ":-0}"), Leaf("a", 0)),
        (stored(GOOD).replace('"a"', '"\\u0061\\ud83d\\ude00"'), Leaf("a😀", 1)),
        (stored(GOOD, extra=1), Leaf("a", 1)),
        (stored(GOOD, versions={}), Leaf("a", 1)),
        (stored(GOOD, versions={LEAF: 1}), Leaf("a", 1)),
        (stored(GOOD | {"size": -(2**70)}), Leaf("a", -(2**70))),
    ],
    ids=lambda part: repr(part)[:50],
)
def test_what_is_not_canonical_is_read_alike(data, value):
    assert agree(data, Leaf) == ("made", value)
    assert agree(data.encode(), Leaf) == ("made", value)


@pytest.mark.parametrize(
    ("value", "faults"),
    [
        (GOOD | {"size": True}, [("codec.type", "$.value.size")]),
        (GOOD | {"size": "1"}, [("codec.type", "$.value.size")]),
        (GOOD | {"b": 1}, [("codec.unknown_field", "$.value.b")]),
        ({"$": LEAF, "size": []}, [("codec.missing", "$.value.name"), ("codec.type", "$.value.size")]),
        ({"name": "a"}, [("codec.type", "$.value")]),
        ({"$": "kernel.Money", "minor": 1, "currency": "CNY"}, [("codec.unknown_type", "$.value.$")]),
        ([], [("codec.type", "$.value")]),
    ],
    ids=lambda part: repr(part)[:50],
)  # fmt: skip
def test_faults_of_a_value_are_told_alike(value, faults):
    answer = agree(stored(value), Leaf)
    assert answer[0] == "faults"
    assert {(code, path) for code, path, *_ in answer[1]} == set(faults)


def test_what_a_constructor_refuses_is_told_alike():
    tag = type_name(Positive)
    data = json.dumps({"schema": tag, "value": {"$": tag, "number": 0}}, separators=(",", ":"))
    assert agree(data, Positive)[1][0][:2] == ("number.not_positive", "$.value.number")


def test_deep_values_of_one_kind_are_judged_alike():
    for depth in (30, MAX_DEPTH // 2 - 5, MAX_DEPTH + 5):
        found = Condition(text="x", result=True)
        for _ in range(depth):
            found = Condition(text="x", result=True, parts=(found,))
        data = PLAIN.dumps(found)
        assert FAST.dumps(found) == data
        assert agree(data, Condition)[0] == ("made" if depth < MAX_DEPTH / 2 else "ordercore.codec")


def test_many_brackets_in_text_are_not_deep():
    leaf = Leaf('["\\{' * 300)
    wide = Everything(leaves=(leaf,) * 300)
    assert agree(PLAIN.dumps(leaf), Leaf) == ("made", leaf)
    assert agree(PLAIN.dumps(wide), Everything) == ("made", wide)


def test_old_versions_are_lifted_by_both():
    steps = [Upcaster(LEAF, 1, lambda old: {**old, "size": old["size"] * 1000})]
    plain, fast = Codec(steps, hosts=HOSTS), msgspec_codec(steps, hosts=HOSTS)
    now = plain.dumps(Leaf("a", 1))
    assert fast.dumps(Leaf("a", 1)) == now
    assert agree(now, Leaf, plain, fast) == ("made", Leaf("a", 1))
    assert agree(stored(GOOD), Leaf, plain, fast) == ("made", Leaf("a", 1000))
    assert agree(stored(GOOD, versions={LEAF: 1}), Leaf, plain, fast) == ("made", Leaf("a", 1000))
    assert agree(now, Leaf)[0] == "ordercore.codec"


def test_types_that_msgspec_does_not_know_are_left_to_the_plain_codec():
    for value, kind in (
        (3, int),
        ("a", str),
        (AT, Instant),
        (Sku("s"), Sku),
        (Fraction(1, 3), Fraction),
    ):
        data = PLAIN.dumps(value)
        assert FAST.dumps(value) == data
        assert FAST.loads(data, kind) == value
    answer = [told(lambda codec=codec: codec.loads(b'{"schema":"builtins.list","value":[]}', list)) for codec in (PLAIN, FAST)]  # fmt: skip
    assert answer[0] == answer[1]


if TYPE_CHECKING:
    from elsewhere import Unknown


@attrs.frozen
class Unresolved:
    held: Unknown


@attrs.frozen
class Calendar:
    days: FrozenMap[dt.date, int]


def test_annotations_that_only_a_checker_sees_can_be_written_and_not_read():
    plain, fast = Codec(hosts=[Unresolved]), msgspec_codec(hosts=[Unresolved])
    data = plain.dumps(Unresolved(1))
    assert fast.dumps(Unresolved(1)) == data
    for codec in (plain, fast):
        with pytest.raises(NameError):
            codec.loads(data, Unresolved)


def test_keys_that_look_like_tags_are_read_alike():
    reason = Reason("a", facts={"$": 1, "$map": "2026-11-11T00:00:00Z", "value": None})
    assert agree(FAST.dumps(reason), Reason) == ("made", reason)


def test_two_texts_of_one_key_are_refused_by_both():
    plain, fast = Codec(hosts=[Calendar]), msgspec_codec(hosts=[Calendar])
    good = Calendar(FrozenMap({dt.date(2026, 11, 11): 1}))
    assert agree(plain.dumps(good), Calendar, plain, fast) == ("made", good)
    data = plain.dumps(good).replace(b'"2026-11-11":1', b'"2026-11-11":1,"20261111":1')
    assert agree(data, Calendar, plain, fast)[1][0][:2] == (
        "codec.key_twice",
        "$.value.days[20261111]",
    )


SEEDS = [
    PLAIN.dumps(value)
    for value in (
        Everything(leaves=(Leaf("a"),), by_number=FrozenMap({1: "x"}), shape=Leaf("b")),
        Everything(by_leaf=FrozenMap({"$": Leaf("x")}), command=Receive(sku="T", node="n", quantity=1, command_id="c")),
    )
]  # fmt: skip
PIECES = [
    b"", b"1", b"1.0", b"-0", b"1e5", b"null", b"true", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b" ", b"\xff",
    b'"$"', b'"$map"', b'"a"', b"\\ud800", b"\xed\xa0\x80", b"NaN", b"99999999999999999999", b'{"$":"text","value":"x"}',
]  # fmt: skip


@settings(max_examples=300)
@given(st.sampled_from(SEEDS), st.data())
def test_spoilt_data_are_judged_alike(seed, data):
    spoilt = seed
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(spoilt)))
        end = start + data.draw(st.integers(0, 12))
        spoilt = spoilt[:start] + data.draw(st.sampled_from(PIECES)) + spoilt[end:]
    answer = agree(spoilt, Everything)
    if answer[0] == "made":
        assert agree(PLAIN.dumps(answer[1]), Everything) == answer


@given(st.binary(max_size=40) | st.text(max_size=40))
def test_any_bytes_are_read_or_refused_with_a_code(data):
    for codec in (PLAIN, FAST):
        with pytest.raises(OrdercoreError):
            codec.loads(data, Leaf)


def test_without_msgspec_the_error_names_the_extra():
    code = (
        "import sys\nsys.modules['msgspec'] = None\n"
        "from ordercore.codec import Codec, msgspec_codec\n"
        "from ordercore.kernel import InvalidValue, Money\n"
        "assert Codec().loads(Codec().dumps(Money(1, 'CNY')), Money)\n"
        "try:\n    msgspec_codec()\nexcept InvalidValue as error:\n"
        "    assert (error.code, error.path) == ('codec.extra', 'msgspec')\n"
        "    assert 'ordercore[codec]' in error.expected\n    print('named')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "named"
