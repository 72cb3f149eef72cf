"""Decide and evolve one command on an order of five lines, with its digest and its audit link."""

from __future__ import annotations

import json
from hashlib import blake2b, sha256
from typing import Any

from order_fold import WEB, history

from harness import Comparison, Profile, Result, at_most, conclude, floor, measure
from ordercore import orders
from ordercore.kernel import Context, Money, fold
from ordercore.orders import Order, RecordPayment, ShipUnits

LATER = Context(now="2026-11-11T01:00:00Z", actor="web", role="clerk")
SHIP = ShipUnits(
    "o-1", command_id="next", shipment_id="next", node="ningbo", lines={"0": 1, "1": 1}
)


class ByHand:
    """The order of a careful programmer: what the command asks is checked, told and kept.

    Integers and dicts, changed in place; the payload's digest and the chain over the told events
    are made of the same facts as ours, by the standard library.
    """

    def __init__(self, order: Order) -> None:
        self.stage = str(order.lifecycle)
        self.head = order.audit_head
        self.last_at = order.last_at
        self.version = order.version
        self.seen = {seen.id for seen in order.commands_seen.recent}
        self.holds: list[Any] = []
        self.due = order.due_minor
        self.held = sum(payment.held_minor for payment in order.payments)
        self.lines = {
            str(line.line_id): {"shipped": line.shipped, "reserved": line.reserved}
            for line in order.lines
        }
        self.allocations = [
            {
                "id": str(known.allocation_id),
                "line": str(known.line_id),
                "node": str(known.node),
                "reserved": known.reserved,
                "shipped": known.shipped,
            }
            for known in order.allocations
        ]
        self.shipments = {str(known.shipment_id) for known in order.shipments}

    def ship(self, command: ShipUnits, context: Context) -> str:
        command_id, shipment = str(command.command_id), str(command.shipment_id)
        asked = {
            "order": str(command.order_id),
            "command": command_id,
            "shipment": shipment,
            "node": str(command.node),
            "service": None,
            "lines": {str(line): units for line, units in command.lines.items()},
        }
        payload = blake2b(
            json.dumps(asked, sort_keys=True, separators=(",", ":")).encode(), digest_size=32
        ).hexdigest()
        if command_id in self.seen or self.stage != "confirmed" or shipment in self.shipments:
            raise AssertionError
        if context.now < self.last_at or self.holds:
            raise AssertionError
        taken: list[tuple[dict[str, Any], int]] = []
        for line, wanted in asked["lines"].items():
            missing = wanted
            for known in self.allocations:
                if known["line"] == line and known["node"] == asked["node"]:
                    take = min(missing, known["reserved"] - known["shipped"])
                    if take:
                        taken.append((known, take))
                        missing -= take
            if missing:
                raise AssertionError
        told = {
            "$": "shipped",
            "shipment": shipment,
            "node": asked["node"],
            "units": [
                {"allocation": known["id"], "line": known["line"], "quantity": units}
                for known, units in taken
            ],
        }
        cause = {
            "id": command_id,
            "digest": payload,
            "at": context.now.isoformat(),
            "actor": context.actor,
            "role": context.role,
            "before": self.head,
        }
        head = sha256(
            json.dumps([cause, told], sort_keys=True, separators=(",", ":")).encode()
        ).hexdigest()
        # What follows would be kept; the row repeats one command, so it is counted and undone.
        for known, units in taken:
            known["shipped"] += units
            self.lines[known["line"]]["shipped"] += units
        for known, units in taken:
            known["shipped"] -= units
            self.lines[known["line"]]["shipped"] -= units
        return head


def results(profile: Profile) -> list[Result]:
    lines: list[Result] = []
    taken: dict[int, float] = {}
    for count in (20, 1_000):
        order = _with_units_left(count)
        hand = ByHand(order)
        assert len(hand.ship(SHIP, LATER)) == len(order.audit_head)

        def ours(order: Order = order) -> Order:
            answer = orders.decide(order, SHIP, LATER).accepted()
            return fold(orders, answer.events, order)

        def by_hand(hand: ByHand = hand) -> str:
            return hand.ship(SHIP, LATER)

        result = measure(
            Comparison(
                row="order.command",
                unit="µs",
                goal=floor(3),
                ours=ours,
                reference=by_hand,
                reference_name="integers and dicts, with the same digests",
                note=(
                    f"ship two units of a five-line order with {count:,} events behind it; a third "
                    "goes into the fold, a seventh into the seal, the rest into the questions and "
                    "the values of the answer, whose constructors are written for their classes. "
                    "Run alone, deciding and folding take a seventh less than in turn"
                ),
            ),
            profile,
        )
        lines.append(result)
        taken[count] = result.ours
    lines.append(
        conclude(
            "order.command",
            "×",
            at_most(1.2, "× the time at 20 remembered events"),
            taken[1_000] / taken[20],
            None,
            "",
            "time at 1,000 remembered events over that at 20",
        )
    )
    return lines


def _with_units_left(remembered: int) -> Order:
    """The order of the fold's row while units can still be shipped, with reports to remember."""
    events = history(20)
    for end in range(len(events), 0, -1):
        order = fold(orders, events[:end])
        if all(order.line(line).shippable for line in ("0", "1")):
            break
    for number in range(remembered - order.version):
        report = RecordPayment(
            "o-1",
            fact_id=f"noted-{number}",
            payment_id="p",
            kind="authorised",
            amount=Money(0, order.currency),
        )
        order = fold(orders, orders.decide(order, report, WEB).accepted().events, order)
    return order
