"""The laws of imports, from which tests and the documentation's table are made."""

from __future__ import annotations

from collections.abc import Iterator

from ordercore.channels.batch import ImportBatch
from ordercore.channels.draft import OrderDraft
from ordercore.kernel import Invariant, Json, Violation, encode
from ordercore.pricing import check_sums

__all__ = ["INVARIANTS"]

_TELLING = 5


def _rows_kept(batch: ImportBatch) -> Violation | None:
    if not batch.rows_in or batch.rows_in == batch.rows_out:
        return None
    return Violation("INV-CHANNEL-1", {"in": batch.rows_in, "out": batch.rows_out})


def _documents_kept(batch: ImportBatch) -> Violation | None:
    if batch.documents_in == batch.documents_out:
        return None
    return Violation("INV-CHANNEL-2", {"in": batch.documents_in, "out": batch.documents_out})


def _total_kept(draft: OrderDraft) -> Violation | None:
    quote = draft.recorded_quote()
    if quote.total == draft.total and not check_sums(quote):
        return None
    return Violation("INV-CHANNEL-3", {"quote": str(quote.total), "reported": str(draft.total)})


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)


def _impersonal(draft: OrderDraft, secret: bytes) -> Violation | None:
    person = draft.person
    if person is None:
        return None
    lines = (*person.address.lines, person.address.postcode)
    personal = [t for t in (person.name, *person.emails, *person.phones, *lines) if t]
    goes_to = draft.destination(secret=secret)
    handed_on = [encode(draft.recorded_quote(ship_to=goes_to)), encode(goes_to)]
    if any(line.is_goods for line in draft.lines):
        handed_on.append(encode(draft.to_cart(ship_to=goes_to)))
    kept = [text for value in handed_on for text in _texts(value)]
    # A name of one letter stands in any text; what is longer must not.
    leaked = sum(
        1 for told in personal if any(told in t if len(told) >= _TELLING else False for t in kept)
    )
    return Violation("INV-CHANNEL-4", {"leaked_texts": leaked}) if leaked else None


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "INV-CHANNEL-1",
        "a batch made from a table",
        "Every row is one part of one document or stands in a rejection.",
        _rows_kept,
    ),
    Invariant(
        "INV-CHANNEL-2",
        "a batch",
        "Every order or other document that came in is found again, once.",
        _documents_kept,
    ),
    Invariant(
        "INV-CHANNEL-3",
        "a draft",
        "Its recorded quote comes to exactly the amount that the channel reports, and sums.",
        _total_kept,
    ),
    Invariant(
        "INV-CHANNEL-4",
        "a draft and the host's secret",
        "No name, e-mail, phone or street line reaches its cart, its quote or its destination.",
        _impersonal,
    ),
)
