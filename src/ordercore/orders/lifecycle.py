"""The life cycles of the header, of fulfilment and of returns, as machines; built on first use.

The header is small on purpose: it says only whether the seller is bound and whether the order
has ended. Everything else is read off quantities and money.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TypeAlias

from ordercore.kernel import Choice, FrozenMap
from ordercore.orders.lifecycle_words import (
    FULFILMENT_STATES,
    FULFILMENT_WORDS,
    RETURN_STATES,
    RETURN_WORDS,
)
from ordercore.statemachine import Machine, MachineSpec, State, Transition

__all__ = ["Lifecycle", "fulfilment", "lifecycle", "moves", "returning", "stages_after"]


class Lifecycle(Choice):
    """The stored header. A cancelled or expired order has ended; only a closed one is reopened."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


Moves: TypeAlias = Mapping[tuple[Lifecycle, str], Lifecycle]

# An edge to the same stage is a command that the stage allows and that does not move the header.
_STAYS: Mapping[str, tuple[str, ...]] = FrozenMap(
    {
        "draft": ("cancel_units", "allow"),
        "submitted": (
            "allocate",
            "reserve",
            "release",
            "cancel_units",
            "allow",
            "edit_order",
            "transfer_out",
            "transfer_in",
        ),
        "confirmed": (
            "allocate",
            "reserve",
            "release",
            "ship",
            "cancel_units",
            "request_return",
            "receive_return",
            "allow",
            "plan_fulfilment",
            "release_fulfilment",
            "start_picking",
            "confirm_pick",
            "pack_fulfilment",
            "hand_over",
            "complete_stage",
            "set_appointment",
            "cancel_fulfilment",
            "migrate_flow",
            "issue_invoice",
            "edit_order",
            "request_exchange",
            "lapse_exchange",
            "transfer_out",
            "transfer_in",
        ),
        "closed": ("issue_invoice",),
    }
)
_MOVES: tuple[tuple[str, str, str], ...] = (
    ("submit", "draft", "submitted"),
    ("cancel_order", "draft", "cancelled"),
    ("confirm", "submitted", "confirmed"),
    ("cancel_order", "submitted", "cancelled"),
    ("expire", "submitted", "expired"),
    ("cancel_order", "confirmed", "cancelled"),
    ("close", "confirmed", "closed"),
    ("reopen", "closed", "confirmed"),
)
_FULFILMENT_STATES: tuple[tuple[str, str, str], ...] = (
    ("planned", "open", "allocated"),
    ("released", "open", "reserved"),
    ("picking", "open", "reserved"),
    ("packed", "open", "packed"),
    ("handed_over", "under_way", "shipped"),
    ("in_transit", "under_way", "shipped"),
    ("out_for_delivery", "under_way", "shipped"),
    ("failed", "under_way", "shipped"),
    ("returning", "under_way", "shipped"),
    ("delivered", "done", "delivered"),
    ("returned", "done", "returned"),
    ("lost", "done", "written_off"),
    ("cancelled", "done", "cancelled"),
)
_FULFILMENT: tuple[tuple[str, str, str], ...] = (
    ("release", "planned", "released"),
    ("cancel", "planned", "cancelled"),
    ("pick", "released", "picking"),
    ("cancel", "released", "cancelled"),
    ("pack", "picking", "packed"),
    ("cancel", "picking", "cancelled"),
    ("hand_over", "packed", "handed_over"),
    ("cancel", "packed", "cancelled"),
    ("depart", "handed_over", "in_transit"),
    ("deliver", "handed_over", "delivered"),
    ("go_out", "in_transit", "out_for_delivery"),
    ("deliver", "in_transit", "delivered"),
    ("lose", "in_transit", "lost"),
    ("deliver", "out_for_delivery", "delivered"),
    ("fail", "out_for_delivery", "failed"),
    ("go_out", "failed", "out_for_delivery"),
    ("turn_back", "failed", "returning"),
    ("take_back", "returning", "returned"),
    ("lose", "returning", "lost"),
)


def _verbs() -> tuple[str, ...]:
    verbs = {verb for verb, *_ in _MOVES}
    return tuple(sorted(verbs.union(*_STAYS.values())))


@cache
def lifecycle() -> Machine:
    """The machine of the header: which command is allowed in which stage and where it leads.

    Example:
        >>> lifecycle().initial
        'draft'
    """
    return Machine.build(
        MachineSpec(
            id="order",
            version="2",
            initial="draft",
            states=(
                State("draft", category="open"),
                State("submitted", category="open"),
                State("confirmed", category="open"),
                State("closed", category="done"),
                State("cancelled", category="done", terminal=True),
                State("expired", category="done", terminal=True),
            ),
            transitions=(
                *(Transition(*move) for move in _MOVES),
                *(
                    Transition(verb, stage, stage)
                    for stage, verbs in _STAYS.items()
                    for verb in verbs
                ),
            ),
            commands=_verbs(),
            words={"complete_stage": {"en": "Complete a stage", "zh": "完成阶段"}},
        )
    )


@cache
def moves() -> Moves:
    """The edges of :func:`lifecycle` as one table, which is what deciding looks at.

    Example:
        >>> moves()[Lifecycle.SUBMITTED, "confirm"]
        <Lifecycle.CONFIRMED: 'confirmed'>
    """
    return FrozenMap(
        {
            (Lifecycle(edge.source), edge.command): Lifecycle(edge.target)
            for edge in lifecycle().transitions
        }
    )


@cache
def stages_after(stage: Lifecycle) -> tuple[Lifecycle, ...]:
    """The stages that commands can lead to from one, in the order of their distance.

    Example:
        >>> [str(later) for later in stages_after(Lifecycle.CONFIRMED)]
        ['confirmed', 'cancelled', 'closed']
    """
    found: list[Lifecycle] = []
    todo = [stage]
    while todo:
        here = todo.pop(0)
        for (source, _), target in moves().items():
            if source is here and target not in found:
                found.append(target)
                todo.append(target)
    return tuple(found)


@cache
def fulfilment() -> Machine:
    """The machine of a fulfilment order: from the plan of a node to the buyer's door.

    Each state counts as a position of the quantity ledger, and no edge leads back on that way.

    Example:
        >>> fulfilment().initial, fulfilment().state("in_transit").counts_as
        ('planned', 'shipped')
    """
    titles = dict(FULFILMENT_STATES)
    return Machine.build(
        MachineSpec(
            id="fulfilment",
            version="2",
            initial="planned",
            states=tuple(
                State(
                    name,
                    category=category,
                    counts_as=counts_as,
                    terminal=category == "done",
                    titles={"zh": titles[name]},
                )
                for name, category, counts_as in _FULFILMENT_STATES
            ),
            transitions=tuple(Transition(*edge) for edge in _FULFILMENT),
            commands=tuple(sorted({command for command, *_ in _FULFILMENT})),
            positions=("allocated", "reserved", "picked", "packed", "shipped", "delivered"),
            exits=("cancelled", "returned", "written_off"),
            words={word: {"zh": title} for word, title in FULFILMENT_WORDS},
        )
    )


@cache
def returning() -> Machine:
    """The machine of a return: from the request to the receipt of its last unit.

    ``requested`` is where a request is judged, and no return stays there: with nothing put in
    between, asking is authorising, and the units are ``expected``. Stages put behind it come
    before units may be received, stages behind ``expected`` come after the last one was.

    Example:
        >>> [str(edge) for edge in returning().transitions]
        ['expected --receive--> received', 'requested --authorise--> expected']
    """
    titles = dict(RETURN_STATES)
    return Machine.build(
        MachineSpec(
            id="return",
            version="1",
            initial="requested",
            states=tuple(
                State(
                    name,
                    category=category,
                    counts_as=counts_as,
                    terminal=category == "done",
                    titles={"zh": titles[name]},
                )
                for name, category, counts_as in (
                    ("requested", "open", "return_requested"),
                    ("expected", "open", "return_requested"),
                    ("received", "done", "returned"),
                )
            ),
            transitions=(
                Transition("authorise", "requested", "expected"),
                Transition("receive", "expected", "received"),
            ),
            commands=("authorise", "receive"),
            positions=("return_requested", "returned"),
            words={word: {"zh": title} for word, title in RETURN_WORDS},
        )
    )
