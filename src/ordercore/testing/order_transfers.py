"""What moves between orders, as plans of splitting an order make it."""

from __future__ import annotations

from hypothesis import strategies as st

from ordercore.kernel import Refusal
from ordercore.orders import Consignment, Order, TransferIn, TransferOut, TransferPlan, plan_split
from ordercore.testing.order_history import History
from ordercore.testing.order_lives import histories

__all__ = ["arrivals", "consignments", "departures", "transfer_plans"]


def _split(order: Order, units: int) -> TransferPlan | Refusal:
    lines = {line.line_id: min(units, line.cancellable) for line in order.lines if line.cancellable}
    return plan_split(order, lines, to_order="o-2", transfer_id="t-1")


def _splits(history: History, units: int) -> TransferPlan | Refusal:
    """A plan for the order as its life left it, or else as it was placed, where it can be."""
    plan = _split(history.order, units)
    placed = history.steps[0].after
    return _split(placed, units) if isinstance(plan, Refusal) and placed is not None else plan


def transfer_plans() -> st.SearchStrategy[TransferPlan]:
    """Plans of letting units of an order go on as an order of their own."""
    lives = histories(cancels=False, returns=False)
    plans = st.builds(_splits, lives, st.integers(1, 3))
    return plans.filter(lambda plan: not isinstance(plan, Refusal)).map(
        lambda plan: plan.accepted()
    )


def consignments() -> st.SearchStrategy[Consignment]:
    """What such plans move."""
    return transfer_plans().map(lambda plan: plan.consignment)


def departures() -> st.SearchStrategy[TransferOut]:
    """The commands by which units leave."""
    return transfer_plans().map(lambda plan: plan.out)


def arrivals() -> st.SearchStrategy[TransferIn]:
    """The commands by which units arrive."""
    return transfer_plans().map(lambda plan: plan.into)
