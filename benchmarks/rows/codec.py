"""An order of five lines to bytes and back: plain host classes beside peers, and one with history."""

from __future__ import annotations

import attrs
from order_fold import history

from harness import Comparison, faster, peer
from ordercore import orders
from ordercore.codec import Codec, msgspec_codec
from ordercore.kernel import fold
from ordercore.orders import Order

CANONICAL = (
    "canonical: tagged, keys sorted; reading runs every constructor and refuses a key said twice"
)


@attrs.frozen
class Amount:
    minor: int
    currency: str


@attrs.frozen
class Line:
    line_id: str
    sku: str
    quantity: int
    unit_price: Amount
    amount: Amount


@attrs.frozen
class PlainOrder:
    order_id: str
    customer: str
    channel: str
    placed_at: str
    lines: tuple[Line, ...]
    total: Amount


ORDER = PlainOrder(
    order_id="o-1",
    customer="c-1",
    channel="douyin",
    placed_at="2026-11-11T00:00:00Z",
    lines=tuple(
        Line(str(n), f"SKU-{n}", n + 1, Amount(1_000, "CNY"), Amount(1_000 * (n + 1), "CNY"))
        for n in range(5)
    ),
    total=Amount(15_000, "CNY"),
)
HOSTS = [Amount, Line, PlainOrder]


def plain_order() -> list[Comparison]:
    """The same classes for everyone."""
    found: list[Comparison] = []

    def beside(name: str, ours: Codec, dumps, loads, note: str) -> None:
        stored = ours.dumps(ORDER)
        assert ours.loads(stored, PlainOrder) == ORDER
        theirs = dumps(ORDER) if dumps else b""
        assert not loads or loads(theirs) == ORDER
        found.extend(
            Comparison(
                row=f"codec.{way}",
                unit="µs",
                goal=faster(0.5, name),
                ours=mine,
                reference=other,
                reference_name=name,
                note=note,
            )
            for way, mine, other in (
                ("encode", lambda: ours.dumps(ORDER), dumps and (lambda: dumps(ORDER))),
                (
                    "decode",
                    lambda: ours.loads(stored, PlainOrder),
                    loads and (lambda: loads(theirs)),
                ),
            )
        )

    cattrs = peer("cattrs.preconf.json")
    converter = cattrs.make_converter() if cattrs else None
    beside(
        "cattrs",
        Codec(hosts=HOSTS),
        converter and converter.dumps,
        converter and (lambda text: converter.loads(text, PlainOrder)),
        f"without the extra; {CANONICAL}",
    )
    if msgspec := peer("msgspec"):
        beside(
            "msgspec",
            msgspec_codec(hosts=HOSTS),
            msgspec.json.Encoder().encode,
            msgspec.json.Decoder(PlainOrder).decode,
            f"with the extra; {CANONICAL}. msgspec alone neither tags nor checks what it writes; the "
            "records that do are made in Python. What is read is written again and compared",
        )
    return found


def with_history() -> list[Comparison]:
    """An order of the library after 20 events: the extra beside the codec without it."""
    if peer("msgspec") is None:
        return []
    order = fold(orders, history(20))
    plain, fast = Codec(), msgspec_codec()
    stored = plain.dumps(order)
    assert fast.dumps(order) == stored
    assert fast.loads(stored, Order) == plain.loads(stored, Order) == order
    return [
        Comparison(
            row=f"codec.{way}",
            unit="µs",
            goal=faster(1.5, "without the extra"),
            ours=mine,
            reference=other,
            reference_name="the codec without the extra",
            note=f"an Order with 20 events behind it, {len(stored):,} bytes",
        )
        for way, mine, other in (
            ("encode", lambda: fast.dumps(order), lambda: plain.dumps(order)),
            ("decode", lambda: fast.loads(stored, Order), lambda: plain.loads(stored, Order)),
        )
    ]


def comparisons() -> list[Comparison]:
    return [*plain_order(), *with_history()]
