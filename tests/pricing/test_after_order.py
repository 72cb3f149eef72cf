"""After the order: re-evaluation, gifts, shipping, and the laws that every policy keeps."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, permutations

import attrs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, carts, eur, quoted
from tests.pricing.drawn_charges import rich_quotes

from ordercore.kernel import CashRounding, InvalidBatch, InvalidValue, Money, Span, shift
from ordercore.network import Destination, Region, Zoning
from ordercore.pricing import (
    CLAW_BACK,
    CLAWED_BACK,
    DEFAULT_AFTER_ORDER,
    NO_TAX,
    AfterOrderPolicy,
    Cart,
    CartLine,
    Charge,
    ChargeBook,
    Delivery,
    DeliveryOption,
    DeliveryRate,
    Goodwill,
    OverrideLimit,
    PriceBook,
    PriceList,
    PriceOverride,
    PriceRow,
    PricingPolicy,
    Quote,
    QuoteInputs,
    QuoteLine,
    RateBreak,
    RestockingFee,
    Selector,
    TaxRate,
    TaxShare,
    TaxTable,
    buy_get,
    check_sums,
    claw_back,
    edited_quote,
    gift,
    kept_value,
    percent_off,
    quote,
    recorded_quote,
    refund,
    restocking_charge,
    spend_and_save,
    split_off,
    unearned_gifts,
)

AGAIN = AfterOrderPolicy(discounts="reevaluated", shipping_discounts="reevaluated", gifts="charged")
POLICIES = st.builds(
    AfterOrderPolicy,
    discounts=st.sampled_from(["pro_rata", "reevaluated"]),
    shipping_discounts=st.sampled_from(["pro_rata", "reevaluated"]),
    gifts=st.sampled_from(["kept", "charged", "returned"]),
    shipping=st.sampled_from(["as_charged", "never", "with_everything", "with_units"]),
)


def inputs_of(book, given):
    return QuoteInputs(
        book=book,
        taxes=given["taxes"],
        policy=given["policy"],
        **({"tariff": given["tariff"]} if "tariff" in given else {}),
    )


@st.composite
def falling(draw, quantities, most=4):
    """A falling path of units kept, from everything to nothing, and the charges with it."""
    path = [dict(quantities)]
    for _ in range(draw(st.integers(0, most))):
        path.append({k: draw(st.integers(0, v)) for k, v in path[-1].items()})
    path.append(dict.fromkeys(quantities, 0))
    return [(units, any(units.values())) for units in path]


def steps(q, path, **under):
    return [
        refund(q, a, b, charges_before=ca, charges_after=cb, **under)
        for (a, ca), (b, cb) in pairwise(path)
    ]


@settings(max_examples=25)
@given(st.one_of(quoted(6), rich_quotes(5)), POLICIES, st.data())
def test_under_every_policy_steps_refund_what_one_step_does(case, policy, data):
    q, _, book, given_ = case
    under = {"policy": policy, "inputs": inputs_of(book, given_)}
    path = data.draw(falling(q.quantities))
    found = steps(q, path, **under)
    at_once = steps(q, [path[0], path[-1]], **under)[0]
    assert sum(r.total.minor for r in found) == at_once.total.minor
    assert sum(r.tax.minor for r in found) == at_once.tax.minor
    assert sum(r.units for r in found) == at_once.units
    for funder in (None, "merchant", "platform", "manufacturer"):
        assert sum(r.funded(funder).minor for r in found) == at_once.funded(funder).minor
    assert kept_value(q, q.quantities, **under) == q.total
    for ((a, ca), (b, cb)), one in zip(pairwise(path), found, strict=True):
        before = kept_value(q, a, charges=ca, **under)
        after = kept_value(q, b, charges=cb, **under)
        assert one.total == before - after
        # No more is ever given back than was paid, and nothing kept has a price below zero.
        assert after.minor >= min(0, q.rounding.minor)
        stands = refund(q, b, {}, charges_before=cb, charges_after=False, **under)
        assert all(part.gross.minor >= 0 for part in (*stands.lines, *stands.charges))
    stays = [c for c in q.charges if policy.goes_back(c) is None]
    kept = sum(c.gross.minor for c in stays) + (q.rounding.minor if stays else 0)
    assert at_once.total.minor == q.total.minor - kept


@settings(max_examples=25)
@given(quoted(5), st.data())
def test_what_is_kept_costs_what_a_quote_of_it_costs(case, data):
    """The oracle: the kept units quoted by themselves, by the book, at the moment of the quote."""
    q, cart, book, given_ = case
    kept = {line.line_id: data.draw(st.integers(0, line.quantity)) for line in cart.lines}
    assume(sum(kept.values()) > 0)
    alone = quote(
        attrs.evolve(
            cart,
            lines=[
                attrs.evolve(line, quantity=kept[line.line_id])
                for line in cart.lines
                if kept[line.line_id]
            ],
        ),
        book,
        at=NOW,
        **given_,
    )
    priced = {part.line_id: part.list_amount for part in refund(q, kept, {}).lines}
    assume(priced == {line.line_id: line.list_amount for line in alone.lines})
    assert kept_value(q, kept, policy=AGAIN, inputs=inputs_of(book, given_)) == alone.total


@given(quoted(6), st.data())
def test_by_shares_nothing_is_asked_again(case, data):
    q, *_ = case
    (before, _), *_, (after, charges) = data.draw(falling(q.quantities))
    plain = refund(q, before, after, charges_after=charges)
    assert refund(q, before, after, charges_after=charges, policy=DEFAULT_AFTER_ORDER) == plain


# --- by hand ---

LADDER = spend_and_save("11.11", {"300.00": "40.00"}, "EUR")
PRICES = {"TEA": eur(12800), "CUP": eur(5990), "TIN": eur(1000)}


def tea(*promotions, cart=None, **given):
    """Two teas and a cup, 315.90, with promotions: the quote and what it was made from."""
    book = PriceBook.of(PRICES, promotions=promotions)
    lines = [CartLine("1", sku="TEA", quantity=2), CartLine("2", sku="CUP", quantity=1)]
    q = quote(cart or Cart(lines=lines), book, at=NOW, **given)
    keys = {"taxes": "taxes", "policy": "policy", "tariff": "tariff"}
    return q, QuoteInputs(book=book, **{k: given[v] for k, v in keys.items() if v in given})


def test_a_broken_threshold_is_clawed_back_from_what_is_kept():
    q, inputs = tea(LADDER)
    assert str(q.total) == "EUR 275.90"
    by_share = refund(q, q.quantities, {"1": 2})
    assert str(by_share.total) == "EUR 52.32"  # 59.90 less its share of the 40.00, 7.58
    again = refund(q, q.quantities, {"1": 2}, policy=AGAIN, inputs=inputs)
    # What stays costs 256.00 alone; 275.90 was paid.
    assert str(again.total) == "EUR 19.90"
    kept, gone = again.lines
    assert (kept.line_id, kept.quantity, kept.gross) == ("1", 0, eur(-3242))
    (change,) = kept.adjustments
    assert (change.code, change.kind, change.promotion) == (CLAWED_BACK, "claw_back", "11.11")
    assert (gone.line_id, gone.quantity, gone.gross) == ("2", 1, eur(5232))
    assert str(claw_back(q, {"1": 2}, policy=AGAIN, inputs=inputs)) == "EUR 32.42"


def test_a_step_may_give_back_less_than_nothing():
    # 290.00 + 20.00 − 40.00: without the small one the rest costs 290.00, 20.00 more than all.
    book = PriceBook.of({"BIG": eur(29000), "LOW": eur(2000)}, promotions=[LADDER])
    lines = [CartLine("1", sku="BIG", quantity=1), CartLine("2", sku="LOW", quantity=1)]
    q = quote(Cart(lines=lines), book, at=NOW)
    under = {"policy": AGAIN, "inputs": QuoteInputs(book=book)}
    assert refund(q, q.quantities, {"1": 1}, **under).total == eur(-2000)
    assert refund(q, {"1": 1}, {}, **under).total == eur(29000)
    assert q.total == eur(27000)


def test_every_order_of_every_unit_ends_the_same():
    """All orders in which the units of a small cart may go: the steps, and what is paid out."""
    deal = buy_get("gift", buy=1, on=Selector(skus=["TIN"]), get_on=Selector(skus=["CUP"]))
    lines = [
        CartLine("1", sku="TEA", quantity=2),
        CartLine("2", sku="CUP", quantity=1),
        CartLine("3", sku="TIN", quantity=2),
    ]
    q, inputs = tea(LADDER, deal, cart=Cart(lines=lines), shipping=eur(690))
    ends = set()
    for order in set(permutations(["1", "1", "2", "3", "3"])):
        kept, steps_, paid_out, carried = dict(q.quantities), [], [], 0
        for going in order:
            after = {**kept, going: kept[going] - 1}
            step = refund(
                q,
                kept,
                after,
                charges_after=any(after.values()),
                policy=AGAIN,
                inputs=inputs,
            ).total.minor
            out = max(0, step - carried)
            carried += out - step
            kept = after
            steps_.append(step)
            paid_out.append(out)
        ends.add((sum(steps_), sum(paid_out), carried))
        assert all(out >= 0 for out in paid_out)
        assert sum(paid_out) <= q.total.minor
    assert ends == {(q.total.minor, q.total.minor, 0)}


def test_taxes_and_funders_follow_what_is_clawed_back():
    ladder = attrs.evolve(LADDER, funder="platform")
    q, inputs = tea(ladder, taxes=TaxTable([TaxRate("standard", "0.19")]))
    again = refund(q, q.quantities, {"1": 2}, policy=AGAIN, inputs=inputs)
    # Alone: 256.00 net, 48.64 tax. All: 275.90 net, 52.42 tax.
    assert (again.tax, again.total) == (eur(5242 - 4864), eur(27590 + 5242 - 25600 - 4864))
    assert again.funded("platform") == eur(4000)
    assert all(line.net + line.tax == line.gross for line in again.lines)


def test_gifts_are_kept_charged_or_named():
    deal = buy_get("gift", buy=2, on=Selector(skus=["TEA"]), get_on=Selector(skus=["CUP"]))
    q, inputs = tea(deal)
    assert q.line("2").gross == eur(0)
    one = {"1": 1, "2": 1}
    for gifts, value in (("kept", 12800), ("charged", 18790), ("returned", 18790)):
        under = {"policy": AfterOrderPolicy(gifts=gifts), "inputs": inputs}
        assert kept_value(q, one, **under) == eur(value)
        assert kept_value(q, {"1": 1}, **under) == eur(12800)
        assert kept_value(q, {"2": 1}, **under) == eur(value - 12800)
    assert unearned_gifts(q, one, inputs=inputs) == {"2": 1}
    assert unearned_gifts(q, {"1": 1}, inputs=inputs) == {}
    assert unearned_gifts(q, q.quantities, inputs=inputs) == {}
    mine = AfterOrderPolicy(discounts="reevaluated")
    assert kept_value(q, one, policy=mine, inputs=inputs) == eur(12800)


def test_a_gift_line_stands_while_it_is_earned():
    """From 50.00 on a mug of 7.00, with tax in the prices: 19 % of 7.00 is 1.12 of it."""
    book = PriceBook.of(
        {"TEA": eur(3000), "CUP": eur(1500), "MUG": eur(700)},
        promotions=[gift("mug", eur(5000), ["MUG"])],
        tax_included=True,
    )
    taxes = TaxTable([TaxRate("standard", "0.19")], included=True)
    wanted = Cart(
        lines=[CartLine("1", sku="TEA", quantity=1), CartLine("2", sku="CUP", quantity=2)]
    )
    q = quote(wanted, book, at=NOW, taxes=taxes)
    (mug,) = q.gifts
    inputs = QuoteInputs(book=book, taxes=taxes)
    everything = q.quantities
    assert q.total == eur(6000)
    for gifts, value in (("kept", 4500), ("charged", 5200), ("returned", 5200)):
        under = {"policy": AfterOrderPolicy(gifts=gifts), "inputs": inputs}
        assert kept_value(q, {**everything, "2": 1}, **under) == eur(value)
        assert kept_value(q, {"1": 1, "2": 1}, **under) == eur(4500)
        assert kept_value(q, everything, **under) == eur(6000)
        assert kept_value(q, {mug.line_id: 1}, **under) == eur(0 if gifts == "kept" else 700)
    assert unearned_gifts(q, {**everything, "2": 1}, inputs=inputs) == {mug.line_id: 1}
    step = refund(q, everything, {**everything, "2": 1}, policy=AGAIN, inputs=inputs)
    assert (step.total, step.tax) == (eur(800), eur(240 - 112))
    # In an edit that keeps prices the mug stays, as long as something stays that brought it about.
    tea = Cart(lines=[CartLine("1", sku="TEA", quantity=1)])
    edited = edited_quote(q, tea, inputs, at=NOW, pricing="kept")
    assert [line.sku for line in edited.lines] == ["TEA", "MUG"]
    assert check_sums(edited) == ()


def test_a_gift_of_which_some_is_still_earned():
    deal = buy_get("gift", buy=1, on=Selector(skus=["TEA"]), get_on=Selector(skus=["CUP"]))
    lines = [CartLine("1", sku="TEA", quantity=3), CartLine("2", sku="CUP", quantity=3)]
    q, inputs = tea(deal, cart=Cart(lines=lines))
    assert q.line("2").gross == eur(0)
    assert unearned_gifts(q, {"1": 2, "2": 3}, inputs=inputs) == {"2": 1}


def test_free_shipping_is_charged_when_its_threshold_is_broken():
    free = attrs.evolve(
        percent_off("free", 100, when="cart.total >= EUR(300)"), stage="shipping", on=Selector()
    )
    q, inputs = tea(free, shipping=eur(490))
    assert q.shipping == eur(0)
    for goods, shipping, value in (
        ("pro_rata", "pro_rata", 25600),
        ("reevaluated", "pro_rata", 25600),
        ("pro_rata", "reevaluated", 26090),
    ):
        policy = AfterOrderPolicy(discounts=goods, shipping_discounts=shipping)
        assert kept_value(q, {"1": 2}, policy=policy, inputs=inputs) == eur(value)
    policy = AfterOrderPolicy(shipping_discounts="reevaluated")
    step = refund(q, q.quantities, {"1": 2}, policy=policy, inputs=inputs)
    assert step.total == eur(5990 - 490)
    (charge,) = step.charges
    assert (charge.charge_id, charge.list_amount, charge.gross) == ("shipping", eur(0), eur(-490))
    # With the rest it goes back whole: what was taken is given again.
    rest = refund(q, {"1": 2}, {}, charges_after=False, policy=policy, inputs=inputs)
    assert rest.total == eur(26090)
    assert rest.charges[0].gross == eur(490)


def delivered(*, free_from=30000, **option):
    return ChargeBook(
        options=[
            DeliveryOption(
                "post",
                zoning=Zoning.flat(),
                rates=[
                    DeliveryRate(
                        "all",
                        [RateBreak(0, eur(490)), RateBreak(free_from, eur(0))],
                        measure="value",
                    )
                ],
                **option,
            )
        ]
    )


@pytest.mark.parametrize("reached", ["shipping", "order", "never"])
def test_a_delivery_option_that_was_free_costs_what_it_costs_for_the_rest(reached):
    tariff = delivered(discountable=reached)
    lines = [CartLine("1", sku="TEA", quantity=2), CartLine("2", sku="CUP", quantity=1)]
    cart = Cart(lines=lines, deliveries=[Delivery(option="post")])
    q, inputs = tea(cart=cart, tariff=tariff)
    assert q.total == eur(31590)
    assert kept_value(q, {"1": 2}, policy=AGAIN, inputs=inputs) == eur(25600 + 490)
    # What would cost less stays as it was charged.
    assert kept_value(q, {"1": 2}, policy=DEFAULT_AFTER_ORDER) == eur(25600)
    small, inputs = tea(
        cart=Cart(lines=lines[1:], deliveries=[Delivery(option="post")]), tariff=tariff
    )
    assert small.total == eur(5990 + 490)
    both, inputs = tea(
        cart=attrs.evolve(cart, lines=[lines[1], CartLine("3", sku="TIN", quantity=1)]),
        tariff=tariff,
    )
    assert kept_value(both, {"2": 1}, policy=AGAIN, inputs=inputs) == eur(5990 + 490)
    inputs = inputs_for(q, attrs.evolve(inputs))
    # A part of it went back with its units, so that nothing is priced again.
    with_units = attrs.evolve(AGAIN, shipping="with_units")
    assert kept_value(q, {"1": 2}, policy=with_units, inputs=inputs_for(q, inputs)) == eur(25600)


def inputs_for(q, inputs):
    assert inputs.differences(q) == ()
    return inputs


def test_an_inclusive_option_for_home_is_priced_for_its_destination():
    vat = TaxTable(
        [TaxRate("standard", "0.19", region=Region("DE")), TaxRate("standard", "0")],
        included=True,
        home=Region("DE"),
    )
    lines = [CartLine("1", sku="TEA", quantity=2), CartLine("2", sku="CUP", quantity=1)]
    cart = Cart(
        lines=lines, deliveries=[Delivery(option="post")], ship_to=Destination(Region("CH"))
    )
    policy = PricingPolicy(inclusive_prices="same_net")
    tariff = delivered(free_from=20000)
    q, inputs = tea(cart=cart, tariff=tariff, taxes=vat, policy=policy)
    assert str(q.total) == "EUR 265.47"  # 256.00 and 59.90 without the 19 % at home
    assert kept_value(q, {"1": 1}, policy=AGAIN, inputs=inputs).minor == 10756 + 412


def test_shipping_by_policy():
    q, _ = tea(shipping=eur(900))
    gone = {"1": 1, "2": 1}
    for shipping, after, none in (
        ("as_charged", 900, 0),
        ("never", 900, 900),
        ("with_everything", 900, 0),
        ("with_units", 600, 0),
    ):
        policy = AfterOrderPolicy(shipping=shipping)
        assert kept_value(q, gone, policy=policy) == eur(12800 + 5990 + after)
        assert kept_value(q, {}, charges=False, policy=policy) == eur(none)
    shipped = AfterOrderPolicy(shipping="with_everything")
    # It goes back with the last unit, whatever else becomes of the charges.
    assert kept_value(q, {}, charges=True, policy=shipped) == eur(0)
    assert kept_value(q, {}, charges=True) == eur(900)


def test_shipping_goes_with_the_units_of_its_own_group():
    lines = [
        CartLine("1", sku="TEA", quantity=2),
        CartLine("2", sku="CUP", quantity=1, delivery_group="gift"),
    ]
    charges = [Charge("shipping:gift", list_amount=eur(300), delivery_group="gift")]
    q, _ = tea(cart=Cart(lines=lines), charges=charges, shipping=eur(800))
    policy = AfterOrderPolicy(shipping="with_units")
    assert kept_value(q, {"1": 1}, policy=policy) == eur(12800 + 400)
    # A charge that names its lines goes with these.
    named = attrs.evolve(q, charges=[attrs.evolve(q.charges[0], line_ids=["2"])])
    assert kept_value(named, {"2": 1}, policy=policy) == eur(5990 + 800)
    # One of a group without lines goes with all of them.
    other = attrs.evolve(q, charges=[attrs.evolve(q.charges[0], delivery_group="none")])
    assert kept_value(other, {"2": 1, "1": 1}, policy=policy).minor == 12800 + 5990 + 533


def test_a_document_of_charges_only_under_every_policy():
    q = recorded_quote(
        lines=[], charges=[Charge("postage", list_amount=eur(700))], total=eur(700), at=NOW
    )
    for shipping in ("as_charged", "never", "with_everything", "with_units"):
        assert kept_value(q, {}, policy=AfterOrderPolicy(shipping=shipping)) == eur(700)
    assert kept_value(q, {}, charges=False, policy=AfterOrderPolicy(shipping="with_units")) == eur(
        0
    )


def test_what_another_group_keeps_leaves_a_group_that_is_gone_alone():
    lines = [
        CartLine("1", sku="TEA", quantity=2),
        CartLine("2", sku="CUP", quantity=1, delivery_group="gift"),
    ]
    free = attrs.evolve(
        percent_off("free", 100, when="cart.total >= EUR(300)"), stage="shipping", on=Selector()
    )
    charges = [Charge("shipping:gift", list_amount=eur(300), delivery_group="gift")]
    q, inputs = tea(free, cart=Cart(lines=lines), charges=charges, shipping=eur(800))
    assert q.shipping == eur(0)
    assert kept_value(q, {"1": 2}, policy=AGAIN, inputs=inputs) == eur(25600 + 800)


def test_prices_by_hand_and_goodwill_keep_their_shares():
    policy = PricingPolicy(override_limits=[OverrideLimit("lead", percent=100)])
    who = {"reason": "r", "actor": "kim", "role": "lead"}
    manual = [
        PriceOverride(price=eur(15000), line_id="1", **who),
        Goodwill(amount=eur(990), line_id="2", **who),
    ]
    q, inputs = tea(LADDER, policy=policy, manual=manual)
    assert q.total == eur(30000 + 5990 - 4000 - 990)
    # One tea and the cup: no ladder; the cup keeps its favour, the tea its price.
    value = kept_value(q, {"1": 1, "2": 1}, policy=AGAIN, inputs=inputs)
    assert value == eur(15000 + 5990 - 990)


def test_goodwill_takes_no_more_than_is_left():
    policy = PricingPolicy(override_limits=[OverrideLimit("lead", percent=100)])
    who = {"reason": "r", "actor": "kim", "role": "lead"}
    # Without the tea, the cup's own offer is the better one, and leaves less for the favour.
    half = percent_off("half", 90, on=Selector(skus=["CUP"]), when="cart.total < EUR(100)")
    q, inputs = tea(half, policy=policy, manual=[Goodwill(amount=eur(5000), line_id="2", **who)])
    assert q.line("2").gross == eur(990)
    assert kept_value(q, {"2": 1}, policy=AGAIN, inputs=inputs) == eur(0)


def test_coins_are_rounded_anew():
    policy = PricingPolicy(cash=CashRounding(50))
    q, inputs = tea(LADDER, policy=policy)
    assert q.total == eur(27600)
    assert kept_value(q, {"1": 1, "2": 1}, policy=AGAIN, inputs=inputs) == eur(18800)
    step = refund(q, q.quantities, {"1": 1, "2": 1}, policy=AGAIN, inputs=inputs)
    assert (step.rounding, step.total) == (eur(0), eur(8800))


def test_what_was_moved_on_goes_by_its_shares():
    q, _ = tea(LADDER)
    assert split_off(q, q.quantities, {"1": 2}, policy=CLAW_BACK).total == eur(5232)


def test_a_recorded_quote_has_nothing_to_ask():
    q, _ = tea(LADDER)
    part = split_off(q, q.quantities, {})
    assert kept_value(part, {"1": 2}, policy=AGAIN) == eur(22358)


def test_the_inputs_have_to_be_those_of_the_quote():
    q, inputs = tea(LADDER)
    for has in (q.quantities, {}):
        assert kept_value(q, has, policy=AGAIN) == kept_value(q, has)
    with pytest.raises(InvalidBatch) as caught:
        kept_value(q, {"1": 1}, policy=AGAIN)
    assert [(f.code, f.path) for f in caught.value.faults] == [("refund.inputs_missing", "inputs")]
    other = QuoteInputs(
        book=PriceBook.of(PRICES),
        taxes=TaxTable([TaxRate("standard", "0.19")]),
        policy=PricingPolicy(rounding="down"),
        tariff=delivered(),
    )
    assert other.differences(q) == ("book", "taxes", "policy", "tariff")
    with pytest.raises(InvalidBatch) as caught:
        refund(q, {"1": 1}, {}, policy=AGAIN, inputs=other)
    assert [f.code for f in caught.value.faults] == [
        "quote.other_book",
        "quote.other_taxes",
        "quote.other_policy",
        "quote.other_tariff",
    ]
    with pytest.raises(InvalidBatch) as caught:
        refund(q, {"1": 9}, {}, policy=AGAIN)
    assert [f.code for f in caught.value.faults] == ["refund.quantity"]
    empty = QuoteInputs(book=inputs.book, taxes=NO_TAX, tariff=ChargeBook())
    assert empty.differences(q) == ()


def test_policies_are_checked():
    with pytest.raises(InvalidBatch) as caught:
        AfterOrderPolicy(name="")
    assert [f.code for f in caught.value.faults] == ["policy.name"]
    with pytest.raises(InvalidValue):
        AfterOrderPolicy(discounts="never")
    with pytest.raises(InvalidBatch) as caught:
        RestockingFee(percent=101, amount=eur(-1), per_unit=attrs.evolve(eur(-1), currency="USD"))
    assert [f.code for f in caught.value.faults] == [
        "restocking.percent",
        "restocking.per_unit",
        "restocking.amount",
        "money.currency_mismatch",
    ]
    with pytest.raises(InvalidBatch) as caught:
        RestockingFee(amount=eur(0))
    assert [f.code for f in caught.value.faults] == ["restocking.nothing"]
    assert RestockingFee(percent="7.5").currency is None
    assert RestockingFee(amount=eur(1)).currency == "EUR"
    assert CLAW_BACK.by_shares.asks_again is False
    assert DEFAULT_AFTER_ORDER.by_shares is DEFAULT_AFTER_ORDER


# --- the fee for taking goods back ---


def test_a_restocking_fee_by_hand():
    q, _ = tea(taxes=TaxTable([TaxRate("standard", "0.19")]))
    back = refund(q, q.quantities, {"1": 1, "2": 1})
    assert back.total == eur(12800 + 2432)
    fee = restocking_charge(back, RestockingFee(percent=10), charge_id="r-1")
    # A tenth of 152.32, with a tenth of its tax in it.
    assert (fee.gross, fee.tax, fee.net) == (eur(1523), eur(243), eur(1280))
    assert fee.taxes[0].rate == Fraction(19, 100)
    assert fee.refundable is False
    fixed = RestockingFee(amount=eur(100), per_unit=eur(200), taxed=False)
    both = restocking_charge(refund(q, q.quantities, {"2": 1}), fixed, charge_id="r-1")
    assert (both.gross, both.taxes) == (eur(500), ())
    capped = restocking_charge(back, RestockingFee(amount=eur(99999)), charge_id="r-1")
    assert (capped.gross, capped.tax) == (eur(15232), eur(2432))
    free = refund(q, q.quantities, q.quantities)
    assert restocking_charge(free, RestockingFee(amount=eur(1)), charge_id="r-1") is None
    with pytest.raises(InvalidValue) as caught:
        restocking_charge(back, RestockingFee(amount=Money(1, "USD")), charge_id="r-1")
    assert caught.value.code == "money.currency_mismatch"


def test_what_comes_back_below_zero_pays_no_fee():
    book = PriceBook.of({"BIG": eur(29000), "LOW": eur(2000)}, promotions=[LADDER])
    lines = [CartLine("1", sku="BIG", quantity=1), CartLine("2", sku="LOW", quantity=1)]
    q = quote(Cart(lines=lines), book, at=NOW)
    back = refund(q, q.quantities, {"1": 1}, policy=AGAIN, inputs=QuoteInputs(book=book))
    assert restocking_charge(back, RestockingFee(percent=10), charge_id="r-1") is None


def test_taxes_that_speak_against_each_other_give_the_fee_none():
    taxes = [TaxShare(amount=eur(100), component="a"), TaxShare(amount=eur(-50), component="b")]
    line = QuoteLine("1", sku="TEA", quantity=1, list_amount=eur(1000), taxes=taxes)
    q = Quote(currency="EUR", at=NOW, lines=[line])
    fee = restocking_charge(refund(q, {"1": 1}, {}), RestockingFee(percent=10), charge_id="r-1")
    assert (fee.gross, fee.taxes) == (eur(105), ())


@given(quoted(6), st.data())
def test_a_fee_never_exceeds_what_it_is_for(case, data):
    q, *_ = case
    kept = {line.line_id: data.draw(st.integers(0, line.quantity)) for line in q.lines}
    fee = data.draw(
        st.sampled_from(
            [
                RestockingFee(percent="33.3"),
                RestockingFee(per_unit=eur(77)),
                RestockingFee(amount=eur(1234), percent=1),
                RestockingFee(percent=100),
            ]
        )
    )
    back = refund(q, q.quantities, kept)
    charge = restocking_charge(back, fee, charge_id="r-1")
    goods = sum(line.gross.minor for line in back.lines)
    tax = sum(line.tax.minor for line in back.lines)
    minor = 0 if charge is None else charge.gross.minor
    assert 0 <= minor <= goods
    if charge is not None:
        assert 0 <= charge.tax.minor <= tax
        assert abs(charge.tax.minor - Fraction(tax * minor, goods)) <= Fraction(1, 2)
    if fee.percent == 100:
        assert (minor, 0 if charge is None else charge.tax.minor) == (goods, tax)


# --- edits ---


@given(quoted(6), st.sampled_from(["recalculated", "kept", "pinned"]))
def test_an_edit_of_nothing_changes_nothing(case, pricing):
    q, cart, book, given_ = case
    charges = [*given_["charges"]]
    if given_["shipping"] is not None:
        charges.insert(0, Charge("shipping", list_amount=given_["shipping"]))
    new = edited_quote(
        q,
        cart,
        inputs_of(book, given_),
        at=NOW,
        pricing=pricing,
        charges=() if pricing == "kept" else charges,
    )
    assert new.total == q.total
    assert check_sums(new) == ()
    assert (new == q) is (pricing != "kept")


@given(quoted(6), carts(6), st.sampled_from(["recalculated", "kept", "pinned"]))
def test_an_edited_quote_sums_at_every_level(case, cart, pricing):
    q, _, book, given_ = case
    new = edited_quote(q, cart, inputs_of(book, given_), at=NOW, pricing=pricing)
    assert check_sums(new) == ()
    assert new.quantities == {line.line_id: line.quantity for line in cart.lines}


def edit(pricing, *lines, ladder=LADDER, **changed):
    q, _ = tea(LADDER, shipping=eur(900))
    dearer = {sku: price + eur(1000) for sku, price in PRICES.items()}
    today = QuoteInputs(book=PriceBook.of(dearer, promotions=[ladder]))
    charges = () if pricing == "kept" else [Charge("shipping", list_amount=eur(900))]
    return edited_quote(
        q, Cart(lines=lines, **changed), today, at=NOW, pricing=pricing, charges=charges
    )


def test_an_edit_by_hand():
    two, cup = CartLine("1", sku="TEA", quantity=2), CartLine("2", sku="CUP", quantity=1)
    tin = CartLine("3", sku="TIN", quantity=1)
    three = attrs.evolve(two, quantity=3)
    # All at today's prices; the ladder gives 40.00 from 300.00 on.
    assert edit("recalculated", two, cup, tin).total == eur(27600 + 6990 + 2000 - 4000 + 900)
    # What stays, stays as it was; the tin is new.
    assert edit("kept", two, cup, tin).total == eur(27590 + 2000 + 900)
    assert edit("pinned", two, cup, tin).total == eur(25600 + 5990 + 2000 - 4000 + 900)
    # A third tea, at today's price where prices are kept, and at its own where they are pinned.
    assert edit("kept", three, cup).total == eur(27590 + 13800 + 900)
    assert edit("kept", three, cup).line("1").quantity == 3
    assert edit("pinned", three, cup).total == eur(38400 + 5990 - 4000 + 900)
    # Without the cup: its share goes with it, or the ladder is asked again and no longer reached.
    assert edit("kept", two).total == eur(22358 + 900)
    assert edit("pinned", two).total == eur(25600 + 900)
    # Another item under the same id is a new line.
    other = CartLine("2", sku="TIN", quantity=1)
    assert edit("kept", two, other).total == eur(22358 + 2000 + 900)
    assert edit("kept", two, currency="EUR").source.value == "recorded"


def test_pinned_prices_do_not_run_out():
    sale = PriceRow("TEA", eur(1000), span=Span(None, shift(NOW, days=1)))
    book = PriceBook(lists=[PriceList("base", currency="EUR", rows=[sale])])
    cart = Cart(lines=[CartLine("1", sku="TEA", quantity=1)])
    q = quote(cart, book, at=NOW)
    later = shift(NOW, days=9)
    empty = QuoteInputs(book=PriceBook.of({"TIN": eur(1)}))
    new = edited_quote(q, cart, empty, at=later, pricing="pinned")
    assert (new.total, new.valid_until) == (eur(1000), None)
    gone = edited_quote(q, cart, empty, at=later)
    assert gone.codes == ("pricing.unknown_sku",)
    more = Cart(lines=[CartLine("1", sku="TEA", quantity=2)])
    assert edited_quote(q, more, empty, at=later, pricing="kept").codes == ("pricing.unknown_sku",)


def test_a_line_of_a_recorded_quote_is_pinned_to_its_amount():
    line = QuoteLine("1", sku="TEA", quantity=3, list_amount=eur(1000))
    q = Quote(currency="EUR", at=NOW, lines=[line], source="recorded")
    cart = Cart(lines=[CartLine("1", sku="TEA", quantity=3)])
    today = QuoteInputs(book=PriceBook.of(PRICES))
    assert edited_quote(q, cart, today, at=NOW, pricing="pinned").total == eur(1000)


def test_charges_of_an_edit_that_keeps_go_with_their_units():
    q, inputs = tea(
        charges=[
            Charge(
                "eco", kind="fee", list_amount=eur(300), line_ids=["1", "2"], refund_with="units"
            ),
            Charge("wrap", kind="fee", list_amount=eur(90), line_ids=["2"], refund_with="units"),
            Charge("tip", kind="tip", list_amount=eur(50)),
        ],
        policy=PricingPolicy(cash=CashRounding(50)),
    )
    assert q.total == eur(32050)
    one = Cart(lines=[CartLine("1", sku="TEA", quantity=1)])
    new = edited_quote(q, one, inputs, at=NOW, pricing="kept")
    assert [(c.charge_id, c.gross.minor, c.line_ids) for c in new.charges] == [
        ("eco", 100, ("1",)),
        ("tip", 50, ()),
    ]
    assert new.total == eur(12950)


def test_an_edit_has_one_currency_and_one_reading_of_prices():
    two = CartLine("1", sku="TEA", quantity=2)
    assert edit("kept", two, currency="USD").codes == ("pricing.currency",)
    q, _ = tea()
    book = PriceBook.of(PRICES, tax_included=True)
    lines = [two, CartLine("3", sku="TIN", quantity=1)]
    mixed = edited_quote(q, Cart(lines=lines), QuoteInputs(book=book), at=NOW, pricing="kept")
    assert mixed.codes == ("pricing.mixed_tax_modes",)
    mixed = edited_quote(q, Cart(lines=lines), QuoteInputs(book=book), at=NOW, pricing="pinned")
    assert mixed.codes == ("pricing.mixed_tax_modes", "pricing.mixed_tax_modes")


def test_orders_follow_what_a_pricing_policy_says():
    assert AfterOrderPolicy.following(PricingPolicy()) == DEFAULT_AFTER_ORDER
    again = PricingPolicy(after_placement="re_evaluated")
    same = {"name": "claw_back", "shipping_discounts": "reevaluated", "gifts": "charged"}
    assert AfterOrderPolicy.following(again, **same) == CLAW_BACK
