"""Values that are made without a second check, and what is asked of them still."""

from __future__ import annotations

import pickle

import attrs
import pytest

from ordercore.kernel import (
    FrozenMap,
    InvalidValue,
    Money,
    as_map,
    as_tuple,
    changed,
    checked,
    in_motion,
    refrozen,
    thawed,
    trusted,
)


@attrs.frozen
@checked
class Parcel:
    label: str
    kind: str = "box"
    weights_g: tuple[int, ...] = attrs.field(default=[], converter=as_tuple, kw_only=True)
    words: FrozenMap[str, str] = attrs.field(factory=dict, converter=as_map, kw_only=True)
    weight_g: int = attrs.field(init=False, eq=False, default=0)

    def __attrs_post_init__(self):
        if not self.label:
            raise InvalidValue("parcel.label", "label", self.label, "a label")
        object.__setattr__(self, "weight_g", sum(self.weights_g))


def test_a_trusted_value_is_the_value_that_the_constructor_makes():
    given = {"weights_g": (250, 90), "words": FrozenMap({"en": "Tea"})}
    made, usual = trusted(Parcel)("a", "bag", **given), Parcel("a", "bag", **given)
    assert made == usual
    assert type(made) is Parcel
    assert hash(made) == hash(usual)
    assert repr(made) == repr(usual)
    assert made.weight_g == 340
    assert pickle.loads(pickle.dumps(made)) == usual
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        made.label = "b"


def test_defaults_are_those_of_the_constructor():
    made = trusted(Parcel)("a")
    assert made == Parcel("a")
    assert type(made.weights_g) is tuple
    assert type(made.words) is FrozenMap


def test_what_is_given_is_kept_as_it_is():
    weights = [1]
    assert trusted(Parcel)("a", weights_g=weights).weights_g is weights


def test_what_the_class_asks_for_itself_is_asked():
    with pytest.raises(InvalidValue) as caught:
        trusted(Parcel)("")
    assert caught.value.code == "parcel.label"
    with pytest.raises(InvalidValue) as caught:
        changed(Parcel("a"), label="")
    assert caught.value.code == "parcel.label"


def test_arguments_are_those_of_the_constructor():
    for wrong in (
        lambda: trusted(Parcel)(),
        lambda: trusted(Parcel)("a", "b", (1,)),
        lambda: trusted(Parcel)("a", width=1),
    ):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(AttributeError):
        changed(Parcel("a"), width=1)


def test_a_default_of_the_value_itself_has_to_be_given():
    @attrs.frozen
    class Run:
        count: int
        twice: int = attrs.field(
            default=attrs.Factory(lambda self: 2 * self.count, takes_self=True)
        )

    assert trusted(Run)(2, 4) == Run(2)
    with pytest.raises(TypeError):
        trusted(Run)(2)


def test_the_same_function_at_every_call():
    assert trusted(Parcel) is trusted(Parcel)


def test_a_copy_differs_only_where_it_is_asked():
    before = Parcel("a", weights_g=[1], words={"en": "Tea"})
    after = changed(before, weights_g=(1, 2))
    assert after == attrs.evolve(before, weights_g=[1, 2])
    assert type(after) is Parcel
    assert (before.weight_g, after.weight_g) == (1, 3)
    assert changed(Money(5, "EUR"), minor=7) == Money(7, "EUR")
    assert changed(before) == before


@in_motion
class OpenParcel(Parcel):
    __slots__ = ()

    label: str
    weights_g: tuple[int, ...]


def test_a_value_in_motion_is_a_copy_until_it_is_frozen():
    before = Parcel("a", weights_g=[1])
    moving = thawed(OpenParcel, before)
    assert type(moving) is OpenParcel
    moving.label = "b"
    moving.weights_g += (2,)
    del moving.kind
    moving.kind = "bag"
    with pytest.raises(AttributeError):
        moving.width = 1
    after = refrozen(Parcel, moving)
    assert after is moving
    assert after == Parcel("b", "bag", weights_g=[1, 2])
    assert (type(after), after.weight_g) == (Parcel, 3)
    assert before == Parcel("a", weights_g=[1])
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        after.label = "c"


def test_what_was_moved_out_of_the_class_s_law_is_not_frozen():
    moving = thawed(OpenParcel, Parcel("a"))
    moving.label = ""
    with pytest.raises(InvalidValue) as caught:
        refrozen(Parcel, moving)
    assert caught.value.code == "parcel.label"


def test_a_class_without_a_law_is_moved_too():
    @attrs.frozen
    class Step:
        length_mm: int

    @in_motion
    class OpenStep(Step):
        __slots__ = ()

        length_mm: int

    moving = thawed(OpenStep, Step(5))
    moving.length_mm += 2
    assert refrozen(Step, moving) == Step(7)
