"""Second reviews: which rule asks for one, who may give it, and what is still missing.

Four eyes are a property of persons: whoever asked, and whoever made what is reviewed, may not
approve, and one person who approves twice, even in two roles, has approved once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from ordercore.kernel import (
    FactValue,
    Instant,
    InvalidValue,
    Reason,
    answering,
    as_instant,
    as_tuple,
    checked,
    problems,
)
from ordercore.orders.texts import sorted_texts
from ordercore.rules import Evaluation, Rule

__all__ = ["ReviewApproval", "Review", "ReviewFinding", "ReviewRule", "review_findings"]


def _barred(given: Iterable[str]) -> tuple[str, ...]:
    return sorted_texts(given, "barred")


def _roles(given: Iterable[str]) -> tuple[str, ...]:
    return sorted_texts(given, "roles")


@attrs.frozen(kw_only=True)
@checked
class ReviewApproval:
    """Somebody agreed: the host's id of the person, never a name, in which role, and when.

    Raises:
        InvalidBatch: ``approval.actor``, ``approval.role`` when empty.

    Example:
        >>> ReviewApproval(actor="u-7", role="credit", at="2026-11-11T00:00:00Z").actor
        'u-7'
    """

    actor: str
    role: str
    at: Instant = attrs.field(converter=as_instant)

    def __attrs_post_init__(self) -> None:
        if self.actor and self.role:
            return
        faults = problems()
        if not self.actor:
            faults.add("approval.actor", "actor", self.actor, "who agreed")
        if not self.role:
            faults.add("approval.role", "role", self.role, "a role")
        faults.raise_if_any("approval")


def _approvals(given: Iterable[ReviewApproval]) -> tuple[ReviewApproval, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class Review:
    """How many persons must agree, who of them may not, and who has agreed so far.

    ``barred`` are persons whose agreement would be no second pair of eyes: who proposed it, who
    made the order. ``roles`` are those in which one may agree; empty, in any.

    Raises:
        InvalidBatch: ``review.needed`` below 1; ``review.same_person`` for an approval by somebody
            barred or by the same person again; ``review.role`` for one in a role that may not.
        InvalidValue: ``type.wrong`` for one text instead of a list.

    Example:
        >>> review = Review(needed=1, barred=["u-1"])
        >>> [reason.code for reason in review.objections("u-1", "credit")]
        ['review.same_person']
        >>> review.with_approval(
        ...     ReviewApproval(actor="u-2", role="credit", at="2026-11-11T00:00:00Z")
        ... ).met
        True
    """

    needed: int
    barred: tuple[str, ...] = attrs.field(default=(), converter=_barred)
    roles: tuple[str, ...] = attrs.field(default=(), converter=_roles)
    approvals: tuple[ReviewApproval, ...] = attrs.field(default=(), converter=_approvals)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.needed) is not int or self.needed < 1:
            faults.add("review.needed", "needed", self.needed, "an integer ≥ 1")
        known = set(self.barred)
        for number, approval in enumerate(self.approvals):
            path = f"approvals[{number}]"
            if approval.actor in known:
                faults.add("review.same_person", path, approval.actor, "somebody else")
            if not self._fits(approval.role):
                faults.add("review.role", path, approval.role, f"one of {', '.join(self.roles)}")
            known.add(approval.actor)
        faults.raise_if_any("review")

    def _fits(self, role: str) -> bool:
        return not self.roles or role in self.roles

    @property
    def missing(self) -> int:
        """How many more persons must agree."""
        return max(0, self.needed - len(self.approvals))

    @property
    def met(self) -> bool:
        """Whether enough persons have agreed."""
        return not self.missing

    def objections(self, actor: str, role: str) -> tuple[Reason, ...]:
        """Why this person's agreement, in this role, would not count; empty when it would.

        Codes: ``review.same_person`` (whoever asked may not agree, and nobody twice),
        ``review.role``.
        """
        reasons = []
        agreed = {approval.actor for approval in self.approvals}
        if actor in self.barred or actor in agreed:
            reasons.append(
                Reason(
                    "review.same_person",
                    facts={"actor": actor, "approved": actor in agreed, "missing": self.missing},
                    obtain="an approval by somebody else",
                )
            )
        if not self._fits(role):
            reasons.append(
                Reason(
                    "review.role",
                    facts={"role": role, "allowed": self.roles},
                    obtain=f"an approval in the role {' or '.join(self.roles)}",
                )
            )
        return tuple(reasons)

    def with_approval(self, approval: ReviewApproval) -> Review:
        """The review after one more person has agreed.

        Raises:
            InvalidBatch: as the constructor, for an approval that :meth:`objections` objects to.
        """
        return attrs.evolve(self, approvals=(*self.approvals, approval))


@attrs.frozen(kw_only=True)
@checked
class ReviewRule:
    """When orders need a second review, as data: a rule over ``ORDER_FACTS`` and how many agree.

    Raises:
        InvalidBatch: ``review.name`` when empty, ``review.needed`` below 1, ``type.wrong`` for
            something that is no rule.

    Example:
        >>> from ordercore.orders import ORDER_FACTS
        >>> from ordercore.rules import parse
        >>> large = parse(
        ...     "order.total > CNY(500000) and customer.rating == 'A'", vocabulary=ORDER_FACTS
        ... )
        >>> ReviewRule(name="large", rule=large, approvals=2, roles=["credit"]).approvals
        2
    """

    name: str
    rule: Rule
    approvals: int = 1
    roles: tuple[str, ...] = attrs.field(default=(), converter=_roles)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.name:
            faults.add("review.name", "name", self.name, "a name")
        if type(self.rule) is not Rule:
            faults.add("type.wrong", "rule", self.rule, "a Rule")
        if type(self.approvals) is not int or self.approvals < 1:
            faults.add("review.needed", "approvals", self.approvals, "an integer ≥ 1")
        faults.raise_if_any("review rule")


@attrs.frozen(kw_only=True)
@checked
class ReviewFinding:
    """What one rule says of an order: whether it asks for a review, why, and what it lacks.

    ``evaluation`` is the rule's answer with its trace; None when the facts did not suffice, and
    then the review is needed all the same, since nobody may pass because a fact was missing.
    ``review`` is None when the rule asks for none. ``reasons`` stand in the way of the order:
    ``gate.review`` with who is missing, ``review.undecided`` with the fact that is.
    """

    rule: str
    evaluation: Evaluation | None
    review: Review | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def met(self) -> bool:
        """Whether nothing of this rule stands in the way."""
        return self.review is None or self.review.met


@answering
def review_findings(
    rules: Iterable[ReviewRule],
    facts: Mapping[str, object],
    *,
    creator: str,
    approvals: Iterable[ReviewApproval] = (),
) -> tuple[ReviewFinding, ...]:
    """What each rule says of an order and of the approvals that it has, in the order of the rules.

    An approval counts for every rule that lets its role approve; one by the order's creator counts
    for none, and of several by one person the first that counts does. O(rules × approvals).

    Args:
        rules: Which orders need how many approvals.
        facts: As :func:`order_facts` gives them.
        creator: Who made the order, by the host's id.
        approvals: Who agreed so far.

    Example:
        >>> from ordercore.orders import ORDER_FACTS, order_facts
        >>> from ordercore.orders.specimen import tea_order
        >>> from ordercore.rules import parse
        >>> rule = parse("order.total > CNY(300)", vocabulary=ORDER_FACTS)
        >>> ask = [ReviewRule(name="large", rule=rule)]
        >>> facts = order_facts(tea_order())
        >>> by = [
        ...     ReviewApproval(actor=who, role="desk", at="2026-11-11T00:00:00Z")
        ...     for who in ("u1", "u2")
        ... ]
        >>> review_findings(ask, facts, creator="u1", approvals=by[:1])[0].reasons[0].code
        'gate.review'
        >>> review_findings(ask, facts, creator="u1", approvals=by)[0].met
        True
    """
    given = tuple(approvals)
    return tuple(_finding(rule, facts, creator, given) for rule in rules)


def _finding(
    rule: ReviewRule,
    facts: Mapping[str, object],
    creator: str,
    approvals: tuple[ReviewApproval, ...],
) -> ReviewFinding:
    reasons: list[Reason] = []
    evaluation: Evaluation | None = None
    try:
        evaluation = rule.rule.evaluate(facts)
    except InvalidValue as fault:
        unknown: dict[str, FactValue] = {
            "rule": rule.name,
            "fact": fault.path,
            "problem": fault.code,
        }
        reasons.append(Reason("review.undecided", facts=unknown, obtain=f"the fact {fault.path}"))
    if evaluation is not None and not evaluation.holds:
        return ReviewFinding(rule=rule.name, evaluation=evaluation)
    review = Review(needed=rule.approvals, barred=(creator,), roles=rule.roles)
    for approval in approvals:
        if not review.objections(approval.actor, approval.role):
            review = review.with_approval(approval)
    if review.met:
        # Enough persons looked at the order itself; what a rule could not tell is theirs to judge.
        return ReviewFinding(rule=rule.name, evaluation=evaluation, review=review)
    missing: dict[str, FactValue] = {
        "rule": rule.name,
        "needed": review.needed,
        "missing": review.missing,
        "approved_by": tuple(approval.actor for approval in review.approvals),
        "roles": review.roles,
    }
    reasons.append(
        Reason("gate.review", facts=missing, obtain=f"{review.missing} approvals by other persons")
    )
    return ReviewFinding(
        rule=rule.name, evaluation=evaluation, review=review, reasons=tuple(reasons)
    )
