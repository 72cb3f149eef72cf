"""Pictures of a machine and of one order's life, drawn from the values themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from ordercore.kernel import Money
from ordercore.orders import (
    AllowanceGranted,
    FactClashed,
    FulfilmentMoved,
    MoneyRequested,
    OrderEvent,
    OrderPlaced,
    PaymentRecorded,
    ReturnReceived,
    ReturnRequested,
    UnitsAllocated,
    UnitsCancelled,
    UnitsDelivered,
    UnitsReleased,
    UnitsReserved,
    UnitsShipped,
)
from ordercore.statemachine import Machine
from trading_season.cash import cash
from trading_season.pictures import AMBER, BLUE, INK, MUTED, RED, SLATE, TEAL, figure

__all__ = ["describe", "fulfilment_places", "lifecycle_places", "machine_picture"]

PALE = "#e6f0f2"
CATEGORY = {"open": BLUE, "under_way": AMBER, "done": TEAL}


def lifecycle_places() -> Mapping[str, tuple[float, float]]:
    """Where the header's states stand on the page."""
    return {
        "draft": (0, 0),
        "submitted": (4.2, 0),
        "confirmed": (8.4, 0),
        "closed": (12.6, 0),
        "expired": (0, -2.3),
        "cancelled": (8.4, -2.3),
    }


def fulfilment_places() -> Mapping[str, tuple[float, float]]:
    """Where the stages of fulfilment stand on the page."""
    return {
        "planned": (0, 0),
        "released": (3.2, 0),
        "picking": (6.4, 0),
        "packed": (9.6, 0),
        "cancelled": (4.8, 2.2),
        "handed_over": (12.8, 0),
        "in_transit": (12.8, -2.2),
        "delivered": (16, 0),
        "out_for_delivery": (16, -2.2),
        "failed": (16, -4.4),
        "lost": (9.6, -2.2),
        "returning": (12.8, -4.4),
        "returned": (9.6, -4.4),
    }


def machine_picture(
    machine: Machine,
    places: Mapping[str, tuple[float, float]],
    *,
    reached: Collection[str] = (),
    passed: Collection[str] = (),
) -> Figure:
    """States as boxes, transitions as arrows with their commands; what stays is listed below.

    Of one order's machine, the states ``reached`` are filled, and those ``passed`` on the way tinted.
    """
    xs = [x for x, _ in places.values()]
    ys = [y for _, y in places.values()]
    fig, ax = figure(10.5, 0.62 * (max(ys) - min(ys)) + 1.9)
    ax.axis("off")
    stays: dict[str, list[str]] = {}
    moves: dict[tuple[str, str], list[str]] = {}
    for edge in machine.transitions:
        if edge.source == edge.target:
            stays.setdefault(edge.source, []).append(edge.command)
        else:
            moves.setdefault((edge.source, edge.target), []).append(edge.command)
    half_x, half_y = 0.98, 0.36
    for (source, target), commands in moves.items():
        (x0, y0), (x1, y1) = places[source], places[target]
        back = (target, source) in moves
        bend = 0.28 if back else 0.0
        ax.add_patch(
            FancyArrowPatch(
                _edge(x0, y0, x1, y1, half_x, half_y),
                _edge(x1, y1, x0, y0, half_x, half_y),
                arrowstyle="-|>",
                mutation_scale=13,
                color=MUTED,
                lw=1.2,
                connectionstyle=f"arc3,rad={bend}",
                zorder=1,
            )
        )
        shift = 0.26 if not back else (-0.42 if x0 < x1 or y0 > y1 else 0.42)
        # arc3 bends to the left of a way down: the label stands where its arrow runs.
        aside = (-0.5 if y0 > y1 else 0.5) if back and x0 == x1 else 0.0
        ax.text(
            (x0 + x1) / 2 + aside,
            (y0 + y1) / 2 + (shift if y0 == y1 else 0),
            " / ".join(commands).replace("_", " "),
            ha="center",
            va="center",
            fontsize=8.5,
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2},
            zorder=2,
        )
    for state in machine.spec.states:
        x, y = places[state.id]
        colour = (
            RED
            if state.id in {"cancelled", "expired", "lost"}
            else CATEGORY.get(state.category, SLATE)
        )
        ax.add_patch(
            FancyBboxPatch(
                (x - half_x, y - half_y),
                2 * half_x,
                2 * half_y,
                boxstyle="round,pad=0.02,rounding_size=0.18",
                facecolor=colour
                if state.id in reached
                else PALE
                if state.id in passed
                else "white",
                edgecolor=colour,
                lw=2.6 if state.terminal else 1.6,
                zorder=3,
            )
        )
        weight = "bold" if state.id == machine.initial else "normal"
        ax.text(
            x,
            y,
            state.id.replace("_", " "),
            ha="center",
            va="center",
            fontsize=10,
            fontweight=weight,
            color="white" if state.id in reached else INK,
            zorder=4,
        )
        if state.id in stays:
            words = sorted(name.replace("_", " ") for name in stays[state.id])
            rows = [", ".join(words[at : at + 4]) for at in range(0, len(words), 4)]
            ax.text(
                x,
                y + half_y + 0.12,
                "stays on:\n" + ",\n".join(rows),
                ha="center",
                va="bottom",
                fontsize=7.5,
                color=MUTED,
            )
    top = 1.5 if stays else 0.7
    ax.set_xlim(min(xs) - 1.3, max(xs) + 1.3)
    ax.set_ylim(min(ys) - 0.7, max(ys) + top)
    return fig


def _edge(
    x0: float, y0: float, x1: float, y1: float, half_x: float, half_y: float
) -> tuple[float, float]:
    """Where the line between two centres leaves the first box."""
    dx, dy = x1 - x0, y1 - y0
    reach = min(
        half_x / abs(dx) if dx else 1e9,
        half_y / abs(dy) if dy else 1e9,
    )
    return x0 + dx * reach, y0 + dy * reach


def _units(count: int) -> str:
    return f"{count:,} unit{'' if count == 1 else 's'}"


def _cash(amount: Money) -> str:
    return cash(amount.minor, amount.currency)


def describe(event: OrderEvent) -> tuple[str, str, str]:
    """An event's name, what it says in a few words, and its colour."""
    name = type(event).__name__
    match event:
        case OrderPlaced():
            lines = len(event.quote.lines)
            return name, f"{lines} line{'' if lines == 1 else 's'}, {_cash(event.total)}", SLATE
        case UnitsAllocated() | UnitsReserved():
            nodes = sorted({str(units.node) for units in event.units})
            return (
                name,
                f"{_units(sum(u.quantity for u in event.units))} at {', '.join(nodes)}",
                BLUE,
            )
        case UnitsReleased():
            return name, f"{_units(sum(u.quantity for u in event.units))} given back", RED
        case UnitsShipped():
            units_out = sum(u.quantity for u in event.units)
            return name, f"{_units(units_out)} from {event.node} by {event.service}", TEAL
        case FulfilmentMoved():
            return name, f"{event.source} → {event.target}", TEAL
        case UnitsDelivered():
            return name, _units(sum(event.lines.values())), TEAL
        case UnitsCancelled():
            return (
                name,
                f"{_units(sum(v.quantity for v in event.lines))}, {_cash(event.amount)}, {event.why}",
                RED,
            )
        case ReturnRequested():
            return name, _units(sum(event.lines.values())), AMBER
        case ReturnReceived():
            how = ", ".join(sorted({str(u.disposition) for u in event.units}))
            return (
                name,
                f"{_units(sum(u.quantity for u in event.units))} ({how}), {_cash(event.amount)}",
                AMBER,
            )
        case PaymentRecorded():
            return name, f"{event.kind} {_cash(event.amount)}", BLUE
        case MoneyRequested():
            return name, f"{event.kind} {_cash(event.amount)}", SLATE
        case AllowanceGranted():
            return name, f"{_cash(event.amount)}, {event.why}", AMBER
        case FactClashed():
            return name, event.code, RED
        case _:
            return name, "", SLATE
