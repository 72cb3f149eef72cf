"""When two states are one: a canonical key of a value, read from its fields, up to symmetry.

Two states are one when they differ only in fields that are left out, in the order of collections
that have none, and in which of several interchangeable labels stands where. The key is the least
of all renamings, so that it is the same for all of them and for no other state.

It is made for exploration, where a successor shares most of its parts with its state: parts are
numbered when they are first met, renamings of a part are remembered, and what a successor shares
is not read again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from enum import Enum
from itertools import compress, count, permutations, product
from operator import attrgetter, is_not
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs

from ordercore.kernel import Identifier, InvalidValue

__all__ = ["StateKey"]

S = TypeVar("S")


class _Part:
    """A part that was met: how it was read, and what it becomes under each renaming.

    Each exists once, so that it is compared by identity and never taken for a count of units.
    """

    __slots__ = ("form", "images", "number", "reader")

    def __init__(self, number: int, reader: _Reader, form: tuple[object, ...]) -> None:
        self.number = number
        self.reader = reader
        self.form = form
        self.images: dict[int, _Part] = {}


class _Pairs(tuple[tuple[object, object], ...]):
    """A map's entries; a type of its own, since they are sorted anew when keys are renamed."""

    __slots__ = ()


_Renaming = Mapping[Identifier, Identifier]
_Least = tuple[tuple[int, ...], tuple[int, ...], int]


def _is_plain(kind: object) -> bool:
    """Whether values of a type are read as they stand: counts, codes, names and labels."""
    if get_origin(kind) in {Union, UnionType}:
        return all(_is_plain(part) for part in get_args(kind))
    if not isinstance(kind, type) or issubclass(kind, Enum):
        return False
    return kind in {int, bool, NoneType} or issubclass(kind, str)


class _Reader:
    """How a class of parts is read, by the fields that it has."""

    __slots__ = ("last", "nested", "parts", "plain")

    def __init__(
        self,
        kind: type,
        left_out: frozenset[str],
        unordered: frozenset[str],
        label_fields: Mapping[str, type[Identifier]],
    ) -> None:
        hints = _hints(kind)
        plain: list[str] = []
        self.nested: list[tuple[Callable[[object], object], bool]] = []
        for field in attrs.fields(kind):
            if field.name in left_out or f"{kind.__name__}.{field.name}" in left_out:
                continue
            hint = hints.get(field.name)
            label = label_fields.get(f"{kind.__name__}.{field.name}")
            if label is not None:
                self.nested.append((_labels(field.name, label), field.name in unordered))
            elif _is_plain(hint):
                plain.append(field.name)
            elif isinstance(hint, type) and issubclass(hint, Enum):
                # An enumeration's member takes longer to hash than its value.
                plain.append(f"{field.name}._value_")
            else:
                self.nested.append((attrgetter(field.name), field.name in unordered))
        self.plain: Callable[[Any], tuple[object, ...]] = _getter(plain)
        self.parts: dict[tuple[object, ...], _Part] = {}
        # Many parts share the same facts about their item, say; one look tells.
        self.last: tuple[object, _Part | None] = (None, None)


def _hints(kind: type) -> dict[str, object]:
    try:
        return get_type_hints(kind)
    except NameError:
        # A class within a function; its parts are then read by what they are.
        return {}


def _getter(names: list[str]) -> Callable[[Any], tuple[object, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    if names:
        only = attrgetter(names[0])
        return lambda value: (only(value),)
    return lambda _: ()


def _labels(name: str, label: type[Identifier]) -> Callable[[object], object]:
    """Reads a tuple of plain texts as the labels that they are."""
    texts = attrgetter(name)
    return lambda value: tuple([label(text) for text in texts(value)])


class StateKey(Generic[S]):
    """A key function for :func:`explore`: equal for states that are one, and for no others.

    Every field of the state and of its parts counts, whatever its type, unless it is left out;
    so a field that a later version adds is part of the key by itself. Ids by which parts refer
    to each other are to be left out only where nothing refers to them.

    Args:
        left_out: Names of fields that do not count, of any class (``"version"``) or of one
            (``"Shipment.shipment_id"``).
        unordered: Names of fields that hold tuples whose order does not matter.
        interchangeable: Groups of labels that may be exchanged for each other everywhere in a
            state without changing what can happen to it.
        label_fields: Fields of parts (``"HoldScope.ids"``) that hold labels as a tuple of plain
            texts, and the type of the labels; without it they would stay when labels are exchanged.
        first: Fields of the state whose labels stand in a telling order; read first, they settle
            most renamings at once. They change the speed and never which states are one.

    Raises:
        InvalidValue: ``state_key.labels`` for a group of labels that are no identifiers of one
            type.

    Example:
        >>> import attrs
        >>> from ordercore.kernel import LineId
        >>> @attrs.frozen
        ... class Part:
        ...     line_id: LineId
        ...     units: int
        >>> @attrs.frozen
        ... class Parcel:
        ...     version: int
        ...     parts: tuple[Part, ...]
        >>> one, two = LineId("1"), LineId("2")
        >>> key = StateKey(left_out=["version"], unordered=["parts"], interchangeable=[(one, two)])
        >>> first = Parcel(7, (Part(one, 0), Part(two, 5)))
        >>> key(first) == key(Parcel(9, (Part(one, 5), Part(two, 0))))
        True
        >>> key(first) == key(Parcel(7, (Part(one, 5), Part(two, 5))))
        False
    """

    __slots__ = (
        "_all",
        "_base_forms",
        "_base_least",
        "_base_values",
        "_kept",
        "_least",
        "_parts",
        "_places",
        "_readers",
        "_renamings",
        "_root",
        "_seen",
        "first",
        "interchangeable",
        "label_fields",
        "left_out",
        "unordered",
    )

    def __init__(
        self,
        *,
        left_out: Iterable[str] = (),
        unordered: Iterable[str] = (),
        interchangeable: Iterable[Iterable[Identifier]] = (),
        label_fields: Mapping[str, type[Identifier]] | None = None,
        first: Iterable[str] = (),
    ) -> None:
        self.left_out = frozenset(left_out)
        self.unordered = frozenset(unordered)
        self.interchangeable = tuple(tuple(group) for group in interchangeable)
        self.label_fields = dict(label_fields or {})
        self.first = tuple(first)
        for group in self.interchangeable:
            kinds = {type(label) for label in group}
            if len(kinds) > 1 or not all(issubclass(kind, Identifier) for kind in kinds):
                raise InvalidValue(
                    "state_key.labels", "interchangeable", group, "identifiers of one type"
                )
        self._renamings: tuple[_Renaming, ...] = tuple(
            {old: new for old, new in _pairs(self.interchangeable, choice) if old != new}
            for choice in product(*[permutations(group) for group in self.interchangeable])
        )
        self._all = tuple(range(len(self._renamings)))
        self._readers: dict[type, _Reader] = {}
        self._parts = 0
        self._seen: dict[object, int] = {}
        # By field, form and the renamings that are left: those left after it, and its image.
        self._least: dict[object, _Least] = {}
        self._kept: dict[tuple[int, ...], tuple[int, ...]] = {self._all: self._all}
        self._base_least: list[_Least] = []
        self._root: tuple[Callable[[Any], tuple[object, ...]], tuple[bool, ...], int] | None = None
        self._places = range(0)
        self._base_values: tuple[object, ...] = ()
        self._base_forms: list[object] = []

    def __call__(self, state: S) -> Hashable:
        """The key of a state. O(what it does not share with the state of :meth:`at`)."""
        return self._least_of(self._forms(state)[1])[0]

    def at(self, state: S) -> None:
        """Expect successors of this state next; what they share with it is not read again."""
        values, forms = self._forms(state)
        self._base_least = self._least_of(forms)[1]
        self._base_values, self._base_forms = values, forms

    # --- reading ---

    def _forms(self, state: S) -> tuple[tuple[object, ...], list[object]]:
        if self._root is None:
            self._root = self._root_of(type(state))
            self._places = range(len(self._root[1]))
        values = self._root[0](state)
        base = self._base_values
        if not base:
            return values, [self._form(value) for value in values]
        forms = self._base_forms.copy()
        for index in compress(self._places, map(is_not, values, base)):
            value, known = values[index], base[index]
            if type(value) is tuple and type(known) is tuple:
                forms[index] = self._items(value, known, forms[index])
            else:
                forms[index] = self._form(value)
        return values, forms

    def _items(
        self, items: tuple[object, ...], known: tuple[object, ...], forms: object
    ) -> tuple[object, ...]:
        """The forms of a tuple of which some items stand where they stood before."""
        told: list[object] = list(cast("tuple[object, ...]", forms))
        del told[len(items) :]
        for index in compress(count(), map(is_not, items, known)):
            told[index] = self._form(items[index])
        for item in items[len(known) :]:
            told.append(self._form(item))  # noqa: PERF401 - few or none
        return tuple(told)

    def _root_of(
        self, kind: type
    ) -> tuple[Callable[[Any], tuple[object, ...]], tuple[bool, ...], int]:
        """The fields of the state: those that hold labels in front, the telling ones first."""
        hints = _hints(kind)
        names = [field.name for field in attrs.fields(kind) if field.name not in self.left_out]
        labelled = [name for name in self.first if name in names]
        plain = []
        for name in names:
            hint = hints.get(name)
            if _is_plain(hint) and not _may_label(hint, self.interchangeable):
                plain.append(name)
            elif isinstance(hint, type) and issubclass(hint, Enum):
                plain.append(f"{name}._value_")
            elif name not in labelled:
                labelled.append(name)
        order = [*labelled, *plain]
        return _getter(order), tuple(name in self.unordered for name in order), len(labelled)

    def _form(self, value: object) -> object:
        kind = type(value)
        if kind is tuple:
            return tuple([self._form(item) for item in cast("tuple[object, ...]", value)])
        reader = self._readers.get(kind)
        if reader is None:
            if not attrs.has(kind):
                if isinstance(value, Mapping):
                    return _Pairs((key, self._form(item)) for key, item in value.items())
                return value
            reader = self._readers[kind] = _Reader(
                kind, self.left_out, self.unordered, self.label_fields
            )
        last, part = reader.last
        if value is last:
            return part
        form = reader.plain(value)
        if reader.nested:
            form += tuple([self._form(get(value)) for get, _ in reader.nested])
        part = reader.parts.get(form)
        if part is None:
            part = self._part(reader, form)
        reader.last = value, part
        return part

    def _part(self, reader: _Reader, form: tuple[object, ...]) -> _Part:
        part = reader.parts.get(form)
        if part is None:
            part = reader.parts[form] = _Part(self._parts, reader, form)
            self._parts += 1
        return part

    # --- renaming ---

    def _image(self, form: object, index: int, *, unordered: bool = False) -> object:
        """What a form becomes under a renaming."""
        if type(form) is _Part:
            image = form.images.get(index)
            if image is None:
                image = form.images[index] = self._renamed(form, index)
            return image
        if type(form) is tuple:
            items = [self._image(item, index) for item in form]
            return tuple(_sorted(items) if unordered else items)
        if type(form) is _Pairs:
            pairs = [(self._image(key, index), self._image(item, index)) for key, item in form]
            return _Pairs(sorted(pairs, key=_rank))
        if isinstance(form, Identifier):
            new = self._renamings[index].get(form)
            return form if new is None or type(new) is not type(form) else new
        return form

    def _renamed(self, part: _Part, index: int) -> _Part:
        """The part with every label in it renamed; remembered, as parts come again and again."""
        nested = part.reader.nested
        plain = len(part.form) - len(nested)
        return self._part(
            part.reader,
            tuple(
                self._image(item, index, unordered=place >= plain and nested[place - plain][1])
                for place, item in enumerate(part.form)
            ),
        )

    def _number(self, image: object) -> int:
        """A small number for an image, so that keys are small and quick to compare."""
        seen = self._seen
        number = seen.get(image)
        if number is None:
            number = seen[image] = len(seen)
        return number

    def _least_of(self, forms: list[object]) -> tuple[Hashable, list[_Least]]:
        """The least image of the labelled fields, one after the other; the rest as it is."""
        assert self._root is not None
        _, unordered, labelled = self._root
        base_forms, base_least = self._base_forms, self._base_least
        candidates = self._all
        told: list[_Least] = []
        for place in range(labelled):
            form = forms[place]
            least: _Least | None = None
            if base_least:
                least = base_least[place]
                if form is not base_forms[place] or candidates is not least[0]:
                    least = None
            if least is None:
                known = (place, form, candidates)
                least = self._least.get(known)
                if least is None:
                    least = self._best(form, candidates, unordered[place])
                    self._least[known] = least
            told.append(least)
            candidates = least[1]
        return (*[image for _, _, image in told], *forms[labelled:]), told

    def _best(self, form: object, candidates: tuple[int, ...], unordered: bool) -> _Least:
        images = [
            self._number(self._image(form, index, unordered=unordered)) for index in candidates
        ]
        least = min(images)
        kept = tuple(
            index for index, image in zip(candidates, images, strict=True) if image == least
        )
        return candidates, self._kept.setdefault(kept, kept), least


def _may_label(hint: object, groups: tuple[tuple[Identifier, ...], ...]) -> bool:
    kinds = {type(label) for group in groups for label in group}
    return any(part in kinds for part in (hint, *get_args(hint)))


def _pairs(
    groups: tuple[tuple[Identifier, ...], ...], choice: tuple[tuple[Identifier, ...], ...]
) -> Iterable[tuple[Identifier, Identifier]]:
    for group, renamed in zip(groups, choice, strict=True):
        yield from zip(group, renamed, strict=True)


def _sorted(items: list[object]) -> list[object]:
    if len(items) < 2:
        return items
    return sorted(items, key=_rank)


def _rank(item: object) -> tuple[int, str]:
    """An order of forms; which one does not matter, as long as it is one."""
    if type(item) is _Part:
        return item.number, ""
    if isinstance(item, tuple):
        return -1, "".join([f"{rank} {text} " for rank, text in map(_rank, item)])
    return -1, repr(item)
