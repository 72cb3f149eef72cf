"""The seller's flows: the built-in one, the cross-border one made of it, and who gets which."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from ordercore.kernel import BusinessCalendar, Zone
from ordercore.orders import FULFILMENT, Flow, Gate, OrderDecider, OrderRules
from ordercore.statemachine import Machine, Overlay, RollOut, wave

HERE = Path(__file__).parent
CHANNEL = "tmall_global"

DESK = BusinessCalendar(
    Zone.load("Asia/Shanghai"),
    week={"mon-fri": "09:00-18:00"},
    holidays=[date(2026, 11, 18)],
)
"""When the export desk works."""


def overlay(name: str) -> Overlay:
    """An overlay from the file beside this module."""
    return Overlay.from_json(json.loads((HERE / f"{name}.json").read_text(encoding="utf-8")))


def cross_border() -> Machine:
    """The built-in flow with the stages and gates of the overlay."""
    return FULFILMENT.with_(overlay("cross_border"), version="2026-11")


def first_quarter(machine: Machine) -> RollOut:
    """A quarter of the channel's orders get the new version; everyone else stays on the old."""
    return RollOut(FULFILMENT.pin, [wave(machine.pin, percent=25, channels=CHANNEL)])


def old_shop() -> OrderDecider:
    """The rules before the change."""
    return OrderDecider(OrderRules(name="before"))


def new_shop(machine: Machine, rollout: RollOut) -> OrderDecider:
    """The rules after it: the new flow by its roll-out, and a document that abroad asks for."""
    return OrderDecider(
        OrderRules(
            name="cross-border",
            flows=[Flow(machine=machine, rollout=rollout), Flow(machine=FULFILMENT)],
            calendars={"desk": DESK},
            gates=[
                Gate("confirm", ["stock", "payment"]),
                Gate("hand_over", ["commercial.invoice"], when="order.country != 'CN'"),
            ],
        )
    )
