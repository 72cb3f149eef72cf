from __future__ import annotations

import pytest

from ordercore import orders
from ordercore.kernel import Context, Money, fold
from ordercore.orders import (
    AllocateUnits,
    Assignment,
    CancelOrder,
    CancelUnits,
    CloseOrder,
    ConfirmOrder,
    GrantAllowance,
    PlaceOrder,
    ReceivedUnits,
    ReceiveReturn,
    RefundBalance,
    ReleaseUnits,
    ReopenOrder,
    RequestReturn,
    ReserveStock,
    ShipUnits,
)
from ordercore.testing import (
    ORDER_INSTEAD,
    explore,
    order_alphabet,
    order_key,
    order_provider,
    way_out,
)

AT = Context(now="2026-11-11T00:00:00Z", actor="web", role="clerk")
NODE = "n-1"
provide = order_provider(NODE)


def asked_of(order):
    """Commands of every kind, with small arguments, whether the order takes them or not."""
    me = {"command_id": "ask"}
    yield PlaceOrder("o-1", quote=order.quote, **me)
    yield from (kind("o-1", **me) for kind in (ConfirmOrder, CloseOrder, ReopenOrder, CancelOrder))
    yield RefundBalance("o-1", **me)
    yield ConfirmOrder("o-2", **me)
    yield CancelUnits("o-1", lines={"9": 1}, **me)
    yield ReserveStock("o-1", **me)
    for minor in (1, 2_000, 9_000):
        yield GrantAllowance("o-1", amount=Money(minor, "CNY"), **me)
    yield GrantAllowance("o-1", amount=Money(1_000, "EUR"), **me)
    for line in order.lines:
        for units in range(1, line.ordered + 2):
            lines = {line.line_id: units}
            plan = [Assignment(line.line_id, units, node=NODE)]
            yield AllocateUnits("o-1", allocations=plan, **me)
            yield ReserveStock("o-1", allocations=plan, **me)
            yield CancelUnits("o-1", lines=lines, **me)
            yield RequestReturn("o-1", return_id="ask", lines=lines, **me)
            yield ShipUnits("o-1", shipment_id="ask", node=NODE, lines=lines, **me)
            for case in ["ask", *[case.return_id for case in order.returns]]:
                back = [ReceivedUnits(line.line_id, units, disposition="scrap")]
                yield ReceiveReturn("o-1", return_id=case, units=back, **me)
    for known in order.allocations:
        yield ReleaseUnits("o-1", allocations=[known.allocation_id], **me)
        more = Assignment(known.line_id, 1, node=known.node, allocation_id=known.allocation_id)
        yield ReserveStock("o-1", allocations=[more], **me)
    yield ReleaseUnits("o-1", allocations=["unheard of"], **me)


def every_order(**options):
    alphabet = order_alphabet(nodes=1, **options)
    key = order_key(alphabet, symmetric=False)
    found = []
    told = explore(orders, alphabet=alphabet, key=key, repeats=False, visit=found.append)
    assert told.cut_by is None
    return alphabet, key, found


SPACES = [
    {"lines": 1, "units": 1, "allocation": True, "payment": ("authorise", "capture", "refund", "fail")},
    {"lines": 1, "units": 2, "returns": ("scrap",), "payment": ("prepay", "refund")},
    {"lines": 2, "units": 1, "returns": ("scrap",), "payment": ("prepay",)},
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("options", SPACES, ids=str)
def test_a_command_passes_once_everything_that_helps_is_done(options):
    _, _, found = every_order(**options)
    stuck = {}
    asked = set()
    for order in found:
        for command in asked_of(order):
            answer = orders.decide(order, command, AT)
            if not answer.is_refused or answer.final:
                continue
            asked.update(answer.codes)
            way = way_out(orders, order, command, AT, provide=provide, instead=ORDER_INSTEAD)
            if not way.passed:
                about = (type(command).__name__, answer.codes, way.stuck_at, way.final)
                stuck.setdefault(about, (command, order))
    assert {about: repr(example)[:2500] for about, example in stuck.items()} == {}
    assert {"gate.payment", "gate.stock", "order.stage", "close.money_open"} <= asked


@pytest.mark.slow
@pytest.mark.parametrize("options", SPACES, ids=str)
def test_nothing_leads_to_a_command_that_was_refused_for_good(options):
    """In the whole graph of orders: no order further on takes a command that is final here."""
    alphabet, key, found = every_order(**options)
    place = {key(order): number for number, order in enumerate(found)}
    before = [[] for _ in found]
    takes, final = {}, {}
    for number, order in enumerate(found):
        for message, context in alphabet(order):
            answer = orders.decide(order, message, context)
            if not answer.is_refused and answer.events:
                before[place[key(fold(orders, answer.events, order))]].append(number)
        for command in asked_of(order):
            # Allocations and returns have other ids in other orders; what is said of them by id
            # is asked along single histories, below.
            if isinstance(command, ReleaseUnits) or getattr(command, "return_id", "ask") != "ask":
                continue
            if any(unit.allocation_id for unit in getattr(command, "allocations", ())):
                continue
            answer = orders.decide(order, command, AT)
            (final if answer.is_refused and answer.final else takes).setdefault(
                repr(command), {}
            ).setdefault(number, answer)
    wrong = {}
    for command, here in final.items():
        ahead = {n for n, answer in takes.get(command, {}).items() if not answer.is_refused}
        reaching, todo = set(ahead), list(ahead)
        while todo:
            for earlier in before[todo.pop()]:
                if earlier not in reaching:
                    reaching.add(earlier)
                    todo.append(earlier)
        for number in sorted(reaching & set(here))[:1]:
            wrong[command[:200], here[number].codes] = repr(found[number])[:2500]
    assert wrong == {}
    assert final
