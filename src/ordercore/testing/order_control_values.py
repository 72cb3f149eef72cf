"""Strategies for holds, gates, approvals and roles: values whose fields hang together."""

from __future__ import annotations

from hypothesis import strategies as st

from ordercore.kernel import Duration, shift
from ordercore.orders import (
    FORWARD_VERBS,
    ORDER_FACTS,
    SEE,
    Approval,
    ApprovalLevel,
    ApprovalRule,
    AutoRelease,
    CloseOrder,
    ConfirmOrder,
    Control,
    Delegation,
    Evidence,
    FieldClass,
    Gate,
    GateMode,
    Hold,
    HoldRule,
    HoldScope,
    LimitStanding,
    OrderRules,
    OrderStanding,
    Pause,
    PlaceHold,
    RecheckHolds,
    ReopenOrder,
    ReviewRule,
    RoleGrant,
    RoleMatrix,
    ScopeKind,
    Vote,
    Waiting,
)
from ordercore.rules import parse
from ordercore.testing.customer_values import claims, customer_notes
from ordercore.testing.kernel_values import codes, durations, instants, monies

__all__ = [
    "approval_levels",
    "approval_rules",
    "approvals",
    "auto_releases",
    "controls",
    "evidences",
    "gates",
    "hold_rules",
    "hold_scopes",
    "holds",
    "limit_standings",
    "order_rules",
    "order_standings",
    "pauses",
    "place_holds",
    "recheck_holds",
    "role_grants",
    "role_matrices",
    "waiting_commands",
]

CONDITIONS = (
    "order.due > CNY(50)",
    "order.outstanding == CNY(0)",
    "order.units >= 3",
    "order.stage == 'submitted'",
    "order.unreserved > 0",
    "customer.rating == 'A' or order.units >= 3",
    "customer.orders_before < 3",
)
OUTSIDE = (
    "account.accepts",
    "limits.order_total is None or order.due <= limits.order_total",
    "all(line.needed <= line.available for line in stock.lines)",
)
NEEDS = ("stock", "payment", "credit", "invoice_data", "approval:credit")
ROLES = ("office", "warehouse", "finance", "credit")
PEOPLE = ("li", "wang", "zhao", "chen")
VERBS = ("confirm", "ship", "close", "allow", "reserve")


def _some(words: tuple[str, ...], *, least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(words), min_size=least, max_size=3, unique=True)


@st.composite
def hold_scopes(draw: st.DrawFn) -> HoldScope:
    """The whole order, or parts of it by their ids."""
    kind = draw(st.sampled_from(ScopeKind))
    if kind is ScopeKind.ORDER:
        return HoldScope()
    return HoldScope(kind, draw(_some(("1", "2", "s-1"), least=1)))


@st.composite
def auto_releases(draw: st.DrawFn) -> AutoRelease:
    """Needs, a condition, or both; or what the outside must tell."""
    if draw(st.booleans()):
        return AutoRelease(outside=draw(st.sampled_from(OUTSIDE)))
    needs = draw(_some(NEEDS))
    when = draw(st.sampled_from(CONDITIONS if not needs else ("", *CONDITIONS)))
    return AutoRelease(needs=needs, when=when)


@st.composite
def waiting_commands(draw: st.DrawFn) -> Waiting:
    """Commands that wait, to happen by themselves or to be sent again."""
    command = draw(st.sampled_from((ConfirmOrder, CloseOrder, ReopenOrder)))
    return Waiting(
        command=command("o-1", command_id=draw(codes())),
        role=draw(st.sampled_from(("", *ROLES))),
        missing=draw(_some(NEEDS, least=1)),
        resumes=draw(st.booleans()),
    )


@st.composite
def limit_standings(draw: st.DrawFn) -> LimitStanding:
    """What is known of limits, an account and stock; each of them may be unknown."""
    limits, accepts = draw(st.booleans()), draw(st.none() | st.booleans())
    amounts = st.none() | monies(currency="CNY")
    return LimitStanding(
        limits=limits,
        order_total=draw(amounts) if limits else None,
        accepts=accepts,
        limit=None if accepts is None else draw(amounts),
        exposure=None if accepts is None else draw(amounts),
        available=None if accepts is None else draw(amounts),
        stock=draw(st.none() | st.dictionaries(codes(), st.integers(0, 9), max_size=2)),
    )


def recheck_holds() -> st.SearchStrategy[RecheckHolds]:
    """Commands that tell an order of limits, an account and stock."""
    return st.builds(RecheckHolds, st.just("o-1"), command_id=codes(), standing=limit_standings())


@st.composite
def holds(draw: st.DrawFn) -> Hold:
    """Holds that block something, and confirmations that wait."""
    placed_at = draw(instants())
    waits = draw(st.booleans())
    return Hold(
        hold_id=draw(codes()),
        code=draw(codes()),
        scope=draw(hold_scopes()),
        blocks=() if waits else draw(_some(FORWARD_VERBS, least=1)),
        released_by=draw(_some(ROLES)),
        until=shift(placed_at, minutes=draw(st.integers(1, 90))) if draw(st.booleans()) else None,
        auto=draw(st.none() | auto_releases()),
        waits=draw(waiting_commands()) if waits else None,
        placed_at=placed_at,
        placed_by=draw(st.sampled_from(PEOPLE)),
    )


@st.composite
def pauses(draw: st.DrawFn) -> Pause:
    """Holds that have ended, never before they began."""
    since = draw(instants())
    return Pause(
        hold_id=draw(codes()),
        code=draw(codes()),
        scope=draw(hold_scopes()),
        since=since,
        until=shift(since, minutes=draw(st.integers(0, 90))),
        how=draw(st.sampled_from(("released", "satisfied", "expired"))),
    )


@st.composite
def place_holds(draw: st.DrawFn) -> PlaceHold:
    """Commands that hold an order or a part of it."""
    return PlaceHold(
        "o-1",
        command_id=draw(codes()),
        hold_id=draw(codes()),
        code=draw(codes()),
        scope=draw(hold_scopes()),
        blocks=draw(_some(FORWARD_VERBS, least=1)),
        released_by=draw(_some(ROLES)),
        until=draw(st.none() | instants()),
        auto=draw(st.none() | auto_releases()),
        topic=draw(st.sampled_from(("", "limit.credit"))),
    )


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Documents, reviews and numbers that were shown, or taken back."""
    return Evidence(
        name=draw(st.sampled_from(NEEDS[:-1])),
        evidence_id=draw(codes()),
        about=draw(st.sampled_from(("", "s-1", "r-1"))),
        at=draw(instants()),
        by=draw(st.sampled_from(PEOPLE)),
        digest=draw(st.sampled_from(("", "00ff"))),
        withdrawn=draw(st.booleans()),
    )


@st.composite
def gates(draw: st.DrawFn) -> Gate:
    """What a command needs, for all orders or some."""
    return Gate(
        draw(st.sampled_from(VERBS)),
        draw(_some(NEEDS, least=1)),
        when=draw(st.sampled_from(("", *CONDITIONS))),
        on_closed=draw(st.none() | st.sampled_from(GateMode)),
        within=draw(st.none() | durations().filter(lambda time: time > Duration(0))),
    )


@st.composite
def hold_rules(draw: st.DrawFn) -> HoldRule:
    """Which orders hold themselves."""
    return HoldRule(
        code=draw(codes()),
        when=draw(st.sampled_from(CONDITIONS)),
        blocks=draw(_some(FORWARD_VERBS, least=1)),
        released_by=draw(_some(ROLES)),
    )


def approval_levels() -> st.SearchStrategy[ApprovalLevel]:
    """One to three people in a role."""
    return st.builds(ApprovalLevel, st.sampled_from(ROLES), st.integers(1, 3))


@st.composite
def approval_rules(draw: st.DrawFn) -> ApprovalRule:
    """Levels, with and without a time."""
    return ApprovalRule(
        draw(codes()),
        levels=draw(st.lists(approval_levels(), min_size=1, max_size=2)),
        within=draw(st.none() | durations().filter(lambda time: time > Duration(0))),
    )


@st.composite
def approvals(draw: st.DrawFn) -> Approval:
    """Approvals somewhere on their way, in which nobody has voted twice."""
    requested_at = draw(instants())
    levels = draw(st.lists(approval_levels(), min_size=1, max_size=2))
    people = draw(st.permutations(PEOPLE))
    asked = Approval(
        approval_id=draw(codes()),
        name=draw(codes()),
        levels=levels,
        requested_by=people[0],
        requested_at=requested_at,
        deadline=shift(requested_at, hours=1) if draw(st.booleans()) else None,
        covers=draw(monies(currency="CNY")),
    )
    if draw(st.booleans()):
        return asked
    return Approval(
        approval_id=asked.approval_id,
        name=asked.name,
        levels=levels,
        requested_by=people[0],
        requested_at=requested_at,
        deadline=asked.deadline,
        covers=asked.covers,
        votes=(
            Vote(
                actor=people[1],
                role=levels[0].role,
                level=0,
                approves=draw(st.booleans()),
                at=requested_at,
            ),
        ),
        delegations=(Delegation(giver=people[2], receiver=people[3], level=0),),
        lapsed=draw(st.booleans()),
    )


@st.composite
def controls(draw: st.DrawFn) -> Control:
    """The control of an order: ids are used once."""
    running = draw(st.lists(holds(), max_size=2, unique_by=lambda hold: hold.hold_id))
    ids = {hold.hold_id for hold in running}
    ended = draw(st.lists(pauses(), max_size=2, unique_by=lambda pause: pause.hold_id))
    return Control(
        holds=running,
        ended=[pause for pause in ended if pause.hold_id not in ids],
        evidence=draw(
            st.lists(
                evidences(), max_size=2, unique_by=lambda shown: (shown.name, shown.evidence_id)
            )
        ),
        approvals=draw(st.lists(approvals(), max_size=2, unique_by=lambda each: each.approval_id)),
        customer_facts=draw(
            st.lists(customer_notes(), max_size=2, unique_by=lambda fact: fact.name)
        ),
        claims=draw(claims()),
        submitted_at=draw(st.none() | instants()),
    )


@st.composite
def role_grants(draw: st.DrawFn, roles: tuple[str, ...] = ROLES) -> RoleGrant:
    """What a role may do or see, in some stages and at some nodes, until units are so far."""
    sees = draw(st.booleans())
    verbs = [SEE] if sees else draw(_some((*VERBS, "cancel_order"), least=1))
    named: tuple[str, ...] = ("order_id", "lines.sku", "payments", "quote.lines.quantity")
    if not sees:
        named = ("cause",) if {"allow", "cancel_order"} & set(verbs) else ()
    return RoleGrant(
        draw(st.sampled_from(roles)),
        verbs,
        fields=draw(_some(named)) if named else (),
        classes=draw(st.lists(st.sampled_from(FieldClass), max_size=2)) if sees else (),
        stages=draw(_some(("draft", "submitted", "confirmed"))),
        flow_stages=draw(_some(("planned", "packed"))),
        nodes=draw(_some(("ningbo", "wuhan"))),
        until=draw(st.sampled_from(("", "packed", "delivered"))),
    )


@st.composite
def role_matrices(draw: st.DrawFn) -> RoleMatrix:
    """What some roles may do and see, and whether the others may."""
    roles = tuple(draw(_some(ROLES)))
    grants = draw(st.lists(role_grants(roles), max_size=4)) if roles else ()
    return RoleMatrix(roles, grants, closed=draw(st.booleans()))


def order_standings() -> st.SearchStrategy[OrderStanding]:
    """Where an order and its fulfilment orders stand."""
    return st.builds(
        OrderStanding,
        stage=st.sampled_from(("", "draft", "submitted", "confirmed")),
        parts=st.lists(
            st.tuples(st.sampled_from(("", "planned", "packed")), st.sampled_from(("", "ningbo"))),
            max_size=2,
        ).map(tuple),
        reached=st.sampled_from(("", "packed", "delivered")),
        anywhere=st.booleans(),
    )


@st.composite
def order_rules(draw: st.DrawFn) -> OrderRules:
    """The rules of a host: gates, holds, approvals and roles that may lack and may meet."""
    given = draw(st.lists(approval_rules(), max_size=2, unique_by=lambda rule: rule.name))
    named = {rule.name for rule in given}
    asked = [
        ReviewRule(
            name=name,
            rule=parse(draw(st.sampled_from(CONDITIONS)), vocabulary=ORDER_FACTS),
            approvals=draw(st.integers(1, 2)),
            roles=["desk"],
        )
        for name in draw(st.lists(codes(), max_size=1))
        if name not in named
    ]
    return OrderRules(
        name=draw(codes()),
        gates=draw(st.lists(gates(), max_size=3)),
        reviews=asked,
        on_gate=draw(st.sampled_from(GateMode)),
        hold_rules=draw(st.lists(hold_rules(), max_size=2, unique_by=lambda rule: rule.code)),
        approvals=given,
        roles=draw(role_matrices()),
    )
