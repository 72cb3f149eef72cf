"""What a host decides once for all its orders, beside what each order pins when it is placed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from ordercore.kernel import (
    BusinessCalendar,
    FaultList,
    FrozenMap,
    NotFound,
    as_map,
    as_tuple,
    checked,
    instant,
    problems,
    sorted_tuple,
)
from ordercore.orders.control.approval import ApprovalLevel, ApprovalRule
from ordercore.orders.control.gate_rules import DEFAULT_GATES, Gate, GateMode, HoldRule
from ordercore.orders.control.roles import ANYONE, RoleMatrix
from ordercore.orders.fulfilling.flow import Flow
from ordercore.orders.fulfilling.machines import built_in_flows
from ordercore.orders.review import ReviewRule
from ordercore.pricing import Quote, QuoteInputs

__all__ = ["DEFAULT_RULES", "OrderRules"]


def _inputs(given: Iterable[QuoteInputs]) -> tuple[QuoteInputs, ...]:
    return as_tuple(given)


def _flows(given: Iterable[Flow]) -> tuple[Flow, ...]:
    return as_tuple(given)


def _calendars(given: Mapping[str, BusinessCalendar]) -> FrozenMap[str, BusinessCalendar]:
    return as_map(given)


def _gates(given: Iterable[Gate]) -> tuple[Gate, ...]:
    return as_tuple(given)


def _hold_rules(given: Iterable[HoldRule]) -> tuple[HoldRule, ...]:
    return sorted_tuple(given, HoldRule, lambda rule: rule.code)


def _approvals(given: Iterable[ApprovalRule]) -> tuple[ApprovalRule, ...]:
    return sorted_tuple(given, ApprovalRule, lambda rule: rule.name)


def _reviews(given: Iterable[ReviewRule]) -> tuple[ReviewRule, ...]:
    return sorted_tuple(given, ReviewRule, lambda rule: rule.name)


@attrs.frozen(kw_only=True)
@checked
class OrderRules:
    """The rules by which commands are answered today, for new and for live orders alike.

    What must not change under a live order stands in its :class:`OrderPolicy` instead. ``gates``
    say what commands need, ``on_gate`` whether a command that a hold or a closed gate keeps back
    is refused or waits (a gate may say otherwise), ``hold_rules`` which orders hold themselves,
    ``approvals`` how approvals are given, ``reviews`` which orders need the review that a gate or a
    hold asks for, and ``roles`` who may do and see what. A review is given as the approval of its
    name: by the levels of the approval rule of that name, or, where there is none, by its own
    number of people in its one role.

    ``flows`` are the machines of fulfilment orders; the first that is for an order serves what is
    planned, and all of them serve what began on them. ``calendars`` are the working calendars by
    which limits of stages run, by the names that the stages use.

    ``quote_inputs`` are what quotes were made from: the books, taxes and policies that orders still
    stand on whose promotions are asked again when units go (``OrderPolicy.after``).

    Raises:
        InvalidBatch: ``rules.name`` when empty, ``rules.twice`` for two hold rules of one code, two
            approvals or two reviews of one name, ``rules.calendar`` for every stage whose limits
            run by a calendar that is not among ``calendars``, ``role.flow_stages`` for every stage
            of a grant that neither a flow nor a built-in flow has, ``rules.review`` for every gate
            that needs a review without a rule, ``rules.review_levels`` for a review of several
            roles, or of any, without an approval rule, or with one of fewer people or of other
            roles.

    Example:
        >>> OrderRules(name="spring").gates[0].needs
        ('stock', 'payment')
    """

    name: str = "default"
    flows: tuple[Flow, ...] = attrs.field(default=(), converter=_flows)
    calendars: FrozenMap[str, BusinessCalendar] = attrs.field(
        factory=FrozenMap, converter=_calendars
    )
    gates: tuple[Gate, ...] = attrs.field(default=DEFAULT_GATES, converter=_gates)
    on_gate: GateMode = attrs.field(default=GateMode.REFUSE, converter=GateMode)
    hold_rules: tuple[HoldRule, ...] = attrs.field(default=(), converter=_hold_rules)
    approvals: tuple[ApprovalRule, ...] = attrs.field(default=(), converter=_approvals)
    reviews: tuple[ReviewRule, ...] = attrs.field(default=(), converter=_reviews)
    roles: RoleMatrix = ANYONE
    quote_inputs: tuple[QuoteInputs, ...] = attrs.field(default=(), converter=_inputs)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.name:
            faults.add("rules.name", "name", self.name, "a name")
        for path, ids in (
            ("hold_rules", [rule.code for rule in self.hold_rules]),
            ("approvals", [rule.name for rule in self.approvals]),
            ("reviews", [rule.name for rule in self.reviews]),
        ):
            if len(set(ids)) < len(ids):
                faults.add("rules.twice", path, str(ids), "each once")
        self._check_calendars(faults)
        self._check_roles(faults)
        self._check_reviews(faults)
        faults.raise_if_any("order rules")

    def _check_calendars(self, faults: FaultList) -> None:
        """Every limit of a flow finds its calendar now, and not when a timer is first asked for."""
        some_day = instant("2026-01-01T00:00:00Z")
        for number, flow in enumerate(self.flows):
            for state in flow.machine.states:
                try:
                    flow.machine.due(state.id, some_day, calendars=self.calendars)
                except NotFound:
                    faults.add(
                        "rules.calendar",
                        f"flows[{number}].machine.states[{state.id}]",
                        state.calendar,
                        f"one of {', '.join(self.calendars) or 'none given'}",
                    )

    def _check_roles(self, faults: FaultList) -> None:
        asked = [
            (number, stage)
            for number, grant in enumerate(self.roles.grants)
            for stage in grant.flow_stages
        ]
        if not asked:
            return
        machines = (*built_in_flows(), *(flow.machine for flow in self.flows))
        known = sorted({state.id for machine in machines for state in machine.states})
        for number, stage in asked:
            if stage not in known:
                path = f"roles.grants[{number}].flow_stages"
                faults.add("role.flow_stages", path, stage, f"one of {', '.join(known)}")

    def inputs_of(self, quote: Quote) -> QuoteInputs | None:
        """What a quote was made from, by its digests; None where it is not among them."""
        return next((each for each in self.quote_inputs if not each.differences(quote)), None)

    def _check_reviews(self, faults: FaultList) -> None:
        known = {rule.name for rule in self.reviews}
        for number, gate in enumerate(self.gates):
            for need in gate.needs:
                name = need.removeprefix("review:")
                if name != need and name not in known:
                    expected = f"one of {', '.join(sorted(known)) or 'none given'}"
                    faults.add("rules.review", f"gates[{number}].needs", need, expected)
        for rule in self.reviews:
            given = self.approval(rule.name)
            roles = () if given is None else tuple(level.role for level in given.levels)
            people = 0 if given is None else sum(level.quorum for level in given.levels)
            fits = not rule.roles or set(roles) <= set(rule.roles)
            if given is None or people < rule.approvals or not fits:
                expected = f"an approval rule of {rule.approvals} people in the review's roles"
                faults.add("rules.review_levels", f"reviews[{rule.name}]", roles, expected)

    def approval(self, name: str) -> ApprovalRule | None:
        """How approvals of a name are given, or None; those of a review of one role as it says."""
        for rule in self.approvals:
            if rule.name == name:
                return rule
        review = self.review(name)
        if review is None or len(review.roles) != 1:
            return None
        return ApprovalRule(name, levels=[ApprovalLevel(review.roles[0], quorum=review.approvals)])

    def review(self, name: str) -> ReviewRule | None:
        """The review rule of a name, or None."""
        return next((rule for rule in self.reviews if rule.name == name), None)


DEFAULT_RULES = OrderRules()
