"""A cross-border seller changes the fulfilment flow, and takes orders that are under way along."""

from __future__ import annotations

import argparse

import attrs
import flows
from shop import Shop, export_quote, picked_and_packed

from ordercore.kernel import InvalidDefinition
from ordercore.orders import (
    FULFILMENT,
    CompleteStage,
    HandOver,
    HoldScope,
    MigrateFlow,
    PlaceHold,
    RecordDelivery,
    RecordEvidence,
    RecordScan,
    ReleaseHold,
    Tick,
    due_timers,
)
from ordercore.statemachine import Machine, MachinePin, difference, difference_text

IN_FLIGHT = {"o-1": "picking", "o-2": "packed", "o-3": "handed_over", "o-4": "in_transit"}
MOVES = {"handed_over": "customs"}


def heading(text: str) -> None:
    """A chapter of the output."""
    print(f"\n== {text}\n")


def drafts() -> Machine:
    """The checker answers a draft with all that is wrong, and a good one with a machine."""
    heading("A broken draft: everything that is wrong, at once")
    try:
        FULFILMENT.with_(flows.overlay("broken_draft"), version="2026-11")
    except InvalidDefinition as refused:
        for finding in refused.findings:
            print(f"  {finding.code:26} {finding.path}: {finding.message}")
    machine = flows.cross_border()
    heading("The overlay as it should be: what changes")
    print(difference_text(difference(FULFILMENT.spec, machine.spec)))
    print(
        f"\n{len(machine.findings)} findings; no unit of the old flow moves elsewhere than before"
    )
    return machine


def in_print(machine: Machine) -> None:
    """What people get: the diagram, and the manual in two languages."""
    heading("The diagram (Mermaid)")
    print(machine.to_mermaid().rstrip())
    for language in ("en", "zh"):
        heading(f"The manual ({language})")
        print(machine.manual(language).rstrip())


def before() -> Shop:
    """Orders under way on the flow as it was."""
    heading("Monday: orders under way on the old version")
    shop = Shop(flows.old_shop())
    for order_id, stage in IN_FLIGHT.items():
        shop.place(order_id, "2026-11-16T08:00+08:00")
        picked_and_packed(shop, order_id, "2026-11-16T08:30+08:00", pack=stage != "picking")
        at = "2026-11-16T09:00+08:00"
        if stage in ("handed_over", "in_transit"):
            shop.send(
                HandOver(
                    order_id, command_id="hand", fulfilment_id="fo", shipment_id=f"{order_id}-s"
                ),
                at,
            )
        if stage == "in_transit":
            shop.send(
                RecordScan(order_id, fact_id="dep", shipment_id=f"{order_id}-s", kind="departed"),
                at,
            )
        shop.tell_stage(order_id)
    return shop


def roll_out(machine: Machine, shop: Shop) -> None:
    """New orders: a stable quarter of the channel gets the new version."""
    heading(f"Tuesday: the new version for 25 % of {flows.CHANNEL}")
    rollout = flows.first_quarter(machine)
    shop.decider = flows.new_shop(machine, rollout)
    for number in range(11, 19):
        order_id = f"o-{number}"
        shop.place(order_id, "2026-11-17T08:00+08:00")
        picked_and_packed(shop, order_id, "2026-11-17T08:30+08:00", pack=False)
        chosen = rollout.choose(order_id, channel=flows.CHANNEL)
        assert shop.fulfilment(order_id).flow == chosen.pin
        print(f"  {order_id}: bucket {chosen.bucket:>4} of 10000, version {chosen.pin.version}")


def rehearse(machine: Machine, shop: Shop) -> None:
    """A plan covers every live stage, is tried over the live orders, and then carried out."""
    heading("The migration plan: first one that is refused")
    try:
        FULFILMENT.migrate_to(machine, {"packed": "in_transit", "shelved": "customs"})
    except InvalidDefinition as refused:
        for finding in refused.findings:
            print(f"  {finding.code:26} {finding.path}: {finding.message}")
    heading("The plan, rehearsed over every fulfilment order")
    plan = FULFILMENT.migrate_to(machine, MOVES)
    instances: list[tuple[str, MachinePin, str]] = [
        (order_id, known.flow, known.stage)
        for order_id, order in shop.orders.items()
        for known in order.fulfilments
    ]
    report = plan.rehearse(instances)
    print(report)
    print(f"nothing is left behind: {report.complete}; limits start anew for {report.restarted}")

    heading("The orders of Monday are migrated")
    for order_id in IN_FLIGHT:
        migrate = MigrateFlow(order_id, command_id="migrate", to=machine.pin, stages=MOVES)
        shop.told(migrate, "2026-11-17T10:00+08:00")
        shop.tell_stage(order_id)
    print("\n  the rehearsal again:")
    again = plan.rehearse(
        (order_id, shop.fulfilment(order_id).flow, shop.fulfilment(order_id).stage)
        for order_id in IN_FLIGHT
    )
    print(f"  {str(again).splitlines()[0]}")


def added_stages(shop: Shop) -> None:
    """One of the migrated orders goes through the stages that were added."""
    heading("o-2 through the added stages: a document is missing")
    hand = HandOver("o-2", command_id="hand", fulfilment_id="fo", shipment_id="o-2-s")
    shop.told(hand, "2026-11-17T11:00+08:00")
    invoice = RecordEvidence("o-2", fact_id="ev-ci", name="commercial.invoice", evidence_id="CI-77")
    shop.told(invoice, "2026-11-17T11:30+08:00")
    shop.told(hand, "2026-11-17T14:00+08:00")
    shop.tell_stage("o-2")

    heading("Its limits run by the working calendar, and stand still under a hold")
    shop.told(
        PlaceHold(
            "o-2",
            command_id="hold",
            hold_id="h-1",
            code="broker.asks",
            scope=HoldScope.fulfilment("fo"),
        ),
        "2026-11-17T15:00+08:00",
    )
    shop.tell_timers("o-2")
    declared = CompleteStage(
        "o-2", command_id="declared", fulfilment_id="fo", stage="export_declaration"
    )
    shop.told(declared, "2026-11-17T16:00+08:00")
    shop.told(ReleaseHold("o-2", command_id="let-go", hold_id="h-1"), "2026-11-19T11:00+08:00")

    heading("A tick at the boundary fires once; before it and after it, nothing happens")
    warning = due_timers(shop.orders["o-2"], shop.decider.rules)[0].command
    assert isinstance(warning, Tick)
    for moment, command_id in (
        ("2026-11-20T12:59:59+08:00", "too-early"),
        ("2026-11-20T13:00+08:00", "in-time"),
        ("2026-11-20T13:00:01+08:00", "too-late"),
    ):
        shop.told(attrs.evolve(warning, command_id=command_id), moment)

    heading("The stages are completed, each with its evidence")
    shop.told(declared, "2026-11-20T14:00+08:00")
    shop.told(
        RecordEvidence("o-2", fact_id="ev-tax", name="tax.review", about="fo"),
        "2026-11-20T14:30+08:00",
    )
    shop.told(
        CompleteStage("o-2", command_id="wrong", fulfilment_id="fo", stage="customs"),
        "2026-11-20T14:45+08:00",
    )
    shop.told(declared, "2026-11-20T15:00+08:00")
    shop.tell_stage("o-2")
    released = CompleteStage("o-2", command_id="released", fulfilment_id="fo", stage="customs")
    shop.told(released, "2026-11-23T09:30+08:00")
    shop.told(
        RecordEvidence(
            "o-2",
            fact_id="ev-no",
            name="customs.number",
            about="fo",
            evidence_id="310120260000000001",
        ),
        "2026-11-23T10:00+08:00",
    )
    shop.told(released, "2026-11-23T10:30+08:00")
    shop.told(released, "2026-11-23T10:31+08:00")
    shop.tell_stage("o-2")
    shop.told(
        RecordScan("o-2", fact_id="out", shipment_id="o-2-s", kind="out_for_delivery"),
        "2026-11-26T09:00+08:00",
    )
    shop.told(RecordDelivery("o-2", fact_id="there", shipment_id="o-2-s"), "2026-11-26T15:00+08:00")
    shop.tell_stage("o-2")


def main(*, short: bool) -> None:
    """The whole story; the short version leaves out what is printed for people."""
    total = export_quote("2026-11-16T08:00+08:00").total
    print(f"Every order: two tins of tea and a cup for Hamburg, {total}.")
    machine = drafts()
    if not short:
        in_print(machine)
    shop = before()
    roll_out(machine, shop)
    rehearse(machine, shop)
    added_stages(shop)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="without the diagram and the manuals")
    main(short=parser.parse_args().short)
