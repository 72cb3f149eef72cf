"""The built-in flows beside shipping: pickup at the counter, goods without matter, visits."""

from __future__ import annotations

from functools import cache

from ordercore.orders.fulfilling.fulfilment_order import POSITIONS, FulfilmentMode
from ordercore.orders.lifecycle import fulfilment, returning
from ordercore.statemachine import Machine, MachineSpec, State, Transition

__all__ = ["built_in", "built_in_flows", "digital", "pickup", "service"]

_EXITS = ("cancelled", "returned", "written_off")


def _machine(
    id: str, states: tuple[State, ...], moves: tuple[tuple[str, str, str], ...]
) -> Machine:
    return Machine(
        MachineSpec(
            id,
            version="1",
            initial="planned",
            states=states,
            transitions=[Transition(*move) for move in moves],
            commands=sorted({command for command, _, _ in moves}),
            positions=POSITIONS,
            exits=_EXITS,
        )
    )


@cache
def pickup() -> Machine:
    """The flow of units that the buyer fetches; a refused pickup is cancelled, never shipped.

    Example:
        >>> [edge.target for edge in pickup().path_to("collected")][-2:]
        ['ready', 'collected']
    """
    return _machine(
        "pickup",
        (
            State("planned", category="open", counts_as="allocated"),
            State("released", category="open", counts_as="reserved"),
            State("picking", category="open", counts_as="reserved"),
            State("ready", category="open", counts_as="packed"),
            State("collected", category="done", terminal=True, counts_as="delivered"),
            State("cancelled", category="done", terminal=True, counts_as="cancelled"),
        ),
        (
            ("release", "planned", "released"),
            ("pick", "released", "picking"),
            ("pack", "picking", "ready"),
            ("hand_over", "ready", "collected"),
            ("cancel", "planned", "cancelled"),
            ("cancel", "released", "cancelled"),
            ("cancel", "picking", "cancelled"),
            ("cancel", "ready", "cancelled"),
        ),
    )


@cache
def digital() -> Machine:
    """The flow of what is issued: codes, downloads, gift cards.

    Example:
        >>> digital().step("planned", "hand_over").target
        'issued'
    """
    return _machine(
        "digital",
        (
            State("planned", category="open", counts_as="reserved"),
            State("issued", category="done", terminal=True, counts_as="delivered"),
            State("cancelled", category="done", terminal=True, counts_as="cancelled"),
        ),
        (("hand_over", "planned", "issued"), ("cancel", "planned", "cancelled")),
    )


@cache
def service() -> Machine:
    """The flow of a visit: an appointment is made, moved, kept.

    Example:
        >>> service().step("scheduled", "hand_over").target
        'performed'
    """
    return _machine(
        "service",
        (
            State("planned", category="open", counts_as="reserved"),
            State("scheduled", category="open", counts_as="reserved"),
            State("performed", category="done", terminal=True, counts_as="delivered"),
            State("cancelled", category="done", terminal=True, counts_as="cancelled"),
        ),
        (
            ("schedule", "planned", "scheduled"),
            ("schedule", "scheduled", "scheduled"),
            ("hand_over", "scheduled", "performed"),
            ("cancel", "planned", "cancelled"),
            ("cancel", "scheduled", "cancelled"),
        ),
    )


@cache
def built_in() -> dict[FulfilmentMode, Machine]:
    """The flow of each way to the buyer, unless the host's rules have another.

    Example:
        >>> [machine.id for machine in built_in().values()]
        ['fulfilment', 'pickup', 'digital', 'service']
    """
    return {
        FulfilmentMode.SHIP: fulfilment(),
        FulfilmentMode.PICKUP: pickup(),
        FulfilmentMode.DIGITAL: digital(),
        FulfilmentMode.SERVICE: service(),
    }


@cache
def built_in_flows() -> tuple[Machine, ...]:
    """Every built-in flow: those of fulfilment orders, then that of returns.

    Example:
        >>> [machine.id for machine in built_in_flows()][-1]
        'return'
    """
    return (*built_in().values(), returning())
