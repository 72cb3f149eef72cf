"""Strategies for machines, mappings, plans, and the effects and commands that decisions hold."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from ordercore import channels, orders
from ordercore.allocation import (
    COST_TERMS,
    Conditions,
    CostBreakdown,
    CostTerm,
    Demand,
    DemandLine,
    NodeCapacity,
)
from ordercore.channels import (
    ChannelMapping,
    DraftCharge,
    DraftLine,
    OrderDraft,
    ReportedTotals,
)
from ordercore.inventory import Receive
from ordercore.kernel import Command, Effect, FrozenMap, Zone
from ordercore.network import PostcodeClassRule
from ordercore.orders import ConfirmOrder, Notify
from ordercore.ports import ChannelPage
from ordercore.statemachine import Machine, MachineSpec, State, Transition, gate, stage
from ordercore.testing.flow_values import named_limits, roll_outs, time_limits, titles
from ordercore.testing.kernel_values import codes, currencies, instants, monies
from ordercore.testing.rule_values import rules
from ordercore.testing.trade_values import NODES, SKUS, destinations, regions

__all__ = [
    "channel_mappings",
    "channel_pages",
    "commands",
    "conditions",
    "cost_breakdowns",
    "cost_terms",
    "demands",
    "effects",
    "machine_specs",
    "machines",
    "node_capacities",
    "order_drafts",
    "order_flows",
    "postcode_class_rules",
    "stage_completions",
]


@st.composite
def machine_specs(draw: st.DrawFn, *, states: int = 5) -> MachineSpec:
    """Machines that are a way from the first state to the last, with short cuts and guards."""
    count = draw(st.integers(2, states))
    names = [f"stage{number}" for number in range(count)]
    last = names[-1]
    guarded = draw(st.booleans())
    positions = draw(st.sampled_from((("",), ("allocated",), ("allocated", "packed"))))
    edges = [
        Transition(
            f"go{number}",
            names[number],
            names[number + 1],
            guards=("ready",) if guarded and number == 0 else (),
            roles=("clerk",) if draw(st.booleans()) else (),
        )
        for number in range(count - 1)
    ]
    cuts = draw(st.sets(st.integers(0, count - 2), max_size=2))
    edges += [Transition("skip", names[number], last) for number in sorted(cuts)]
    return MachineSpec(
        id=draw(codes()),
        version=draw(st.sampled_from(("1", "2026-11"))),
        initial=names[0],
        states=tuple(
            State(
                name,
                category=draw(st.sampled_from(("", "open"))),
                terminal=name == last,
                limit=None if name == last else draw(st.none() | time_limits()),
                counts_as=positions[0 if number == 0 else min(1, len(positions) - 1)],
                limits=draw(st.lists(named_limits(), max_size=1)),
                titles=draw(titles()),
            )
            for number, name in enumerate(names)
        ),
        positions=positions if positions[0] else (),
        transitions=tuple(edges),
        commands=tuple(dict.fromkeys(edge.command for edge in edges)),
        guards=("ready",) if guarded else (),
        roles=tuple({role: None for edge in edges for role in edge.roles}),
    )


def machines() -> st.SearchStrategy[Machine]:
    """Machines of :func:`machine_specs`, and the built-in ones of an order."""
    return st.one_of(
        machine_specs().map(Machine.build),
        st.sampled_from((orders.LIFECYCLE, orders.FULFILMENT, orders.RETURN)),
    )


@st.composite
def order_flows(draw: st.DrawFn) -> orders.Flow:
    """Flows of machines whose states all count as positions that orders know."""
    subject = draw(st.sampled_from(orders.FlowSubject))
    back = subject is orders.FlowSubject.RETURN
    built_in = orders.RETURN if back else orders.FULFILMENT
    added = stage("checking", after="requested" if back else "packed")
    reviewed = gate("receive" if back else "hand_over", needs="tax.review")
    return orders.Flow(
        machine=draw(
            st.sampled_from(
                (
                    built_in,
                    built_in.with_(added, version="checked"),
                    built_in.with_(added, reviewed, version="reviewed"),
                )
            )
        ),
        subject=subject,
        mode=draw(st.sampled_from(orders.FulfilmentMode)),
        when=draw(st.none() | rules()),
        rollout=draw(st.none() | roll_outs()),
        retired=draw(st.booleans()),
    )


def stage_completions() -> st.SearchStrategy[orders.CompleteStage]:
    """Stages of a fulfilment order, or of a return, that are done."""
    named = st.sampled_from(({"fulfilment_id": "fo-1"}, {"return_id": "r-1"}))
    return st.builds(
        lambda stage, name: orders.CompleteStage("o-1", command_id="c-1", stage=stage, **name),
        st.sampled_from(("customs", "inspection")),
        named,
    )


def commands() -> st.SearchStrategy[Command]:
    """A few commands, for what only carries one."""
    return st.sampled_from(
        [
            ConfirmOrder("o-1", command_id="c-1"),
            Receive(sku="TEA", node="ningbo", quantity=2, command_id="m-1"),
        ]
    )


def effects() -> st.SearchStrategy[Effect]:
    """A few effects, for what only carries one."""
    return codes().map(lambda topic: Notify(effect_id=f"e/{topic}", order_id="o-1", topic=topic))


@st.composite
def demands(draw: st.DrawFn, *, lines: int = 3, units: int = 4) -> Demand:
    """What an order needs: lines with weights, some of which are tied to each other."""
    count = draw(st.integers(1, lines))
    tied = [["1", "2"]] if count > 1 and draw(st.booleans()) else []
    return Demand(
        "o-1",
        lines=tuple(
            DemandLine(
                str(number + 1),
                sku=draw(st.sampled_from(SKUS)),
                quantity=draw(st.integers(1, units)),
                weight_g=draw(st.integers(0, 1_500)),
                volume_cm3=draw(st.integers(0, 1_500)),
                splittable=draw(st.booleans()),
                unit_value=draw(st.none() | monies(currency="CNY", max_minor=2_000)),
                late_penalty=draw(st.none() | monies(currency="CNY", max_minor=200)),
            )
            for number in range(count)
        ),
        destination=draw(destinations()),
        keep_together=draw(st.sampled_from(((), tied))),
        keep_apart=draw(st.sampled_from(((), tied))),
        classes_barred=draw(st.sampled_from(((), ((NODES[0], "ambient"),)))),
        min_split_value=draw(st.none() | monies(currency="CNY", max_minor=2_000)),
        max_import_value=draw(st.none() | monies(currency="CNY", max_minor=9_000)),
        due=draw(st.none() | st.dates(date(2026, 11, 11), date(2026, 11, 20))),
        latest=draw(st.none() | st.dates(date(2026, 11, 14), date(2026, 11, 24))),
    )


@st.composite
def cost_breakdowns(draw: st.DrawFn) -> CostBreakdown:
    """The cost of a plan by its terms, in one currency."""
    terms = (*COST_TERMS, *draw(st.sampled_from(((), ("margin",)))))
    return CostBreakdown(
        FrozenMap({term: draw(monies(currency="CNY", max_minor=2_000)) for term in terms})
    )


@st.composite
def cost_terms(draw: st.DrawFn) -> CostTerm:
    """Prices that a merchant puts on nodes, on units of a SKU there, and on a split."""
    price = monies(currency="CNY", max_minor=900)
    prices = st.dictionaries(st.sampled_from(NODES), price, max_size=2)
    return CostTerm(
        per_unit=draw(st.dictionaries(st.sampled_from(SKUS), prices, max_size=2)),
        per_node_unit=draw(prices),
        per_node=draw(prices),
        per_split=draw(price),
    )


def conditions() -> st.SearchStrategy[Conditions]:
    """What holds for every order of a moment."""
    return st.builds(
        Conditions,
        terms=st.dictionaries(st.sampled_from(("margin", "scarcity")), cost_terms(), max_size=2),
        capacity=st.dictionaries(st.sampled_from(NODES), node_capacities(), max_size=2),
        plan_rest=st.booleans(),
    )


def node_capacities() -> st.SearchStrategy[NodeCapacity]:
    """What a node can still take on."""
    left = st.none() | st.integers(0, 9)
    return st.builds(NodeCapacity, orders=left, units=left)


def channel_mappings() -> st.SearchStrategy[ChannelMapping]:
    """The built-in mappings."""
    made = (
        channels.shopify(),
        channels.woocommerce(),
        channels.invoice_rows("till", currency="GBP", zone=Zone("Europe/London")),
    )
    return st.sampled_from(made)


@st.composite
def order_drafts(draw: st.DrawFn, *, lines: int = 3) -> OrderDraft:
    """Drafts as a channel's order gives them; some say no total."""
    currency = draw(currencies())
    money = monies(currency=currency, max_minor=9_000)
    return OrderDraft(
        channel=draw(st.sampled_from(("shopify", "till"))),
        external_id=draw(codes()),
        display_number=draw(st.just("") | codes()),
        placed_at=draw(instants()),
        currency=currency,
        tax_included=draw(st.booleans()),
        lines=tuple(
            DraftLine(
                line_id=str(number + 1),
                sku=draw(st.sampled_from((*SKUS, None))),
                quantity=draw(st.integers(1, 4)),
                list_amount=draw(money),
                title=draw(st.sampled_from(("", "Green tea"))),
            )
            for number in range(draw(st.integers(1, lines)))
        ),
        charges=tuple(
            DraftCharge(charge_id=f"fee-{number}", list_amount=draw(money))
            for number in range(draw(st.integers(0, 1)))
        ),
        totals=ReportedTotals(grand=draw(st.none() | money)),
        region=draw(st.none() | regions()),
        tags=draw(st.sampled_from(((), ("gift",)))),
    )


def channel_pages() -> st.SearchStrategy[ChannelPage]:
    """Pages of raw payloads, as a channel sends them."""
    payloads = st.lists(st.binary(max_size=8), max_size=2).map(tuple)
    return st.builds(ChannelPage, payloads=payloads, cursor=st.none() | codes())


@st.composite
def postcode_class_rules(draw: st.DrawFn) -> PostcodeClassRule:
    """How one country's postcodes are cut, or those of all others."""
    return PostcodeClassRule(
        country=draw(st.sampled_from(("", "CN", "GB", "DE"))),
        keep_first=draw(st.integers(1, 4)),
        drop_last=draw(st.integers(0, 3)),
    )
