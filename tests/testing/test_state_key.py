from __future__ import annotations

from itertools import permutations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore import orders
from ordercore.kernel import FrozenMap, InvalidValue, LineId, NodeId
from ordercore.testing import StateKey, explore, order_alphabet, order_key

LINES = (LineId("1"), LineId("2"), LineId("3"))
NODES = (NodeId("a"), NodeId("b"))


@attrs.frozen
class Piece:
    line: LineId
    units: int


@attrs.frozen
class Box:
    box_id: str
    node: NodeId | None
    pieces: tuple[Piece, ...]
    note: FrozenMap[LineId, int] = attrs.field(factory=FrozenMap)
    marks: tuple[str, ...] = ()


@attrs.frozen
class State:
    version: int
    boxes: tuple[Box, ...]
    queue: tuple[Box, ...] = ()
    chosen: LineId | None = None
    told: FrozenMap[str, int] = attrs.field(factory=FrozenMap)


def new_key(**options):
    options.setdefault("interchangeable", (LINES, NODES))
    return StateKey(
        left_out={"version", "Box.box_id"},
        unordered={"boxes", "pieces", "marks"},
        label_fields={"Box.marks": LineId},
        first=["queue"],
        **options,
    )


pieces = st.builds(Piece, st.sampled_from(LINES), st.integers(0, 2))
boxes = st.builds(
    Box,
    st.sampled_from(["x", "y"]),
    st.none() | st.sampled_from(NODES),
    st.lists(pieces, max_size=2).map(tuple),
    st.dictionaries(st.sampled_from(LINES), st.integers(0, 1), max_size=2).map(FrozenMap),
    st.lists(st.sampled_from(LINES).map(str), max_size=2).map(tuple),
)
states = st.builds(
    State,
    st.integers(0, 3),
    st.lists(boxes, max_size=3).map(tuple),
    st.lists(boxes, max_size=2).map(tuple),
    st.none() | st.sampled_from(LINES),
    st.dictionaries(st.sampled_from(["1", "a"]), st.integers(0, 1)).map(FrozenMap),
)


# --- the oracle: every renaming is written out, and compared as plain values ---


def renamed(state, names):
    def box(b):
        return (
            names.get(b.node),
            sorted(repr((names[p.line], p.units)) for p in b.pieces),
            sorted((names[line], n) for line, n in b.note.items()),
            sorted(names[LineId(mark)] for mark in b.marks),
        )

    return repr((
        sorted(map(repr, map(box, state.boxes))),
        [box(b) for b in state.queue],
        names.get(state.chosen),
        sorted(state.told.items()),
    ))  # fmt: skip


def written_out(state):
    return min(
        renamed(
            state, {**dict(zip(LINES, lines, strict=True)), **dict(zip(NODES, nodes, strict=True))}
        )
        for lines in permutations(LINES)
        for nodes in permutations(NODES)
    )


@given(st.lists(states, min_size=2, max_size=12))
def test_two_states_have_one_key_just_when_some_renaming_makes_them_equal(drawn):
    key = new_key()
    keys = [key(state) for state in drawn]
    oracle = [written_out(state) for state in drawn]
    for one in range(len(drawn)):
        for two in range(one):
            assert (keys[one] == keys[two]) == (oracle[one] == oracle[two])


@given(states, st.permutations(LINES), st.permutations(NODES), st.randoms(use_true_random=False))
def test_a_renamed_and_shuffled_state_has_the_same_key(state, lines, nodes, random):
    names = {
        **dict(zip(LINES, lines, strict=True)),
        **dict(zip(NODES, nodes, strict=True)),
        None: None,
    }

    def shuffled(items):
        items = list(items)
        random.shuffle(items)
        return tuple(items)

    def box(b):
        return Box(
            b.box_id + "'",
            names[b.node],
            shuffled(Piece(names[p.line], p.units) for p in b.pieces),
            FrozenMap({names[line]: n for line, n in b.note.items()}),
            shuffled(str(names[LineId(mark)]) for mark in b.marks),
        )

    other = State(
        state.version + 1,
        shuffled(map(box, state.boxes)),
        tuple(map(box, state.queue)),
        names[state.chosen],
        state.told,
    )
    key = new_key()
    assert key(state) == key(other)


@given(st.lists(states, min_size=1, max_size=6), st.lists(boxes, max_size=3))
def test_a_key_does_not_depend_on_what_was_read_before(drawn, more):
    key, fresh = new_key(), new_key()
    for state in drawn:
        grown = attrs.evolve(state, boxes=(*state.boxes, *more), version=state.version + 1)
        key.at(state)
        mine = (key(grown), key(state), key(grown))
        assert (mine[0] == mine[1]) == (fresh(grown) == fresh(state))
        assert mine[0] == mine[2]


def test_without_groups_labels_stand_for_themselves():
    key = new_key(interchangeable=())
    first, second = (State(1, (Box("x", node, ()),)) for node in NODES)
    assert key(first) != key(second)
    assert key(first) == key(attrs.evolve(first, version=2))


def test_a_field_that_nobody_named_counts():
    @attrs.frozen
    class Later(State):
        hold: bool = False

    key = new_key()
    assert key(Later(1, ())) != key(Later(1, (), hold=True))


@pytest.mark.parametrize("group", [(LINES[0], NODES[0]), ("1", "2")])
def test_labels_of_a_group_are_identifiers_of_one_type(group):
    with pytest.raises(InvalidValue) as raised:
        StateKey(interchangeable=[group])
    assert raised.value.code == "state_key.labels"


def test_every_field_of_an_order_and_its_parts_counts_but_those_named():
    """Which fields the explorer does not tell orders apart by, each with the reason beside it."""
    key = order_key(order_alphabet())
    assert key.left_out == {
        # names; a fulfilment order that refers to a shipment has its lines as well
        "order_id", "allocation_id", "shipment_id", "return_id", "fulfilment_id",
        "version", "audit_head", "commands_seen", "facts_seen",  # how long the history was, its ids
        "placed_at", "last_at", "shipped_at",  # instants that no timer reads
        "command_id",  # names of commands that wait
        "hold_id", "Control.ended",  # names used once; pauses count for time limits alone
    }  # fmt: skip


# --- on orders ---

SMALL = {"lines": 2, "units": 1, "nodes": 2, "payment": ("prepay", "refund")}


def reached(key, alphabet, **bounds):
    found = []
    explore(orders, alphabet=alphabet, key=key, visit=found.append, repeats=False, **bounds)
    return found


@pytest.mark.parametrize(
    "options",
    [SMALL, {**SMALL, "nodes": 1, "returns": ("reject",), "holds": True}],
    ids=["plain", "held"],
)
def test_symmetry_loses_no_state_up_to_renaming(options):
    """With holds, which line is held goes along when lines are exchanged for each other."""
    alphabet = order_alphabet(**options)
    every = reached(order_key(alphabet, symmetric=False), alphabet)
    judge = order_key(alphabet)
    kept = [judge(order) for order in reached(order_key(alphabet), alphabet)]
    assert len(kept) == len(set(kept)) < len(every) * 0.6
    assert set(kept) == {judge(order) for order in every}
