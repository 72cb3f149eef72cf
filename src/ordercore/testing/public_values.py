"""A strategy for every public value: written where fields hang together, derived elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TypeVar, cast

import attrs
from hypothesis import strategies as st

from ordercore import kernel, orders, pricing, rules, statemachine
from ordercore.allocation import Conditions, CostBreakdown, CostTerm, Demand, NodeCapacity
from ordercore.catalog import Catalog, Item
from ordercore.channels import ChannelMapping, OrderDraft
from ordercore.inventory import StockItem, StockSnapshot
from ordercore.network import (
    CarrierService,
    Destination,
    GeoPoint,
    Network,
    Node,
    PostcodeClassRule,
    Region,
)
from ordercore.ports import ChannelPage
from ordercore.testing import charge_values as charged
from ordercore.testing import credit_values as owed
from ordercore.testing import customer_values as buyers
from ordercore.testing import definition_values as defined
from ordercore.testing import flow_values as flows
from ordercore.testing import kernel_values as basic
from ordercore.testing import order_control_values as control
from ordercore.testing import order_lives as lives
from ordercore.testing import order_transfers as transfers
from ordercore.testing import policy_values as chosen
from ordercore.testing import price_values as prices
from ordercore.testing import promotion_values as offered
from ordercore.testing import rule_values
from ordercore.testing import trade_values as trade
from ordercore.testing.derivation import Registry, derived

__all__ = ["values"]

T = TypeVar("T")


def values(kind: type[T]) -> st.SearchStrategy[T]:
    """Instances of a public value's class, as ``st.from_type`` draws them.

    Raises:
        InvalidValue: ``testing.no_strategy`` for a type that is no value.

    Example:
        >>> from hypothesis import find
        >>> from ordercore.inventory import Receive
        >>> find(values(Receive), lambda command: command.quantity > 2).quantity
        3
    """
    own = _written().get(kind)
    if own is not None:
        return cast("st.SearchStrategy[T]", own())
    if issubclass(kind, kernel.Identifier):
        return cast("st.SearchStrategy[T]", basic.identifiers(kind))
    if not attrs.has(kind):
        raise kernel.InvalidValue("testing.no_strategy", "kind", kind, "a public value's class")
    return derived(cast("type[T]", kind), _written())


@cache
def _written() -> Registry:
    table: dict[type, Callable[[], st.SearchStrategy[object]]] = {
        # --- kernel ---
        kernel.BusinessCalendar: basic.calendars,
        kernel.Context: basic.contexts,
        kernel.Currency: basic.currencies,
        kernel.DayHours: basic.day_hours,
        kernel.Duration: basic.durations,
        kernel.InclusionProof: basic.inclusion_proofs,
        kernel.LocalTime: basic.local_times,
        kernel.Money: lambda: basic.monies(currency="CNY"),
        kernel.Opening: basic.openings,
        kernel.Quantity: basic.quantities,
        kernel.Reason: basic.reasons,
        kernel.Refusal: basic.refusals,
        kernel.Span: basic.spans,
        kernel.Unit: basic.units,
        kernel.WeekHours: basic.week_hours,
        kernel.WorkingHours: basic.working_hours,
        kernel.Zone: basic.zones,
        # --- places and goods ---
        Catalog: trade.catalogs,
        Destination: trade.destinations,
        GeoPoint: trade.geo_points,
        Item: trade.items,
        Network: trade.networks,
        Region: trade.regions,
        StockItem: trade.stock_items,
        StockSnapshot: trade.stock_snapshots,
        Node: lambda: trade.networks().map(lambda network: network.nodes[0]),
        CarrierService: lambda: trade.networks().map(lambda network: network.services[0]),
        # --- sales ---
        pricing.Cart: trade.carts,
        pricing.Charge: charged.charges,
        pricing.ChargeBook: charged.charge_books,
        pricing.DeliveryOption: charged.delivery_options,
        pricing.DeliveryRate: charged.delivery_rates,
        pricing.Fee: charged.fees,
        pricing.Goodwill: charged.goodwills,
        pricing.OverrideLimit: charged.override_limits,
        pricing.PriceOverride: charged.price_overrides,
        pricing.PricingPolicy: chosen.pricing_policies,
        pricing.RateBreak: charged.rate_breaks,
        pricing.TaxRate: charged.tax_rates,
        pricing.TaxRegistration: charged.tax_registrations,
        pricing.TaxStatus: charged.tax_statuses,
        pricing.ExchangeRate: prices.exchange_rates,
        pricing.PriceAnswer: prices.price_answers,
        pricing.PriceBook: trade.price_books,
        pricing.PriceChange: prices.price_changes,
        pricing.PriceConversion: prices.price_conversions,
        pricing.PriceEnding: prices.price_endings,
        pricing.PriceHistory: prices.price_histories,
        pricing.PriceList: prices.price_lists,
        pricing.PriceRow: prices.price_rows,
        pricing.Promotion: trade.promotions,
        pricing.Quote: trade.quotes,
        pricing.BuyGet: offered.buy_gets,
        pricing.Ladder: offered.ladders,
        pricing.EarnPoints: offered.earned_points,
        pricing.GiftRung: offered.gift_rungs,
        pricing.Gifts: offered.gifts,
        pricing.PayPoints: offered.paid_points,
        pricing.SetPrice: offered.set_prices,
        pricing.SpendAndSave: offered.spend_ladders,
        pricing.SpendEvery: offered.spend_everies,
        pricing.TaxTable: trade.tax_tables,
        orders.CompleteStage: defined.stage_completions,
        orders.Flow: defined.order_flows,
        orders.Order: lives.orders,
        # --- credit, reviews, urgency ---
        orders.CreditAccount: owed.credit_accounts,
        orders.CreditPolicy: owed.credit_policies,
        orders.Review: owed.reviews,
        orders.ReviewRule: owed.review_rules,
        orders.LimitFinding: owed.exceeded_limits,
        orders.KeywordRule: owed.keyword_rules,
        orders.UrgencyFactor: owed.urgency_factors,
        orders.UrgencyFacts: owed.urgency_inputs,
        orders.UrgencyPolicy: owed.urgency_policies,
        # --- control of orders ---
        orders.Approval: control.approvals,
        orders.ApprovalLevel: control.approval_levels,
        orders.ApprovalRule: control.approval_rules,
        orders.AutoRelease: control.auto_releases,
        orders.Control: control.controls,
        orders.CustomerFact: buyers.customer_notes,
        orders.Evidence: control.evidences,
        orders.Gate: control.gates,
        orders.Hold: control.holds,
        orders.Waiting: control.waiting_commands,
        orders.LimitStanding: control.limit_standings,
        orders.RecheckHolds: control.recheck_holds,
        orders.HoldRule: control.hold_rules,
        orders.HoldScope: control.hold_scopes,
        orders.OrderRules: control.order_rules,
        orders.Pause: control.pauses,
        orders.PlaceHold: control.place_holds,
        orders.RoleMatrix: control.role_matrices,
        orders.OrderStanding: control.order_standings,
        orders.RoleGrant: control.role_grants,
        orders.Consignment: transfers.consignments,
        orders.TransferIn: transfers.arrivals,
        orders.TransferOut: transfers.departures,
        orders.TransferPlan: transfers.transfer_plans,
        # --- definitions, and what decisions carry ---
        Conditions: defined.conditions,
        CostTerm: defined.cost_terms,
        NodeCapacity: defined.node_capacities,
        CostBreakdown: defined.cost_breakdowns,
        Demand: defined.demands,
        ChannelMapping: defined.channel_mappings,
        OrderDraft: defined.order_drafts,
        ChannelPage: defined.channel_pages,
        statemachine.MachineSpec: defined.machine_specs,
        statemachine.Machine: defined.machines,
        PostcodeClassRule: defined.postcode_class_rules,
        kernel.Command: defined.commands,
        kernel.Effect: defined.effects,
        # --- flows ---
        statemachine.Assignment: flows.assignments,
        statemachine.Gate: flows.gates,
        statemachine.MachinePin: flows.machine_pins,
        statemachine.MigrationPlan: flows.migration_plans,
        statemachine.Migrated: flows.migrated,
        statemachine.NamedLimit: flows.named_limits,
        statemachine.Overlay: flows.overlays,
        statemachine.Phrases: flows.manual_phrases,
        statemachine.Rehearsal: flows.rehearsals,
        statemachine.RollOut: flows.roll_outs,
        statemachine.Stage: flows.stages,
        statemachine.Wave: flows.waves,
        # --- rules ---
        rules.Evaluation: rule_values.evaluations,
        rules.Condition: lambda: rule_values.evaluations().map(lambda each: each.trace),
        rules.FactType: rule_values.fact_types,
        rules.Rule: rule_values.rules,
        rules.Vocabulary: rule_values.vocabularies,
    }
    for node in rule_values.node_types():
        table[node] = partial(rule_values.nodes, node)
    return table
