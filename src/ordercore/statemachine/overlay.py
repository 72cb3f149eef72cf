"""Overlays: a stage or a gate more, as a value, for the machines that need it.

A stage is a state put between two others, with one command that completes it; a gate is evidence
that a command asks for. Parts are applied stages first, each as soon as the states that it names
are there, then the gates; so parts that touch different transitions may stand in any order.

Example:
    >>> from ordercore.statemachine import Machine, MachineSpec, State, Transition, gate, stage
    >>> parcel = Machine(
    ...     MachineSpec(
    ...         "parcel",
    ...         version="1",
    ...         initial="packed",
    ...         states=[
    ...             State("packed"),
    ...             State("sent"),
    ...             State("delivered", terminal=True),
    ...             State("cancelled", terminal=True),
    ...         ],
    ...         transitions=[
    ...             Transition("hand_over", "packed", "sent"),
    ...             Transition("cancel", "packed", "cancelled"),
    ...             Transition("deliver", "sent", "delivered"),
    ...         ],
    ...         commands=["hand_over", "cancel", "deliver"],
    ...     )
    ... )
    >>> abroad = parcel.with_(
    ...     stage("customs", after="packed", needs="customs.release"),
    ...     gate("hand_over", needs="customs.declaration_no"),
    ...     version="2",
    ... )
    >>> for edge in abroad.transitions:
    ...     print(edge)
    customs --cancel--> cancelled
    customs --complete_stage--> sent [customs.release]
    packed --cancel--> cancelled
    packed --hand_over--> customs [customs.declaration_no]
    sent --deliver--> delivered
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias, cast

import attrs

from ordercore.kernel import FaultList, InvalidValue, Json, as_tuple, checked, problems
from ordercore.statemachine.json_reading import (
    JsonObject,
    limit_to_json,
    limits_to_json,
    made,
    titles_to_json,
    words_to_json,
)
from ordercore.statemachine.parts import COMPLETE_STAGE, Gate, Stage

__all__ = ["Overlay", "Part"]

Part: TypeAlias = Stage | Gate
"""What an overlay is made of."""


def _parts(given: Iterable[Part | Overlay]) -> tuple[Part, ...]:
    items = (given,) if isinstance(given, Stage | Gate | Overlay) else as_tuple(given)
    if type(items) is not tuple:
        return cast("tuple[Part, ...]", items)
    parts: list[Part] = []
    for index, part in enumerate(items):
        if isinstance(part, Overlay):
            parts += part.parts
        elif isinstance(part, Stage | Gate):
            parts.append(part)
        else:
            raise InvalidValue("type.wrong", f"parts[{index}]", part, "a stage, gate or overlay")
    return tuple(parts)


@attrs.frozen
@checked
class Overlay:
    """Stages and gates kept together under no version: the same for every machine that takes them.

    An overlay among the parts is its own parts.

    Raises:
        InvalidValue: ``type.wrong`` for what is none of them.

    Example:
        >>> from ordercore.statemachine import gate
        >>> tax = Overlay([gate("hand_over", needs="tax.review")])
        >>> Overlay.from_json(tax.to_json()) == tax
        True
    """

    parts: tuple[Part, ...] = attrs.field(default=(), converter=_parts)

    def to_json(self) -> dict[str, Json]:
        """The parts as plain JSON data, for people to read and keep.

        Example:
            >>> from ordercore.statemachine import gate
            >>> Overlay([gate("hand_over", needs="tax.review")]).to_json()
            {'parts': [{'gate': 'hand_over', 'needs': ['tax.review']}]}
        """
        return {"parts": [_part_to_json(part) for part in self.parts]}

    @classmethod
    def from_json(cls, data: object) -> Overlay:
        """The overlay of JSON data.

        Raises:
            InvalidBatch: every place where the data has another form (``machine.json``,
                ``machine.json_missing``, ``machine.json_unknown``), and what the parts refuse.
        """
        faults = problems()
        found = JsonObject(data, "", faults, ("parts",))
        parts = [_part_from_json(item, place, faults) for item, place in found.listed("parts")]
        faults.raise_if_any("overlay")
        return cls(part for part in parts if part is not None)


# --- the JSON form ----------------------------------------------------------------------------

_STAGE_NAMES = ("edges", "needs", "roles")
_STAGE_TEXTS = ("before", "category", "counts_as")
_STAGE_OPTIONAL = (
    *_STAGE_NAMES,
    *_STAGE_TEXTS,
    *("completes", "allows", "limit", "limits", "calendar", "titles", "notes", "words"),
)


def _part_to_json(part: Part) -> dict[str, Json]:
    if isinstance(part, Gate):
        asked: dict[str, Json] = {"gate": part.command, "needs": list(part.needs)}
        if part.at:
            asked["at"] = list(part.at)
        return asked | ({"words": words_to_json(part.words)} if part.words else {})
    data: dict[str, Json] = {"stage": part.id, "after": part.after}
    for key in _STAGE_TEXTS:
        if getattr(part, key) is not None:
            data[key] = getattr(part, key)
    for key in _STAGE_NAMES:
        if getattr(part, key):
            data[key] = list(getattr(part, key))
    if part.completes != COMPLETE_STAGE:
        data["completes"] = part.completes
    if part.allows is not None:
        data["allows"] = list(part.allows)
    if part.limit is not None:
        data["limit"] = limit_to_json(part.limit)
    if part.limits:
        data["limits"] = limits_to_json(part.limits)
    if part.calendar:
        data["calendar"] = part.calendar
    for key in ("titles", "notes"):
        if getattr(part, key):
            data[key] = titles_to_json(getattr(part, key))
    if part.words:
        data["words"] = words_to_json(part.words)
    return data


def _part_from_json(data: object, path: str, faults: FaultList) -> Part | None:
    if isinstance(data, Mapping) and "gate" in data:
        found = JsonObject(data, path, faults, ("gate", "needs"), ("at", "words"))
        command, needs, at = found.text("gate"), found.texts("needs"), found.texts("at")
        asked = found.words("words")
        if not found.sound:
            return None
        return made(lambda: Gate(command, needs=needs, at=at, words=asked), path, faults)
    found = JsonObject(data, path, faults, ("stage", "after"), _STAGE_OPTIONAL)
    stage_id, after = found.text("stage"), found.text("after")
    before, category, counts_as = (
        found.text(key) if key in found else None for key in _STAGE_TEXTS
    )
    edges, needs, roles = (found.texts(key) for key in _STAGE_NAMES)
    completes = found.text("completes") if "completes" in found else COMPLETE_STAGE
    allows = found.texts("allows") if "allows" in found else None
    limit, limits, calendar = found.limit("limit"), found.limits("limits"), found.text("calendar")
    titles, notes, words = found.titles("titles"), found.titles("notes"), found.words("words")
    if not found.sound:
        return None

    def make() -> Stage:
        return Stage(
            stage_id,
            after=after,
            before=before,
            edges=edges,
            completes=completes,
            needs=needs,
            roles=roles,
            allows=allows,
            limit=limit,
            limits=limits,
            calendar=calendar,
            category=category,
            counts_as=counts_as,
            titles=titles,
            notes=notes,
            words=words,
        )

    return made(make, path, faults)
