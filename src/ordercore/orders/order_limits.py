"""What an order goes beyond: a seller's limit, the customer's credit, the stock.

Each finding says why, whom to tell, and when it is over: a rule over ``LIMIT_FACTS``, which tell of
accounts, limits and stock that an order does not know. :meth:`LimitFinding.hold` is the hold that
stands until then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import attrs

from ordercore.inventory import StockSnapshot
from ordercore.kernel import (
    Choice,
    Context,
    FactValue,
    Instant,
    Money,
    Reason,
    answering,
    as_tuple,
    checked,
    derived_id,
    instant,
    problems,
)
from ordercore.orders.control.commands import PlaceHold
from ordercore.orders.control.hold import FORWARD_VERBS, AutoRelease
from ordercore.orders.credit import CreditAccount, ReserveCredit, check
from ordercore.orders.order import Order
from ordercore.orders.outside import LimitFacts, credit_needed, standing_facts
from ordercore.orders.shortage import available_units, unheld
from ordercore.orders.standing import LimitStanding, vocabulary
from ordercore.rules import Rule, parse

__all__ = [
    "LimitFinding",
    "LimitKind",
    "OrderLimits",
    "limit_facts",
    "limit_findings",
    "limit_standing",
]


class LimitKind(Choice):
    """Which kind of hold a finding is for."""

    LIMIT = "limit"
    STOCK = "stock"


def _amounts(given: Iterable[Money]) -> tuple[Money, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class OrderLimits:
    """What a seller lets an order go to without anybody looking, as data.

    Args:
        name: The name of these limits.
        order_total: The most that one order may be due, an amount for each currency; an order in
            another currency is without limit.
        credit: Whether what is neither paid nor authorised must fit the customer's credit.
        stock: Whether every unit that is not held must be available.

    Raises:
        InvalidBatch: ``limits.name``; ``type.wrong`` for something that is no money;
            ``amount.negative``; ``limits.twice`` for a currency that stands twice.

    Example:
        >>> OrderLimits(name="shop", order_total=[Money.of(500000, "CNY")]).credit
        True
    """

    name: str
    order_total: tuple[Money, ...] = attrs.field(default=(), converter=_amounts)
    credit: bool = True
    stock: bool = True

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.name:
            faults.add("limits.name", "name", self.name, "a name")
        seen: set[str] = set()
        for number, amount in enumerate(self.order_total):
            path = f"order_total[{number}]"
            if not isinstance(amount, Money):
                faults.add("type.wrong", path, amount, "Money")
                continue
            if amount.minor < 0:
                faults.add("amount.negative", path, amount, "an amount ≥ 0")
            if amount.currency in seen:
                faults.add("limits.twice", path, str(amount.currency), "each currency once")
            seen.add(amount.currency)
        faults.raise_if_any("order limits")

    def most(self, order: Order) -> Money | None:
        """The most that this order may be due, or None."""
        known = (each for each in self.order_total if each.currency == order.currency)
        return next(known, None)


@attrs.frozen(kw_only=True)
@checked
class LimitFinding:
    """One limit that an order goes beyond.

    ``reason`` has the code ``limit.order_total``, ``limit.credit`` or ``stock.short``; ``details``
    are the account's own reasons, or one for each item that is short. ``topic`` is that of a
    :class:`Notify`. ``release`` holds for :func:`limit_facts` as soon as the finding is gone.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> desk = Context(now="2026-11-11T01:00:00Z", actor="u-1")
        >>> limits = OrderLimits(name="shop", order_total=[Money.of(300, "CNY")], credit=False)
        >>> (finding,) = limit_findings(tea_order(), limits, None, desk)
        >>> hold = finding.hold(tea_order(), command_id="c-7")
        >>> hold.code, hold.topic, hold.auto.outside
        ('limit', 'limit.order_total', 'limits.order_total is None or order.due <= ...')
    """

    kind: LimitKind = attrs.field(converter=LimitKind)
    reason: Reason
    details: tuple[Reason, ...] = ()
    topic: str
    release: Rule

    def hold(
        self,
        order: Order,
        *,
        command_id: str,
        blocks: Iterable[str] = FORWARD_VERBS,
        released_by: Iterable[str] = (),
        until: Instant | str | None = None,
    ) -> PlaceHold:
        """The hold of this finding: it ends by itself when the finding is gone.

        Its code is ``limit`` or ``stock``, its alarm has the finding's topic. An order is told of
        limits, account and stock with :class:`RecheckHolds`; see :func:`waits_for`.
        """
        return PlaceHold(
            order.order_id,
            command_id=command_id,
            hold_id=command_id,
            code=self.kind.value,
            blocks=tuple(blocks),
            released_by=tuple(released_by),
            until=None if until is None else instant(until),
            auto=AutoRelease(outside=self.release.to_text()),
            topic=self.topic,
        )


_RELEASES: Mapping[str, str] = {
    "limit.order_total": "limits.order_total is None or order.due <= limits.order_total",
    "limit.credit": "account.accepts",
    "stock.short": "all(line.needed <= line.available for line in stock.lines)",
}


@cache
def _release(code: str) -> Rule:
    return parse(_RELEASES[code], vocabulary=vocabulary())


def _credit_reasons(
    order: Order, account: CreditAccount | None, context: Context
) -> tuple[Reason, ...]:
    needed = credit_needed(order)
    if not needed:
        return ()
    if order.customer is None:
        return (Reason("credit.no_customer", obtain="the customer's id on the order"),)
    wish = ReserveCredit(
        order.customer,
        command_id=derived_id("limits", order.order_id, str(order.version)),
        order_id=order.order_id,
        amount=needed,
    )
    return check(account, wish, context).reasons


@answering
def limit_standing(
    order: Order,
    account: CreditAccount | None,
    context: Context,
    *,
    limits: OrderLimits | None = None,
    stock: StockSnapshot | None = None,
) -> LimitStanding:
    """What a :class:`RecheckHolds` tells an order. ``accepts``: the account takes what it needs.

    Without ``limits`` or ``stock`` nothing is told of them. O(lines × nodes).

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> desk = Context(now="2026-11-11T01:00:00Z", actor="u-1")
        >>> limit_standing(tea_order(), None, desk).accepts
        False
    """
    own = None if account is None or account.currency != order.currency else account
    return LimitStanding(
        limits=limits is not None,
        order_total=None if limits is None else limits.most(order),
        accepts=not _credit_reasons(order, account, context),
        limit=None if own is None else own.limit,
        exposure=None if own is None else own.exposure,
        available=None if own is None else own.available,
        stock=None
        if stock is None
        else {sku: available_units(stock, sku) for sku in unheld(order)},
    )


@answering
def limit_facts(
    order: Order,
    limits: OrderLimits,
    account: CreditAccount | None,
    context: Context,
    *,
    stock: StockSnapshot | None = None,
) -> LimitFacts:
    """What release rules read. ``account.accepts``: the account would take what the order needs.

    Without ``stock`` there are no stock facts of an order that lacks units, and a rule about them
    cannot be asked. O(lines × nodes).
    """
    return standing_facts(
        order, limit_standing(order, account, context, limits=limits, stock=stock)
    )


@answering
def limit_findings(
    order: Order,
    limits: OrderLimits,
    account: CreditAccount | None,
    context: Context,
    *,
    stock: StockSnapshot | None = None,
) -> tuple[LimitFinding, ...]:
    """Every limit that an order goes beyond, for the host to hold the order by. O(lines × nodes).

    Args:
        order: The order.
        limits: What the seller lets pass.
        account: The customer's credit account, or None where there is none.
        context: When, and who would reserve the credit; approvals by that person do not count.
        stock: What is available; without it stock is not looked at.

    Example:
        >>> from ordercore.kernel import Context
        >>> from ordercore.orders.specimen import tea_order
        >>> desk = Context(now="2026-11-11T01:00:00Z", actor="u-1")
        >>> limits = OrderLimits(name="shop", order_total=[Money.of(300, "CNY")], credit=False)
        >>> finding = limit_findings(tea_order(), limits, None, desk)[0]
        >>> finding.reason.code, str(finding.reason.facts["over"]), finding.release.to_text()
        ('limit.order_total', 'CNY 15.90', 'limits.order_total is None or order.due <= ...')
    """
    findings: list[LimitFinding] = []
    most = limits.most(order)
    if most is not None and order.due > most:
        facts: dict[str, FactValue] = {"due": order.due, "limit": most, "over": order.due - most}
        help_ = f"a limit of {order.due} for one order, or fewer units"
        reason = Reason("limit.order_total", facts=facts, obtain=help_)
        findings.append(_found(LimitKind.LIMIT, reason))
    refused = _credit_reasons(order, account, context) if limits.credit else ()
    if refused:
        findings.append(_found(LimitKind.LIMIT, _about_credit(order, account, refused), refused))
    if limits.stock and stock is not None:
        short = _short(order, stock)
        if short:
            findings.append(_found(LimitKind.STOCK, _about_stock(short), short))
    return tuple(findings)


def _found(kind: LimitKind, reason: Reason, details: tuple[Reason, ...] = ()) -> LimitFinding:
    return LimitFinding(
        kind=kind, reason=reason, details=details, topic=reason.code, release=_release(reason.code)
    )


def _about_credit(
    order: Order, account: CreditAccount | None, refused: tuple[Reason, ...]
) -> Reason:
    facts: dict[str, FactValue] = {
        "needed": credit_needed(order),
        "because": tuple(each.code for each in refused),
        "limit": None if account is None else account.limit,
        "available": None if account is None else account.available,
    }
    # One command cannot remedy two reasons; they stand in the details, each with its own.
    only = refused[0].remedy if len(refused) == 1 else None
    return Reason(
        "limit.credit",
        facts=facts,
        remedy=only,
        obtain=None if only is not None else "what the details ask for",
    )


def _short(order: Order, stock: StockSnapshot) -> tuple[Reason, ...]:
    reasons = []
    for sku, units in unheld(order).items():
        available = available_units(stock, sku)
        if units > available:
            short = units - available
            reasons.append(
                Reason(
                    "stock.short",
                    facts={
                        "sku": str(sku),
                        "needed": units,
                        "available": available,
                        "short": short,
                    },
                    obtain=f"{short} more units of {sku}",
                )
            )
    return tuple(reasons)


def _about_stock(short: tuple[Reason, ...]) -> Reason:
    missing = sum(units for each in short if isinstance(units := each.facts["short"], int))
    return Reason(
        "stock.short",
        facts={"skus": tuple(str(each.facts["sku"]) for each in short), "short": missing},
        obtain=f"{missing} more units",
    )
