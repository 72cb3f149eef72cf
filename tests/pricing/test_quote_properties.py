"""Laws of every quote: sums, permutation, what does not concern it, and an independent oracle."""

from __future__ import annotations

import pickle
from fractions import Fraction

import attrs
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import (
    NOW,
    books,
    carts,
    eur,
    plain_effects,
    plain_policies,
    policies,
    quoted,
    tax_tables,
)

from ordercore.kernel import Money, Rounding, Span, canonical_json
from ordercore.pricing import (
    CART_FACTS,
    INVARIANTS,
    Cart,
    PercentOff,
    PriceBook,
    PriceList,
    Promotion,
    Selector,
    SpendAndSave,
    check_sums,
    percent_off,
    quote,
    spend_and_save,
    unit_off,
)


@given(quoted())
def test_every_quote_sums_at_every_level(case):
    q, *_ = case
    assert check_sums(q) == ()
    laws = [law for law in INVARIANTS if law.subject == "a quote"]
    assert len(laws) == 8
    assert all(law.holds(q) for law in laws)


@given(quoted())
def test_the_buyer_and_the_funders_pay_the_revenue(case):
    q, *_ = case
    assert q.revenue == q.total + q.funded("platform") + q.funded("manufacturer")
    assert q.net + q.tax + q.rounding == q.total
    assert q.total.minor >= 0 or q.rounding.minor < 0


@given(quoted(), st.randoms(use_true_random=False))
def test_order_of_lines_coupons_lists_and_promotions_does_not_matter(case, random):
    q, cart, book, more = case
    lines = list(cart.lines)
    promotions = list(book.promotions)
    lists = [attrs.evolve(each, rows=each.rows[::-1]) for each in book.lists]
    random.shuffle(lines)
    random.shuffle(promotions)
    random.shuffle(lists)
    shuffled = attrs.evolve(cart, lines=lines, coupons=tuple(reversed(cart.coupons)))
    book2 = PriceBook(lists=lists, promotions=promotions, groups=list(book.groups)[::-1])
    assert book2.digest == book.digest
    again = quote(shuffled, book2, at=NOW, **more)
    assert {line.line_id: line for line in again.lines} == {line.line_id: line for line in q.lines}
    assert attrs.evolve(again, lines=q.lines) == q


@given(quoted())
def test_what_does_not_concern_a_cart_never_changes_its_quote(case):
    q, cart, book, more = case
    unrelated = [
        percent_off("x1", 50, on=Selector(skus=["OTHER"])),
        percent_off("x2", 50, on=Selector(categories=["cars"])),
        percent_off("x3", 50, on=Selector(attributes={"brand": "y"})),
        percent_off("x4", 50, coupon="NOBODY"),
        percent_off("x5", 50, channels=["elsewhere"]),
        percent_off("x6", 50, span=Span(NOW.add(days=1))),
        percent_off("x7", 50, span=Span(None, NOW)),
        percent_off("x8", 50, when="cart.total > EUR(9999999)"),
        unit_off("x9", "1", "USD"),
        spend_and_save("x10", {"9999999": "1"}, "EUR", priority=9),
    ]
    more_lists = [PriceList("else", currency="EUR", channels=["elsewhere"], priority=9)]
    bigger = PriceBook(
        lists=book.lists + tuple(more_lists),
        promotions=(*unrelated, *book.promotions),
        groups=book.groups,
    )
    again = quote(cart, bigger, at=NOW, **more)
    assert attrs.evolve(again, book_digest=q.book_digest) == q
    for promotion in unrelated:
        found = again.explain(
            promotion.promotion_id, bigger, policy=more["policy"], taxes=more["taxes"]
        )
        assert not found.applied
        assert found.reasons


@given(quoted())
def test_explanations_agree_with_the_quote(case):
    q, _, book, more = case
    for promotion in book.promotions:
        found = q.explain(promotion.promotion_id, book, policy=more["policy"], taxes=more["taxes"])
        taken = -sum(
            a.amount.minor
            for part in (*q.lines, *q.charges)
            for a in part.adjustments
            if a.promotion == promotion.promotion_id
        )
        assert found.amount == eur(taken)
        assert found.applied == (not found.reasons)


@given(quoted())
def test_the_same_input_gives_the_same_bytes(case):
    q, cart, book, more = case
    again = quote(cart, pickle.loads(pickle.dumps(book)), at=NOW, **more)
    assert canonical_json(again) == canonical_json(q)
    assert again.digest == q.digest == pickle.loads(pickle.dumps(q)).digest
    assert q.cart() == attrs.evolve(cart, currency="EUR")


@given(quoted(max_quantity=10**9))
def test_any_quantity_is_exact(case):
    q, *_ = case
    assert check_sums(q) == ()


@given(carts(), books(), tax_tables(), st.fractions(0, 100))
def test_a_deeper_percentage_never_costs_more(cart, book, taxes, percent):
    def total(deep):
        sale = [Promotion("sale", effect=PercentOff(deep))] if deep else []
        return quote(cart, PriceBook(lists=book.lists, promotions=sale), at=NOW, taxes=taxes).total

    assert total(100) <= total((percent + 100) / 2) <= total(percent) <= total(0)


@given(carts(), books(), tax_tables(), policies)
def test_everything_off_is_nothing_everywhere(cart, book, taxes, policy):
    free = PriceBook(lists=book.lists, promotions=[percent_off("free", 100)])
    policy = attrs.evolve(policy, line_floor="zero")
    q = quote(cart, free, at=NOW, taxes=taxes, policy=policy)
    assert (q.total, q.tax, q.net) == (eur(0), eur(0), eur(0))


# --- an independent calculation -------------------------------------------------------------------


def _rounded(value: Fraction, mode: Rounding) -> int:
    floor = value.numerator // value.denominator
    if value == floor:
        return floor
    half = value - floor
    up = {
        Rounding.HALF_UP: half >= Fraction(1, 2),
        Rounding.HALF_EVEN: half > Fraction(1, 2) or (half == Fraction(1, 2) and floor % 2),
        Rounding.DOWN: False,
        Rounding.FLOOR: False,
        Rounding.UP: True,
        Rounding.CEILING: True,
    }[mode]
    return floor + bool(up)


def _hamilton(amount: int, weights: dict[str, int]) -> dict[str, int]:
    whole = sum(weights.values())
    quotas = {key: Fraction(amount * weight, whole) for key, weight in weights.items()}
    shares = {key: quota.numerator // quota.denominator for key, quota in quotas.items()}
    by_rest = sorted(weights, key=lambda key: (shares[key] - quotas[key], key))
    for key in by_rest[: amount - sum(shares.values())]:
        shares[key] += 1
    return shares


def _naive(q, cart: Cart, book: PriceBook, policy, shipping):
    """Discounts by line, from the documented rules and with nothing but fractions."""
    left = {}
    for line in cart.lines:
        found = []
        for prices in book.lists:
            if prices.channels and cart.channel not in prices.channels:
                continue
            rows = [r for r in prices.rows if r.sku == line.sku and r.min_quantity <= line.quantity]
            if rows:
                row = max(rows, key=lambda r: r.min_quantity)
                found.append((prices.priority, Fraction(row.price.minor, row.per), row))
        if policy.between_lists == "priority":
            row = max(found, key=lambda f: f[0])[2]
        else:
            row = min(found, key=lambda f: f[1])[2]
        exact = Fraction(row.price.minor * line.quantity, row.per)
        left[line.line_id] = _rounded(exact, policy.rounding)
    listed = dict(left)
    ship = {"shipping": shipping.minor} if shipping is not None else {}
    listed_ship = dict(ship)
    facts = {
        "cart.total": sum(listed.values()) >= 2000,
        "cart.units": sum(line.quantity for line in cart.lines) > 3,
        "any": any(line.sku == "A" for line in cart.lines),
        "cart.channel": cart.channel == "web" and "C1" in cart.coupons,
    }
    stages = ["item", "group", "order", "shipping", "payment"]
    given = {}
    turns = sorted(
        book.promotions, key=lambda p: (stages.index(p.stage), -p.priority, p.promotion_id)
    )
    for p in turns:
        if NOW not in p.span or (p.coupon and p.coupon not in cart.coupons):
            continue
        if p.channels and cart.channel not in p.channels:
            continue
        if p.when and not next(v for k, v in facts.items() if p.when.to_text().startswith(k)):
            continue
        chosen = [line for line in cart.lines if _selects(p.on, line, listed[line.line_id])]
        parts = {line.line_id: left[line.line_id] for line in chosen}
        origin = {line.line_id: listed[line.line_id] for line in chosen}
        spent = sum((parts if policy.threshold_basis == "left" else origin).values())
        if p.stage == "shipping":
            parts, origin = (dict(ship), dict(listed_ship)) if chosen else ({}, {})
        if not any(parts.values()):
            continue
        base = parts if policy.percent_base == "left" else origin
        effect = p.effect
        if isinstance(effect, PercentOff):
            rate = effect.percent / 100
            if p.stage in ("item", "group"):
                offs = {k: min(parts[k], _rounded(base[k] * rate, policy.rounding)) for k in parts}
            else:
                off = _rounded(sum(base.values()) * rate, policy.rounding)
                offs = _hamilton(min(off, sum(parts.values())), parts)
        elif isinstance(effect, SpendAndSave):
            off = max((s.off.minor for s in effect.steps if s.threshold.minor <= spent), default=0)
            offs = _hamilton(min(off, sum(parts.values())), parts)
        else:
            offs = {
                line.line_id: min(parts[line.line_id], effect.off.minor * line.quantity)
                for line in chosen
            }
        for key, off in offs.items():
            if off:
                given[p.promotion_id, key] = off
            (ship if p.stage == "shipping" else left)[key] -= off
    return listed, left | ship, given


def _selects(on, line, amount):
    return (
        (not on.skus or line.sku in on.skus)
        and (not on.categories or any(line.category[: len(c)] == c for c in on.categories))
        and all(line.attributes.get(k) == v for k, v in on.attributes.items())
        and line.sku not in on.but_skus
        and (on.from_price is None or amount >= on.from_price.minor * line.quantity)
    )


@given(quoted(effects=plain_effects, policies=plain_policies))
def test_prices_and_discounts_are_those_of_a_naive_calculation(case):
    q, cart, book, more = case
    listed, left, given = _naive(q, cart, book, more["policy"], more["shipping"])
    assert {line.line_id: line.list_amount.minor for line in q.lines} == listed
    parts = {line.line_id: line for line in q.lines} | {c.charge_id: c for c in q.charges}
    assert {key: part.amount.minor for key, part in parts.items() if key != "wrap"} == left
    assert {
        (a.promotion, key): -a.amount.minor for key, part in parts.items() for a in part.adjustments
    } == given


@given(quoted())
def test_taxes_are_within_rounding_of_the_exact_ones_at_their_place(case):
    q, _, _, more = case
    mode, place = more["policy"].tax_rounding, more["policy"].tax_place
    table = more["taxes"]
    groups: dict[object, list] = {}
    for part in (*q.lines, *q.charges):
        rates = [share.rate for share in part.taxes]
        assert len(rates) == len(table.rates_for(part.tax_category, None, NOW))
        for share in part.taxes:
            assert share.included is table.included
            exact = part.amount.minor * share.rate
            if table.included:
                exact /= 1 + sum(rates)
            assert abs(exact - share.amount.minor) < 1
            key = {
                "line": id(part) if table.included else (id(part), share.component),
                "rate_group": (part.tax_category, "" if table.included else share.component),
                "document": "",
            }[place]
            groups.setdefault(key, []).append((exact, share.amount.minor))
    for cells in groups.values():
        assert sum(minor for _, minor in cells) == _rounded(sum(e for e, _ in cells), mode)


def test_the_vocabulary_is_told():
    assert "cart.total" in CART_FACTS.fields
    assert Money(1, "EUR") == eur(1)
