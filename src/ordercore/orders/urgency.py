"""Which order first: a score from factors that are data, with the reasons for every point.

Each factor reads one number of an order and gives points by a ladder that only rises, so that an
order which waits longer, is promised sooner, or is bought by a better customer never falls behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never, cast

import attrs

from ordercore.inventory import StockSnapshot
from ordercore.kernel import (
    Choice,
    Instant,
    InvalidValue,
    OrderId,
    answering,
    as_instant,
    as_optional_instant,
    as_tuple,
    checked,
    elapsed_us,
    instant,
    problems,
    sorted_tuple,
)
from ordercore.orders.keywords import KeywordRule, found_keywords
from ordercore.orders.order import Order
from ordercore.orders.shortage import stock_scarcity
from ordercore.orders.texts import texts

__all__ = [
    "DEFAULT_URGENCY",
    "FactorKind",
    "QueuedOrder",
    "Urgency",
    "UrgencyFacts",
    "UrgencyFactor",
    "UrgencyLevel",
    "UrgencyPolicy",
    "UrgencyReason",
    "UrgencyStep",
    "queue",
    "urgency",
    "urgency_facts",
]

_MINUTE_US = 60_000_000


class FactorKind(Choice):
    """What a factor reads, and in which unit."""

    CUSTOMER_TIER = "customer_tier"
    """The rank of the customer's tier in the policy's list: 1 is the lowest, 0 none of them."""
    VIP = "vip"
    """1 for a customer who is expedited, else 0."""
    STOCK_SCARCITY = "stock_scarcity"
    """Units needed in percent of those available, of the scarcest item."""
    DISTANCE = "distance"
    """Metres to the buyer."""
    WAITING = "waiting"
    """Whole minutes since the order was placed."""
    PROMISE_SLACK = "promise_slack"
    """Whole minutes to the promised instant, below zero when it is past; less is more urgent."""
    KEYWORD = "keyword"
    """The points of the keyword rules whose words stand in the remark, added up."""


def _tiers(given: Iterable[str]) -> tuple[str, ...]:
    return texts(given, "tiers")


def _found(given: Iterable[str]) -> tuple[str, ...]:
    return texts(given, "keywords")


@attrs.frozen
@checked
class UrgencyStep:
    """From this input on (of slack: down from it) a factor gives these points.

    Raises:
        InvalidBatch: ``urgency.bound`` for anything but an integer, ``urgency.points`` for anything
            but an integer ≥ 0.

    Example:
        >>> UrgencyStep(120, 10).points
        10
    """

    bound: int
    points: int

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.bound) is not int:
            faults.add("urgency.bound", "bound", self.bound, "an integer")
        if type(self.points) is not int or self.points < 0:
            faults.add("urgency.points", "points", self.points, "an integer ≥ 0")
        faults.raise_if_any("urgency step")


def _steps(given: Iterable[UrgencyStep | tuple[int, int]]) -> tuple[UrgencyStep, ...]:
    steps = as_tuple(given)
    if type(steps) is not tuple:
        return cast("tuple[UrgencyStep, ...]", steps)
    made = tuple([_step(number, step) for number, step in enumerate(steps)])
    return sorted_tuple(made, UrgencyStep, lambda step: step.bound)


def _step(number: int, given: UrgencyStep | tuple[int, int]) -> UrgencyStep:
    if isinstance(given, UrgencyStep):
        return given
    if not isinstance(given, tuple) or len(given) != 2:
        raise InvalidValue("type.wrong", f"steps[{number}]", given, "a bound and its points")
    return UrgencyStep(*given)


@attrs.frozen(kw_only=True)
@checked
class UrgencyFactor:
    """One factor: what it reads, the ladder of points, and the weight they are multiplied by.

    Of ``keyword`` the points are those of the rules, and there is no ladder. Steps are kept in the
    order of their bounds.

    Raises:
        InvalidBatch: ``urgency.weight`` for anything but an integer ≥ 0; ``urgency.bound`` for a
            bound that stands twice; ``urgency.falls`` for a step whose points fall where urgency
            rises; ``urgency.steps`` for a ladder that is missing, or given to keywords.

    Example:
        >>> UrgencyFactor(kind="waiting", steps=[(60, 5), (1440, 20)], weight=2).points(90)
        10
    """

    kind: FactorKind = attrs.field(converter=FactorKind)
    steps: tuple[UrgencyStep, ...] = attrs.field(default=(), converter=_steps)
    weight: int = 1

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.weight) is not int or self.weight < 0:
            faults.add("urgency.weight", "weight", self.weight, "an integer ≥ 0")
        if bool(self.steps) is (self.kind is FactorKind.KEYWORD):
            faults.add("urgency.steps", "steps", len(self.steps), "a ladder, except for keywords")
        rising = self.kind is not FactorKind.PROMISE_SLACK
        before: UrgencyStep | None = None
        for number, step in enumerate(self.steps):
            if before is not None:
                more = step.points - before.points
                if step.bound == before.bound:
                    faults.add("urgency.bound", f"steps[{number}]", step.bound, "another bound")
                elif more < 0 if rising else more > 0:
                    expected = "no fewer" if rising else "no more"
                    path = f"steps[{number}].points"
                    faults.add(
                        "urgency.falls", path, step.points, f"{expected} than {before.points}"
                    )
            before = step
        faults.raise_if_any("urgency factor")

    def points(self, given: int) -> int:
        """The points of an input, weighted; never less for a more urgent one."""
        if self.kind is FactorKind.KEYWORD:
            return given * self.weight
        if self.kind is FactorKind.PROMISE_SLACK:
            reached = next((step for step in self.steps if given <= step.bound), None)
        else:
            reached = next((step for step in reversed(self.steps) if given >= step.bound), None)
        return 0 if reached is None else reached.points * self.weight


@attrs.frozen
@checked
class UrgencyLevel:
    """The name of all scores from ``from_score`` on, up to the next level.

    Raises:
        InvalidBatch: ``urgency.level`` for an empty name or a score that is no integer ≥ 0.
    """

    name: str
    from_score: int

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.name:
            faults.add("urgency.level", "name", self.name, "a name")
        if type(self.from_score) is not int or self.from_score < 0:
            faults.add("urgency.level", "from_score", self.from_score, "an integer ≥ 0")
        faults.raise_if_any("urgency level")


def _factors(given: Iterable[UrgencyFactor]) -> tuple[UrgencyFactor, ...]:
    return as_tuple(given)


def _keywords(given: Iterable[KeywordRule]) -> tuple[KeywordRule, ...]:
    return as_tuple(given)


def _levels(given: Iterable[UrgencyLevel]) -> tuple[UrgencyLevel, ...]:
    return sorted_tuple(given, UrgencyLevel, lambda level: level.from_score)


@attrs.frozen(kw_only=True)
@checked
class UrgencyPolicy:
    """How urgent orders are, as data: factors, tiers from low to high, keywords, and levels.

    Raises:
        InvalidBatch: ``urgency.twice`` for a factor, tier, keyword rule or level that stands twice.
        InvalidValue: ``type.wrong`` for anything else in a list, and one text instead of a list.

    Example:
        >>> UrgencyPolicy(name="plain", factors=[UrgencyFactor(kind="vip", steps=[(1, 50)])]).level(
        ...     50
        ... )
        ''
    """

    name: str
    factors: tuple[UrgencyFactor, ...] = attrs.field(converter=_factors)
    tiers: tuple[str, ...] = attrs.field(default=(), converter=_tiers)
    keywords: tuple[KeywordRule, ...] = attrs.field(default=(), converter=_keywords)
    levels: tuple[UrgencyLevel, ...] = attrs.field(default=(), converter=_levels)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        lists: Mapping[str, list[str | int]] = {
            "factors": [factor.kind.value for factor in self.factors],
            "tiers": list(self.tiers),
            "keywords": [rule.name for rule in self.keywords],
            "levels": [level.from_score for level in self.levels],
        }
        for path, given in lists.items():
            for number, each in enumerate(given):
                if each in given[:number]:
                    faults.add("urgency.twice", f"{path}[{number}]", each, "each once")
        faults.raise_if_any("urgency policy")

    def level(self, score: int) -> str:
        """The name of the highest level that a score reaches, or empty text."""
        reached = [level.name for level in self.levels if level.from_score <= score]
        return reached[-1] if reached else ""


@attrs.frozen(kw_only=True)
@checked
class UrgencyFacts:
    """What urgency reads of one order. None is not known, and gives no points.

    ``keywords`` are names of the policy's rules, found in the remark by :func:`urgency_facts`; the
    remark itself, which may hold anything about a person, is not kept.

    Raises:
        InvalidBatch: ``urgency.negative`` for a distance or scarcity below 0; ``type.wrong``.

    Example:
        >>> UrgencyFacts(order_id="o-1", placed_at="2026-11-11T00:00:00Z", vip=True).vip
        True
    """

    order_id: OrderId = attrs.field(converter=OrderId)
    placed_at: Instant = attrs.field(converter=as_instant)
    promised_at: Instant | None = attrs.field(default=None, converter=as_optional_instant)
    tier: str = ""
    vip: bool = False
    scarcity_percent: int | None = None
    distance_m: int | None = None
    keywords: tuple[str, ...] = attrs.field(default=(), converter=_found)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.vip) is not bool:
            faults.add("type.wrong", "vip", self.vip, "a boolean")
        for name in ("scarcity_percent", "distance_m"):
            given = getattr(self, name)
            if given is not None and (type(given) is not int or given < 0):
                faults.add("urgency.negative", name, given, "an integer ≥ 0")
        faults.raise_if_any("urgency facts")


@answering
def urgency_facts(
    order: Order,
    policy: UrgencyPolicy,
    *,
    remark: str = "",
    tier: str = "",
    vip: bool = False,
    promised_at: Instant | str | None = None,
    distance_m: int | None = None,
    stock: StockSnapshot | None = None,
) -> UrgencyFacts:
    """What urgency reads of an order, with what only the host knows. O(lines + remark × words).

    Args:
        order: The order.
        policy: Whose keyword rules are looked for.
        remark: What the buyer or the clerk wrote; read once and not kept.
        tier: The customer's value tier, as the policy names it.
        vip: Whether the customer is expedited.
        promised_at: When the goods were promised to arrive.
        distance_m: Metres to the buyer.
        stock: What is available; without it scarcity is not known.

    Example:
        >>> from ordercore.orders import DEFAULT_URGENCY
        >>> from ordercore.orders.specimen import tea_order
        >>> urgency_facts(tea_order(), DEFAULT_URGENCY, remark="客户要求加急").keywords
        ('urgent',)
    """
    return UrgencyFacts(
        order_id=order.order_id,
        placed_at=order.placed_at,
        promised_at=None if promised_at is None else instant(promised_at),
        tier=tier,
        vip=vip,
        scarcity_percent=None if stock is None else stock_scarcity(order, stock),
        distance_m=distance_m,
        keywords=found_keywords(remark, policy.keywords),
    )


@attrs.frozen(kw_only=True)
@checked
class UrgencyReason:
    """Points that a factor gave for an input; ``names`` are the keyword rules behind them."""

    factor: FactorKind = attrs.field(converter=FactorKind)
    input: int
    points: int
    names: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
@checked
class Urgency:
    """How urgent an order is: the sum of its reasons' points, and the level that it reaches."""

    score: int
    level: str
    reasons: tuple[UrgencyReason, ...]

    def describe(self) -> str:
        """One line for each reason.

        Example:
            >>> reason = UrgencyReason(factor="vip", input=1, points=50)
            >>> print(Urgency(score=50, level="expedited", reasons=(reason,)).describe())
            50 expedited
            +50 vip = 1
        """
        lines = [f"{self.score} {self.level}".rstrip()]
        for each in self.reasons:
            names = f" ({', '.join(each.names)})" if each.names else ""
            lines.append(f"+{each.points} {each.factor} = {each.input}{names}")
        return "\n".join(lines)


def _input(kind: FactorKind, facts: UrgencyFacts, policy: UrgencyPolicy, at: Instant) -> int | None:
    match kind:
        case FactorKind.CUSTOMER_TIER:
            return policy.tiers.index(facts.tier) + 1 if facts.tier in policy.tiers else 0
        case FactorKind.VIP:
            return int(facts.vip)
        case FactorKind.STOCK_SCARCITY:
            return facts.scarcity_percent
        case FactorKind.DISTANCE:
            return facts.distance_m
        case FactorKind.WAITING:
            return max(0, elapsed_us(facts.placed_at, at) // _MINUTE_US)
        case FactorKind.PROMISE_SLACK:
            left = facts.promised_at
            return None if left is None else elapsed_us(at, left) // _MINUTE_US
        case FactorKind.KEYWORD:
            return sum(rule.points for rule in policy.keywords if rule.name in facts.keywords)
        case _:
            assert_never(kind)


@answering
def urgency(facts: UrgencyFacts, policy: UrgencyPolicy, at: Instant | str) -> Urgency:
    """How urgent an order is at an instant, and why. O(factors).

    The score never falls when one input becomes more urgent and the others stay. Factors that give
    no points are not among the reasons.

    Example:
        >>> from ordercore.orders import DEFAULT_URGENCY
        >>> facts = UrgencyFacts(
        ...     order_id="o-1", placed_at="2026-11-11T00:00:00Z", vip=True, keywords=["urgent"]
        ... )
        >>> answer = urgency(facts, DEFAULT_URGENCY, "2026-11-11T00:30:00Z")
        >>> answer.score, answer.level, [str(reason.factor) for reason in answer.reasons]
        (150, 'urgent', ['vip', 'keyword'])
    """
    now = instant(at)
    reasons = []
    for factor in policy.factors:
        given = _input(factor.kind, facts, policy, now)
        points = 0 if given is None else factor.points(given)
        if given is not None and points:
            names: tuple[str, ...] = ()
            if factor.kind is FactorKind.KEYWORD:
                names = tuple(r.name for r in policy.keywords if r.name in facts.keywords)
            reasons.append(
                UrgencyReason(factor=factor.kind, input=given, points=points, names=names)
            )
    score = sum(reason.points for reason in reasons)
    return Urgency(score=score, level=policy.level(score), reasons=tuple(reasons))


@attrs.frozen(kw_only=True)
@checked
class QueuedOrder:
    """An order in its place in the queue, with how urgent it is."""

    facts: UrgencyFacts
    urgency: Urgency


@answering
def queue(
    orders: Iterable[UrgencyFacts], policy: UrgencyPolicy, at: Instant | str
) -> tuple[QueuedOrder, ...]:
    """Orders by urgency, the most urgent first; of equals the one placed first, then by id.

    The order is total and does not depend on the order of the input. O(n log n).

    Raises:
        InvalidValue: ``queue.twice`` for an order that stands in the input twice.

    Example:
        >>> from ordercore.orders import DEFAULT_URGENCY
        >>> early, late = (
        ...     UrgencyFacts(order_id=id, placed_at=f"2026-11-11T0{hour}:00:00Z")
        ...     for id, hour in (("o-1", 1), ("o-2", 2))
        ... )
        >>> line = queue([late, early], DEFAULT_URGENCY, "2026-11-11T02:00:00Z")
        >>> [str(each.facts.order_id) for each in line]
        ['o-1', 'o-2']
    """
    now = instant(at)
    waiting: dict[OrderId, QueuedOrder] = {}
    for number, facts in enumerate(orders):
        if facts.order_id in waiting:
            path = f"orders[{number}]"
            raise InvalidValue("queue.twice", path, str(facts.order_id), "each order once")
        waiting[facts.order_id] = QueuedOrder(facts=facts, urgency=urgency(facts, policy, now))
    return tuple(
        sorted(
            waiting.values(),
            key=lambda each: (-each.urgency.score, each.facts.placed_at, each.facts.order_id),
        )
    )


DEFAULT_URGENCY = UrgencyPolicy(
    name="default",
    factors=(
        UrgencyFactor(kind="customer_tier", steps=[(1, 5), (2, 15), (3, 30)]),
        UrgencyFactor(kind="vip", steps=[(1, 50)]),
        UrgencyFactor(kind="stock_scarcity", steps=[(50, 5), (80, 15), (100, 25)]),
        UrgencyFactor(kind="distance", steps=[(500_000, 5), (1_500_000, 10)]),
        UrgencyFactor(kind="waiting", steps=[(240, 5), (720, 15), (1_440, 30), (2_880, 60)]),
        UrgencyFactor(kind="promise_slack", steps=[(0, 100), (240, 60), (1_440, 30), (2_880, 10)]),
        UrgencyFactor(kind="keyword"),
    ),
    tiers=("bronze", "silver", "gold"),
    keywords=(
        KeywordRule(
            name="urgent",
            words=("urgent", "asap", "rush", "as soon as possible", "加急", "急用", "尽快", "急"),
            unless=("not urgent", "no rush", "不急", "不着急", "不用急", "不紧急"),
            points=100,
        ),
        KeywordRule(
            name="dated",
            words=("birthday", "wedding", "gift for", "生日", "婚礼", "送礼"),
            points=20,
        ),
    ),
    levels=(UrgencyLevel("expedited", 50), UrgencyLevel("urgent", 100)),
)
"""A policy to begin with. Slack is in minutes to the promise, waiting in minutes since placing."""
