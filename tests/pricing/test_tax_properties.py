"""Laws of quotes with every kind of tax and charge, and an independent calculation of the taxes."""

from __future__ import annotations

import pickle
from fractions import Fraction

import attrs
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur
from tests.pricing.drawn_charges import rich_carts, rich_policies, rich_quotes, rich_tables
from tests.pricing.test_quote_properties import _hamilton, _rounded

from ordercore.codec import Codec
from ordercore.kernel import Rounding, canonical_json
from ordercore.pricing import (
    PriceBook,
    Quote,
    TaxTreatment,
    check_sums,
    percent_off,
    quote,
)


@given(rich_quotes())
def test_every_quote_sums_at_every_level(case):
    q, *_ = case
    assert check_sums(q) == ()
    assert q.net + q.tax + q.rounding == q.total


@given(rich_quotes())
def test_the_totals_of_an_invoice_are_the_taxes(case):
    q, *_ = case
    rows = q.tax_totals
    assert sum(row.amount.minor for row in rows) == q.tax.minor
    grounds = [attrs.evolve(row, net=eur(0), amount=eur(0)) for row in rows]
    assert all(grounds.count(each) == 1 for each in grounds)
    for collector in {row.collector for row in rows}:
        mine = sum(row.amount.minor for row in rows if row.collector == collector)
        assert mine == q.tax_collected_by(collector).minor
    # Every part is taxed by the component of everywhere, so that its rows hold all that is sold.
    assert sum(row.net.minor for row in rows if row.component == "a") == q.net.minor


@given(rich_quotes(), st.randoms(use_true_random=False))
def test_the_order_of_anything_given_does_not_matter(case, random):
    q, cart, book, more = case
    lines, rates, fees = list(cart.lines), list(more["taxes"].rates), list(more["tariff"].fees)
    manual = list(more["manual"])
    for each in (lines, rates, fees, manual):
        random.shuffle(each)
    given = {
        **more,
        "taxes": attrs.evolve(more["taxes"], rates=rates),
        "tariff": attrs.evolve(more["tariff"], fees=fees),
        "manual": manual,
    }
    again = quote(
        attrs.evolve(cart, lines=lines, deliveries=cart.deliveries[::-1]), book, at=NOW, **given
    )
    assert {line.line_id: line for line in again.lines} == {line.line_id: line for line in q.lines}
    assert {c.charge_id: c for c in again.charges} == {c.charge_id: c for c in q.charges}
    assert (again.total, again.valid_until) == (q.total, q.valid_until)
    assert again.charge_digest == q.charge_digest


@given(rich_quotes())
def test_a_quote_knows_its_cart_and_its_bytes(case):
    q, cart, book, more = case
    assert q.cart() == attrs.evolve(cart, currency="EUR")
    again = quote(pickle.loads(pickle.dumps(cart)), book, at=NOW, **more)
    assert canonical_json(again) == canonical_json(q)
    codec = Codec()
    assert codec.loads(codec.dumps(q), Quote) == q


@given(rich_quotes())
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


@given(rich_carts(), rich_tables(), rich_policies)
def test_everything_off_is_nothing_everywhere(cart, taxes, policy):
    book = PriceBook.of({sku: eur(999) for sku in "ABCDE"}, promotions=[percent_off("free", 100)])
    cart = attrs.evolve(cart, deliveries=[attrs.evolve(d, option="") for d in cart.deliveries])
    q = quote(cart, book, at=NOW, taxes=taxes, policy=policy)
    assert (q.total, q.tax, q.net) == (eur(0), eur(0), eur(0))


@given(rich_quotes(max_quantity=10**9))
def test_any_quantity_is_exact(case):
    q, *_ = case
    assert check_sums(q) == ()


# --- an independent calculation -------------------------------------------------------------------


def _applies(rate, category, ship_to, status):
    """Whether a rate could be meant, and how narrow it is, from its documentation alone."""
    if rate.category != category or NOW not in rate.span:
        return None
    region = rate.region
    if region is not None:
        if ship_to is None or region.country != ship_to.region.country:
            return None
        if region.subdivision and region.subdivision != ship_to.region.subdivision:
            return None
        if region.city and region.city != ship_to.region.city:
            return None
        if rate.postcode_classes and ship_to.postcode_class not in rate.postcode_classes:
            return None
    if rate.only_registered:
        countries = {r.country for r in status.registrations}
        if not countries or (region is not None and region.country not in countries):
            return None
    return (
        region is not None,
        bool(region and region.city),
        bool(region and region.subdivision),
        bool(rate.postcode_classes),
        rate.only_registered,
    )


def _naive_rates(table, category, ship_to, status):
    """Of each component its rate as a part of the net price."""
    best = {}
    for rate in table.rates:
        narrow = _applies(rate, category, ship_to, status)
        if narrow is not None and (rate.component not in best or best[rate.component][0] < narrow):
            best[rate.component] = (narrow, rate)
    exact = {}

    def of(component):
        rate = best[component][1]
        if component not in exact:
            number = rate.rate
            for exemption in status.exemptions:
                if (
                    (
                        exemption.region is None
                        or (ship_to and exemption.region.covers(ship_to.region))
                    )
                    and (not exemption.components or component in exemption.components)
                    and (not exemption.categories or category in exemption.categories)
                ):
                    number = Fraction(0)
            exact[component] = number * (1 + sum(of(c) for c in rate.compound_on if c in best))
        return exact[component]

    return {component: of(component) for component in sorted(best)}


def _place_of(cart, group):
    for delivery in cart.deliveries:
        if delivery.group == group and delivery.ship_to is not None:
            return delivery.ship_to
    return cart.ship_to


@given(rich_quotes())
def test_taxes_are_those_of_a_naive_calculation(case):
    """Each place of rounding rounds the exact sum of what it gathers; shares are within one of theirs."""
    q, cart, _, more = case
    table, policy = more["taxes"], more["policy"]
    mode, place = policy.tax_rounding, policy.tax_place
    groups: dict[object, list] = {}
    for part in (*q.lines, *q.charges):
        path = part.line_id if hasattr(part, "sku") else part.charge_id
        ship_to = _place_of(cart, part.delivery_group)
        cells = [(part.tax_category, part.amount.minor)]
        if getattr(part, "kind", "") == "shipping" and policy.shipping_tax != "own":
            goods = {}
            for line in q.lines:
                if line.delivery_group == part.delivery_group:
                    sums = goods.setdefault(line.tax_category, [0, 0])
                    sums[0] += line.amount.minor
                    sums[1] += line.list_amount.minor
            if goods and policy.shipping_tax == "split":
                basis = 0 if any(left for left, _ in goods.values()) else 1
                weights = {c: goods[c][basis] for c in sorted(goods)}
                if not any(weights.values()):
                    weights = dict.fromkeys(weights, 1)
                split = _hamilton(part.amount.minor, weights)
                cells = [(c, minor) for c, minor in split.items() if minor] or cells
            elif goods:
                heights = {
                    c: sum(_naive_rates(table, c, ship_to, cart.tax_status).values()) for c in goods
                }
                highest = max(sorted(heights), key=heights.__getitem__)
                cells = [(highest, part.amount.minor)]
        shares = list(part.taxes)
        for category, minor in cells:
            exact = _naive_rates(table, category, ship_to, cart.tax_status)
            together = 1 + sum(exact.values()) if table.included else Fraction(1)
            mine, shares = shares[: len(exact)], shares[len(exact) :]
            assert [s.component for s in mine] == list(exact)
            for share in mine:
                assert (share.base.minor, share.category) == (minor, category)
                part_of = exact[share.component] / together
                if place == "unit":
                    units = part.quantity if hasattr(part, "sku") else 1
                    low, more_units = divmod(minor, units)
                    if not table.included:
                        want = (units - more_units) * _rounded(low * part_of, mode)
                        want += more_units * _rounded((low + 1) * part_of, mode)
                        assert share.amount.minor == want
                    assert abs(share.amount.minor - minor * part_of) <= units
                    continue
                assert abs(share.amount.minor - minor * part_of) < 1
                key = {
                    "line": (path, category)
                    if table.included
                    else (path, category, share.component),
                    "rate_group": None,
                    "document": "",
                }[place]
                if place == "rate_group":
                    grounds = [
                        (s.component, s.rate, s.jurisdiction, s.treatment, s.reason, s.collector)
                        for s in (mine if table.included else [share])
                    ]
                    key = (category, tuple(grounds))
                groups.setdefault(key, []).append((minor * part_of, share.amount.minor))
            if place == "unit" and table.included:
                units = part.quantity if hasattr(part, "sku") else 1
                low, more_units = divmod(minor, units)
                all_of = sum(exact.values()) / together
                want = (units - more_units) * _rounded(low * all_of, mode)
                want += more_units * _rounded((low + 1) * all_of, mode)
                assert sum(s.amount.minor for s in mine) == want
        assert not shares
    for cells in groups.values():
        assert sum(minor for _, minor in cells) == _rounded(sum(e for e, _ in cells), mode)


@given(rich_quotes())
def test_what_is_not_taxed_says_why(case):
    q, *_ = case
    for part in (*q.lines, *q.charges):
        for share in part.taxes:
            if share.treatment is not TaxTreatment.TAXED:
                assert (share.amount.minor, share.rate) == (0, 0)
                assert share.reason


@given(rich_quotes(), st.sampled_from(["line", "rate_group", "document"]))
def test_places_of_rounding_differ_by_no_more_than_their_roundings(case, place):
    _, cart, book, more = case
    if more["policy"].cash is not None or more["policy"].tax_rounding is not Rounding.HALF_UP:
        return
    here = quote(
        cart, book, at=NOW, **{**more, "policy": attrs.evolve(more["policy"], tax_place=place)}
    )
    once = quote(
        cart, book, at=NOW, **{**more, "policy": attrs.evolve(more["policy"], tax_place="document")}
    )
    shares = sum(len(part.taxes) for part in (*here.lines, *here.charges))
    assert abs(here.tax.minor - once.tax.minor) <= (shares + 1) // 2 + 1
    if here.tax_included:
        assert here.total == once.total
