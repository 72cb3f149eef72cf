"""Twenty rules over a cart of ten lines: how many hold, compiled once and asked again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness import Comparison, faster, floor, peer
from ordercore.kernel import Money
from ordercore.rules import BOOLEAN, INTEGER, MONEY, TEXT, Vocabulary, enum, list_of, parse

WORDS = Vocabulary(
    "cart",
    {
        "cart.total": MONEY,
        "cart.units": INTEGER,
        "cart.channel": TEXT,
        "cart.gift": BOOLEAN,
        "customer.rating": enum("A", "B", "C"),
        "customer.orders": INTEGER,
        "cart.lines": list_of(
            {"sku": TEXT, "units": INTEGER, "price": MONEY, "category": TEXT, "clearance": BOOLEAN}
        ),
    },
)
LINES = [
    {
        "sku": f"SKU-{i}",
        "units": i + 1,
        "price": Money(1_000 * (i + 1), "CNY"),
        "category": ("tea", "cup", "pot")[i % 3],
        "clearance": i == 4,
    }
    for i in range(10)
]
FACTS: dict[str, Any] = {
    "cart": {
        "total": Money(38_500, "CNY"),
        "units": 55,
        "channel": "douyin",
        "gift": False,
        "lines": LINES,
    },
    "customer": {"rating": "A", "orders": 12},
}
# The same facts for engines that know no money: amounts in minor units.
PLAIN: dict[str, Any] = {
    "cart": {
        **FACTS["cart"],
        "total": 38_500,
        "lines": [{**line, "price": 1_000 * (i + 1)} for i, line in enumerate(LINES)],
    },
    "customer": FACTS["customer"],
}

# Per rule: ours, by hand, zen-engine, rule-engine. A Money by hand is compared by its minor units.
Facts = dict[str, Any]
RULES: list[tuple[str, Callable[[Facts], bool], str, str]] = [
    (
        f"cart.total >= CNY({major})",
        lambda f, minor=major * 100: f["cart"]["total"].minor >= minor,  # type: ignore[misc]
        f"cart.total >= {major * 100}",
        f"cart.total >= {major * 100}",
    )
    for major in (100, 300, 500, 1_000)
]
RULES += [
    (
        f"cart.channel == '{channel}' and customer.rating == 'A'",
        lambda f, channel=channel: (  # type: ignore[misc]
            f["cart"]["channel"] == channel and f["customer"]["rating"] == "A"
        ),
        f"cart.channel == '{channel}' and customer.rating == 'A'",
        f"cart.channel == '{channel}' and customer.rating == 'A'",
    )
    for channel in ("douyin", "tmall", "jd", "shop")
]
RULES += [
    (
        f"cart.units >= {units} or cart.gift",
        lambda f, units=units: f["cart"]["units"] >= units or f["cart"]["gift"],  # type: ignore[misc]
        f"cart.units >= {units} or cart.gift",
        f"cart.units >= {units} or cart.gift",
    )
    for units in (10, 50, 60, 100)
]
RULES += [
    (
        f"any(x.units > {units} for x in cart.lines)",
        lambda f, units=units: any(x["units"] > units for x in f["cart"]["lines"]),  # type: ignore[misc]
        f"some(cart.lines, #.units > {units})",
        f"[x for x in cart.lines if x.units > {units}].length > 0",
    )
    for units in (3, 8, 20)
]
RULES += [
    (
        f"any(x.category == '{name}' for x in cart.lines)",
        lambda f, name=name: any(x["category"] == name for x in f["cart"]["lines"]),  # type: ignore[misc]
        f"some(cart.lines, #.category == '{name}')",
        f"[x for x in cart.lines if x.category == '{name}'].length > 0",
    )
    for name in ("pot", "wine", "book")
]
RULES += [
    (
        "all(x.price >= CNY(5) for x in cart.lines)",
        lambda f: all(x["price"].minor >= 500 for x in f["cart"]["lines"]),
        "all(cart.lines, #.price >= 500)",
        "[x for x in cart.lines if x.price < 500].length == 0",
    ),
    (
        "customer.orders > 10 and not cart.gift",
        lambda f: f["customer"]["orders"] > 10 and not f["cart"]["gift"],
        "customer.orders > 10 and not cart.gift",
        "customer.orders > 10 and not cart.gift",
    ),
]

COMPILED = [parse(text, vocabulary=WORDS) for text, *_ in RULES]
BY_HAND = [by_hand for _, by_hand, *_ in RULES]


def ours() -> int:
    return sum([rule.holds(FACTS) for rule in COMPILED])


def by_hand() -> int:
    return sum([holds(FACTS) for holds in BY_HAND])


def with_zen() -> Callable[[], object] | None:
    zen = peer("zen")
    if zen is None:
        return None
    compiled = [zen.compile_expression(text) for _, _, text, _ in RULES]

    def theirs() -> object:
        return sum([each.evaluate(PLAIN) for each in compiled])

    assert theirs() == by_hand()
    return theirs


def with_rule_engine() -> Callable[[], object] | None:
    library = peer("rule_engine")
    if library is None:
        return None
    try:
        compiled = [library.Rule(text) for *_, text in RULES]
    except library.errors.EngineError:
        # Releases before 3 cannot ask a list: nothing to compare with.
        return None

    def theirs() -> object:
        return sum([each.matches(PLAIN) for each in compiled])

    assert theirs() == by_hand()
    return theirs


def comparisons() -> list[Comparison]:
    assert len(RULES) == 20
    assert ours() == by_hand()
    row, unit = "rules.eval", "µs"
    return [
        Comparison(
            row=row,
            unit=unit,
            goal=faster(10, "zen-engine"),
            ours=ours,
            reference=with_zen(),
            reference_name="zen-engine",
        ),
        Comparison(
            row=row,
            unit=unit,
            goal=faster(10, "rule-engine"),
            ours=ours,
            reference=with_rule_engine(),
            reference_name="rule-engine",
        ),
        Comparison(
            row=row,
            unit=unit,
            goal=floor(3),
            ours=ours,
            reference=by_hand,
            reference_name="20 lambdas without any check",
            note="ours checks the type of each fact and the currency of each amount it reads",
        ),
    ]
