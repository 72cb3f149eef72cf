"""Messages about holds, evidence, approvals, buyers and time, drawn for an order as it stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from hypothesis import strategies as st

from ordercore.kernel import Instant, shift
from ordercore.orders import (
    ApprovalLevel,
    AutoRelease,
    DelegateApproval,
    GiveApproval,
    HoldScope,
    Order,
    OrderMessage,
    PlaceHold,
    RecordCustomer,
    RecordEvidence,
    RejectApproval,
    ReleaseHold,
    RequestApproval,
    SubmitOrder,
    Tick,
)
from ordercore.testing.customer_values import customer_facts
from ordercore.testing.order_control_values import CONDITIONS, NEEDS, PEOPLE, ROLES

__all__ = ["control_moves"]

Ex = TypeVar("Ex")


class _Author(Protocol):
    """Who draws messages and numbers them."""

    def draw(self, strategy: st.SearchStrategy[Ex], /) -> Ex:
        """An example of the strategy."""
        ...  # pragma: no cover - a protocol's body never runs

    def id(self, kind: str) -> str:
        """A new id."""
        ...  # pragma: no cover - a protocol's body never runs


def _minutes(start: Instant, minutes: int) -> Instant:
    return shift(start, minutes=minutes)


def control_moves(author: _Author) -> list[Callable[[Order], OrderMessage | None]]:
    """The moves of control, in a list to draw from."""
    draw, new_id = author.draw, author.id

    def place_hold(order: Order) -> OrderMessage:
        lines = [line.line_id for line in order.lines]
        whole = draw(st.booleans())
        scope = HoldScope() if whole else HoldScope.lines(draw(st.sampled_from(lines)))
        ends = draw(st.booleans())
        return PlaceHold(
            order.order_id,
            command_id=new_id("c"),
            hold_id=new_id("h"),
            code=draw(st.sampled_from(("fraud", "limit", "address"))),
            scope=scope,
            blocks=[draw(st.sampled_from(("ship", "confirm", "close")))],
            released_by=draw(st.sampled_from(((), ("office",)))),
            until=shift(order.last_at, minutes=draw(st.integers(100, 400))) if ends else None,
            auto=draw(
                st.none()
                | st.sampled_from(CONDITIONS).map(lambda rule: AutoRelease(when=rule))
                | st.sampled_from(NEEDS).map(lambda need: AutoRelease(needs=[need]))
            ),
        )

    def release_hold(order: Order) -> OrderMessage | None:
        running = [hold.hold_id for hold in order.control.holds]
        if not running:
            return None
        chosen = draw(st.sampled_from(running))
        return ReleaseHold(order.order_id, command_id=new_id("c"), hold_id=chosen)

    def show(order: Order) -> OrderMessage:
        return RecordEvidence(
            order.order_id,
            fact_id=new_id("f"),
            name=draw(st.sampled_from(("credit", "invoice_data"))),
            evidence_id=draw(st.sampled_from(("e-1", "e-2"))),
            withdrawn=draw(st.integers(0, 4)) == 0,
        )

    def tell(order: Order) -> OrderMessage | None:
        told = draw(customer_facts())
        if not told:
            return None
        return RecordCustomer(
            order.order_id,
            fact_id=new_id("f"),
            customer_facts=told,
            occurred_at=draw(st.none() | st.integers(-90, 0).map(partial(_minutes, order.last_at))),
        )

    def request(order: Order) -> OrderMessage:
        return RequestApproval(
            order.order_id,
            command_id=new_id("c"),
            approval_id=new_id("a"),
            name="credit",
            levels=[ApprovalLevel(draw(st.sampled_from(ROLES)), draw(st.integers(1, 2)))],
            deadline=shift(order.last_at, minutes=200) if draw(st.booleans()) else None,
        )

    def answer(order: Order) -> OrderMessage | None:
        known = [approval.approval_id for approval in order.control.approvals]
        if not known:
            return None
        approval_id = draw(st.sampled_from(known))
        of = {"command_id": new_id("c"), "approval_id": approval_id}
        kind = draw(st.integers(0, 5))
        if kind == 0:
            return RejectApproval(order.order_id, **of)
        if kind == 1:
            return DelegateApproval(order.order_id, **of, to=draw(st.sampled_from(PEOPLE)))
        return GiveApproval(order.order_id, **of)

    def tick(order: Order) -> OrderMessage:
        return Tick(order.order_id, command_id=new_id("t"))

    def submit(order: Order) -> OrderMessage:
        return SubmitOrder(order.order_id, command_id=new_id("c"))

    return [
        place_hold,
        release_hold,
        release_hold,
        show,
        show,
        tell,
        request,
        answer,
        answer,
        tick,
        submit,
    ]
