"""The trail tells every decision, and no tampering with a history goes unseen."""

from __future__ import annotations

import json
from hashlib import sha256

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.orders.histories import START, History, at, histories, run

from ordercore.codec import Codec
from ordercore.kernel import (
    Context,
    Decision,
    InclusionProof,
    InvalidValue,
    Money,
    NotFound,
    merkle_root,
    shift,
    type_name,
)
from ordercore.network import Address, GeoPoint, PersonRecord, Region
from ordercore.orders import (
    ConfirmOrder,
    PlaceOrder,
    RecordPayment,
    RefusedAttempt,
    anchor_proof,
    anchor_root,
    attempt,
    audit_evidence,
    audit_trail,
    decide,
    order_proof,
    order_proofs,
    order_root,
    replay,
    verify,
)
from ordercore.orders.audit.trail import decisions
from ordercore.orders.chain import link, sealed_text
from ordercore.orders.specimen import tea_order, tea_quote

lives = histories(strays=True)


def codes(events, head=None):
    return [fault.code for fault in verify(events, head)]


# --- the trail ---


@given(lives)
def test_the_trail_has_an_entry_for_every_message_that_was_taken_in_and_none_else(history: History):
    taken = [s for s in history.steps if isinstance(s.answer, Decision) and s.answer.events]
    trail = audit_trail(history.events)
    assert [entry.sequence for entry in trail] == list(range(1, len(taken) + 1))
    for entry, step in zip(trail, taken, strict=True):
        assert entry.message == type(step.message).__name__
        assert (entry.actor, entry.role, entry.at) == (
            step.context.actor,
            step.context.role,
            step.context.now,
        )
        assert entry.before == ("" if step.before is None else step.before.audit_head)
        assert entry.after == step.after.audit_head
        assert entry.version == step.after.version
        assert entry.events == tuple(type_name(type(event)) for event in step.answer.events)
    assert trail[-1].after == history.order.audit_head


def test_an_entry_says_who_acted_when_and_why():
    why = Context(now="2026-11-11T00:00:00Z", actor="u-17", role="clerk", reason="by telephone")
    placed = decide(None, PlaceOrder("o-1", quote=tea_quote(), command_id="c-1"), why).accepted()
    (entry,) = audit_trail(placed.events)
    assert (entry.id, str(entry.kind), entry.actor, entry.role, entry.reason) == (
        "c-1",
        "command",
        "u-17",
        "clerk",
        "by telephone",
    )
    assert entry.digest == placed.events[0].cause.digest
    assert (entry.before, entry.after) == ("", link(placed.events[0].cause, placed.events))


@given(lives)
def test_what_was_decided_verifies_also_after_storage(history: History):
    assert verify(history.events, history.order.audit_head) == ()
    codec = Codec()
    stored = [codec.loads(codec.dumps(event), type(event)) for event in history.events]
    assert verify(stored, history.order.audit_head) == ()


@given(lives)
def test_every_beginning_of_a_history_verifies_and_its_head_seals_it(history: History):
    told = decisions(history.events)
    for upto in range(1, len(told) + 1):
        part = [event for each in told[:upto] for event in each]
        assert verify(part, replay(None, part).audit_head) == ()


# --- tampering ---


def edits(value, name):
    """Other values for a field, of a kind that its class takes."""
    held = getattr(value, name)
    if isinstance(held, bool):
        return not held
    if isinstance(held, int):
        return held + 1
    if isinstance(held, Money):
        return Money(held.minor + 1, held.currency)
    if isinstance(held, str) and type(held) is str:
        return held + "x"
    return None


def forged(event, **changes):
    """An event with other fields, past every check, as somebody with the database would."""
    copy = object.__new__(type(event))
    for field in attrs.fields(type(event)):
        object.__setattr__(copy, field.name, changes.get(field.name, getattr(event, field.name)))
    return copy


@given(lives, st.data())
def test_a_change_of_any_field_of_any_event_is_seen(history: History, data):
    events = list(history.events)
    number = data.draw(st.integers(0, len(events) - 1))
    event = events[number]
    names = [field.name for field in attrs.fields(type(event)) if field.name != "cause"]
    name = data.draw(st.sampled_from(names))
    other = edits(event, name)
    events[number] = forged(event, **{name: "forged" if other is None else other})
    assert "audit.content" in codes(events)
    place = next(f for f in verify(events) if f.code == "audit.content")
    told = decisions(history.events)
    assert number in range(place.version - 1, place.version - 1 + len(told[place.sequence - 1]))


@given(lives, st.data())
def test_a_change_of_any_field_of_a_cause_is_seen(history: History, data):
    told = [list(each) for each in decisions(history.events)]
    number = data.draw(st.integers(0, len(told) - 1))
    cause = told[number][0].cause
    name = data.draw(st.sampled_from([field.name for field in attrs.fields(type(cause))]))
    changed = forged(cause, **{name: shift(cause.at, seconds=1) if name == "at" else "forged"})
    told[number] = [forged(event, cause=changed) for event in told[number]]
    faults = verify([event for each in told for event in each], history.order.audit_head)
    assert faults
    # `after` is compared with the seal, all else is under it; what follows may be broken too.
    assert faults[0].sequence == number + 1


@given(lives, st.data())
def test_the_cause_of_one_event_alone_cannot_be_changed(history: History, data):
    events = list(history.events)
    number = data.draw(st.integers(0, len(events) - 1))
    events[number] = forged(events[number], cause=forged(events[number].cause, actor="nobody"))
    assert "audit.content" in codes(events)


@given(lives, st.data())
def test_an_event_or_a_decision_that_was_taken_out_is_seen(history: History, data):
    events = history.events
    number = data.draw(st.integers(0, len(events) - 1))
    assert verify(events[:number] + events[number + 1 :], history.order.audit_head)
    told = decisions(events)
    gone = data.draw(st.integers(0, len(told) - 1))
    left = [event for at_, each in enumerate(told) if at_ != gone for event in each]
    faults = verify(left, history.order.audit_head)
    assert [f.code for f in faults] == [
        "audit.head" if gone == len(told) - 1 else "audit.broken" if gone else "audit.start"
    ]
    assert faults[0].sequence == gone + 1


@given(lives, st.data())
def test_what_was_put_in_is_seen(history: History, data):
    events = history.events
    stranger = run([(PlaceOrder("o-1", quote=tea_quote(), command_id="other"), at(START))])
    number = data.draw(st.integers(0, len(events)))
    found = codes([*events[:number], *stranger.events, *events[number:]], history.order.audit_head)
    assert found
    copied = data.draw(st.integers(0, len(events) - 1))
    into = [*events[:number], events[copied], *events[number:]]
    assert codes(into, history.order.audit_head)


@given(lives, st.data())
def test_a_decision_that_stands_twice_is_seen_and_named(history: History, data):
    told = decisions(history.events)
    assume(len(told) > 1)
    number = data.draw(st.integers(0, len(told) - 2))
    again = [event for each in told for event in each] + list(told[number])
    faults = verify(again)
    repeated = next(f for f in faults if f.code == "audit.repeated")
    assert (repeated.sequence, repeated.found) == (len(told) + 1, str(number + 1))
    assert "audit.broken" in [f.code for f in faults]


@given(lives, st.data())
def test_another_order_of_decisions_or_of_events_is_seen(history: History, data):
    told = list(decisions(history.events))
    other = data.draw(st.permutations(told))
    assume(other != told)
    assert codes([event for each in other for event in each], history.order.audit_head)
    several = [number for number, each in enumerate(told) if len(each) > 1]
    if several:
        number = data.draw(st.sampled_from(several))
        mixed = [*told[:number], told[number][::-1], *told[number + 1 :]]
        assert codes([event for each in mixed for event in each]) == ["audit.content"]


@given(lives, st.data())
def test_an_end_that_was_cut_off_is_seen_by_the_head_alone(history: History, data):
    told = decisions(history.events)
    assume(len(told) > 1)
    kept = data.draw(st.integers(0, len(told) - 1))
    rest = [event for each in told[:kept] for event in each]
    assert verify(rest) == ()
    (fault,) = verify(rest, history.order.audit_head)
    assert (fault.code, fault.sequence) == ("audit.head", kept + 1)


@given(lives, st.data())
def test_who_can_seal_can_rewrite_the_end_which_only_a_kept_head_shows(history: History, data):
    told = decisions(history.events)
    start = data.draw(st.integers(0, len(told) - 1))
    head = "" if start == 0 else told[start - 1][0].cause.after
    rewritten = [event for each in told[:start] for event in each]
    for each in told[start:]:
        cause = forged(each[0].cause, actor="nobody", before=head)
        head = link(cause, each)
        cause = forged(cause, after=head)
        rewritten += [forged(event, cause=cause) for event in each]
    assert verify(rewritten) == ()
    assert codes(rewritten, history.order.audit_head) == ["audit.head"]


@given(lives)
def test_a_history_that_goes_on_after_the_known_head_says_where(history: History):
    told = decisions(history.events)
    assume(len(told) > 1)
    (fault,) = verify(history.events, told[0][0].cause.after)
    assert (fault.code, fault.sequence) == ("audit.head", 2)


def test_a_decision_without_a_seal_is_named():
    placed = decide(
        None, PlaceOrder("o-1", quote=tea_quote(), command_id="c-1"), at(START)
    ).accepted()
    bare = [forged(event, cause=forged(event.cause, after="")) for event in placed.events]
    assert codes(bare) == ["audit.unsealed"]


# --- proofs ---


@given(lives)
def test_every_decision_is_proven_to_be_part_of_its_order(history: History):
    root = order_root(history.events)
    told = decisions(history.events)
    proofs = order_proofs(history.events)
    assert len(proofs) == len(told)
    for number, (each, proof) in enumerate(zip(told, proofs, strict=True)):
        assert proof == order_proof(history.events, number)
        assert proof.holds(root)
        assert proof.is_of(link(each[0].cause, each))
    stranger = run([(PlaceOrder("o-1", quote=tea_quote(), command_id="other"), at(START))])
    assert not order_proof(stranger.events, 0).holds(root)


@given(
    st.dictionaries(
        st.integers(0, 99).map(lambda number: f"o-{number}"),
        st.text(max_size=4),
        min_size=1,
        max_size=9,
    )
)
def test_a_head_is_proven_to_be_anchored(heads):
    root = anchor_root(heads)
    for order_id, head in heads.items():
        proof = anchor_proof(heads, order_id)
        assert proof.holds(root)
        moved = {**heads, order_id: head + "x"}
        assert not anchor_proof(moved, order_id).holds(root)


def test_an_order_that_was_not_anchored_has_no_proof():
    with pytest.raises(NotFound):
        anchor_proof({"o-1": "ab"}, "o-2")


# --- evidence ---


@given(lives)
def test_evidence_is_checked_with_nothing_but_a_hash(history: History):
    told = audit_evidence(history.events)
    assert told == audit_evidence(list(history.events))
    head, *lines = [json.loads(line) for line in told.decode().splitlines()]
    before, seals = "", []
    for line in lines:
        entry = line["entry"]
        assert entry["before"] == before
        assert sha256(line["sealed"].encode()).hexdigest() == entry["after"]
        cause, events = json.loads(line["sealed"])
        assert {
            name: cause[name] for name in ("id", "actor", "role", "reason", "at", "before")
        } == {name: entry[name] for name in ("id", "actor", "role", "reason", "at", "before")}
        assert [event["$"] for event in events] == entry["events"]
        before = entry["after"]
        seals.append(before)
    assert head["head"] == before == history.order.audit_head
    assert head["decisions"] == len(lines)
    assert head["root"] == merkle_root(seals) == order_root(history.events)
    for line in lines:
        told = line["proof"]
        proof = InclusionProof(**{name: told[name] for name in ("leaf", "index", "size", "path")})
        assert proof.holds(head["root"])


def test_evidence_of_a_known_order_keeps_its_bytes():
    order = run(
        [(PlaceOrder("o-1", quote=tea_quote(), command_id="c-1"), at("2026-11-11T00:00:00Z"))]
    )
    told = audit_evidence(order.events)
    assert told.count(b"\n") == 2
    assert sealed_text(order.events[0].cause, order.events).encode() in told.replace(b'\\"', b'"')


# --- erasure ---


def test_a_person_who_is_erased_leaves_chain_proofs_and_evidence_valid():
    secret = b"thirty-two bytes that a host has"
    person = PersonRecord(
        "p-1",
        name="Ada Quill",
        address=Address(Region("GB", "ENG", "London"), lines=["10 Lime Road"], postcode="W1S 4BP"),
        emails=["ada@example.org"],
        phones=["+44 20 7946 0000"],
    )
    records = {person.ref: person}
    goes_to = person.destination(secret, GeoPoint.of("51.510234", "-0.143721"))
    place = PlaceOrder("o-1", quote=tea_quote(), command_id="c-1", destination=goes_to)
    life = run([(place, at(START)), (ConfirmOrder("o-1", command_id="c-2"), at(START))])
    pay = RecordPayment(
        "o-1", fact_id="f-1", payment_id="card", kind="authorised", amount=life.order.due
    )
    life = History((*life.steps, *run([(pay, at(START))], life.order).steps))
    evidence = audit_evidence(life.events)
    proofs, root = order_proofs(life.events), order_root(life.events)

    del records[person.ref]
    del person

    assert verify(life.events, life.order.audit_head) == ()
    assert replay(None, life.events) == life.order
    assert all(proof.holds(root) for proof in proofs)
    assert audit_evidence(life.events) == evidence
    told = evidence.decode() + repr(life.events) + repr(audit_trail(life.events))
    for personal in ("Ada", "Quill", "Lime", "4BP", "example.org", "7946"):
        assert personal not in told


# --- refused attempts ---


@given(lives)
def test_a_refused_attempt_is_told_and_leaves_no_trace_in_the_order(history: History):
    refused = [step for step in history.steps if not isinstance(step.answer, Decision)]
    for step in refused:
        assert step.after == step.before
        noted = attempt(step.message, step.context, step.answer)
        assert noted.codes == step.answer.codes
        assert noted.message == type(step.message).__name__
        assert (noted.actor, noted.role, noted.at) == (
            step.context.actor,
            step.context.role,
            step.context.now,
        )
    accepted = [step for step in history.steps if isinstance(step.answer, Decision)]
    again = run([(step.message, step.context) for step in accepted])
    assert again.order == history.order
    assert again.order.audit_head == history.order.audit_head


def test_an_attempt_about_a_fact_is_one_too():
    fact = RecordPayment(
        "o-9", fact_id="f-1", payment_id="p", kind="captured", amount=Money(1, "CNY")
    )
    refusal = decide(None, fact, at(START))
    noted = attempt(fact, at(START), refusal)
    assert (str(noted.kind), noted.id, noted.codes) == ("fact", "f-1", ("order.unknown",))


def test_an_attempt_without_a_code_is_refused():
    confirm = ConfirmOrder("o-1", command_id="c-2")
    noted = attempt(confirm, at(START), decide(tea_order(), confirm, at(shift(START, days=900))))
    with pytest.raises(InvalidValue) as caught:
        attrs.evolve(noted, codes=())
    assert caught.value.code == "attempt.codes"
    assert isinstance(noted, RefusedAttempt)
