"""Deciding on requests for an exchange: a return and an edit that belong together."""

from __future__ import annotations

from ordercore.kernel import Context, FrozenMap, Money, Reason, Refusal
from ordercore.orders.amending.commands import RequestExchange
from ordercore.orders.amending.editing import Change, exchange_open, quote_reasons, requote
from ordercore.orders.amending.events import ExchangeRequested
from ordercore.orders.decide_return import asked_back, authorised, return_reasons
from ordercore.orders.draft import Draft, OrderDecision, blocking, refused, stage_reason
from ordercore.orders.evolve import replay
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.orders.worth import inputs_missing, worth_of

__all__ = ["request_exchange"]


def _unlike(order: Order, command: RequestExchange) -> list[Reason]:
    """What the quote holds otherwise than the order does, or does not hold at all."""
    standing = {line.line_id: line.ordered - line.cancelled for line in order.lines}
    quoted = command.quote.quantities
    reasons = [
        Reason(
            "exchange.line_changed",
            facts={
                "line": str(line_id),
                "asked": quoted.get(line_id, 0),
                "standing": units,
            },
            obtain=f"a quote with {units} units of the line",
        )
        for line_id, units in standing.items()
        if quoted.get(line_id, 0) != units
    ]
    if all(line_id in standing for line_id in quoted):
        reasons.append(
            Reason(
                "exchange.no_replacement",
                facts={"lines": len(quoted)},
                obtain="a quote with the replacement on a line of its own",
            )
        )
    return reasons


def request_exchange(
    order: Order, command: RequestExchange, context: Context, rules: OrderRules
) -> OrderDecision:
    """Shipped units may come back for others, before those go out or after."""
    begun = authorised(order, command, context, rules)
    found = [
        *exchange_open(order, command, "exchange.other_open"),
        *return_reasons(order, command),
        *_unlike(order, command),
        *quote_reasons(order, command, command.quote, command.items, context),
        *(begun.reasons if isinstance(begun, Refusal) else ()),
    ]
    reasons = blocking(stage_reason(order, command), found)
    if reasons or isinstance(begun, Refusal):
        return refused(*reasons)
    draft = Draft(order, command, context)
    draft.events.append(asked_back(draft, command, begun))
    advance, changed = Money.zero(order.currency), order
    new = FrozenMap({id: item for id, item in command.items.items() if not order.has(id)})
    if command.ship_first:
        change = Change(quote=command.quote, items=new, why=command.cause)
        # The quote holds every standing unit, so none has to come off and nothing is in the way.
        _, missing = requote(draft, order, change, rules)
        changed = replay(order, draft.events) or order
        kept = {
            line.line_id: line.kept - command.lines.get(line.line_id, 0) for line in changed.lines
        }
        missing = missing or inputs_missing(changed, kept, rules)
        if missing:
            return refused(*missing)
        advance = worth_of(changed, command.lines, rules).amount
    draft.events.append(
        ExchangeRequested(
            order_id=order.order_id,
            cause=draft.cause,
            return_id=command.return_id,
            lines=command.lines,
            replacement=FrozenMap(
                {id: units for id, units in command.quote.quantities.items() if not order.has(id)}
            ),
            ship_first=command.ship_first,
            quote=None if command.ship_first else command.quote,
            items=new,
            advance=advance,
            why=command.cause,
        )
    )
    draft.notify("exchange.requested")
    due_minor = changed.due_at(changed.value_minor, advance_minor=advance.minor)
    draft.settle(order, due_minor=due_minor)
    return draft.decision()
