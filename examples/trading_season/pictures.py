"""The report's pictures, drawn with matplotlib; each is a figure that knows nothing of HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Curve
from matplotlib.patheffects import withStroke

from trading_season.cash import cash
from trading_season.result import AreaResult
from trading_season.world import Warehouse, World

__all__ = [
    "bars",
    "campaign_picture",
    "cost_picture",
    "flow_picture",
    "map_picture",
    "volume_picture",
]

INK = "#1f2933"
MUTED = "#7b8794"
GRID = "#e4e7eb"
TEAL = "#0f766e"
SEA = "#5eead4"
AMBER = "#d97706"
RED = "#b91c1c"
BLUE = "#2563eb"
SLATE = "#64748b"

CROWDED_DEGREES = 1.3
"""Of two warehouses nearer to each other than this, the western one has its label beside it."""

MOST_BARS = 14

STYLE: dict[str, object] = {
    "font.size": 10,
    "axes.edgecolor": GRID,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": INK,
    "figure.facecolor": "white",
    "svg.hashsalt": "ordercore",
}

# Column and row of each milestone, and its colour.
STAGES: Mapping[str, tuple[float, float, str]] = {
    "placed": (0, 0, SLATE),
    "reserved": (1, 0, SLATE),
    "confirmed": (2, 0, BLUE),
    "shipped": (3, 0, BLUE),
    "delivered": (4, 0, TEAL),
    "return requested": (5, 1, AMBER),
    "returned": (6, 1, AMBER),
    "closed": (7, 0, TEAL),
    "cancelled": (7, 2, RED),
}


def figure(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty figure in the report's style."""
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        return plt.subplots(figsize=(width, height), layout="constrained")


def flow_picture(flow: Mapping[tuple[str, str], int]) -> Figure:
    """How many orders went from milestone to milestone, as bands of that width."""
    fig, ax = figure(10.5, 4.6)
    ax.axis("off")
    coming: Counter[str] = Counter()
    going: Counter[str] = Counter()
    for (source, target), count in flow.items():
        coming[target] += count
        going[source] += count
    size = {name: max(coming[name], going[name]) for name in STAGES}
    whole = max(size.values(), default=1) or 1
    scale = 1.0 / whole
    top: dict[str, float] = {}
    for name, (_, row, _) in STAGES.items():
        top[name] = {0: 0.0, 1: -1.28, 2: -1.75}[int(row)]
    out_at, in_at = dict(top), dict(top)
    width = 0.09
    order = list(STAGES)
    for (source, target), count in sorted(
        flow.items(),
        key=lambda edge: (order.index(edge[0][0]), order.index(edge[0][1] or "placed")),
    ):
        if not target:
            continue
        height = count * scale
        x0, x1 = STAGES[source][0] + width, STAGES[target][0]
        y0, y1 = out_at[source], in_at[target]
        out_at[source] -= height
        in_at[target] -= height
        middle = (x0 + x1) / 2
        curve = Curve(
            [
                (x0, y0),
                (middle, y0),
                (middle, y1),
                (x1, y1),
                (x1, y1 - height),
                (middle, y1 - height),
                (middle, y0 - height),
                (x0, y0 - height),
                (x0, y0),
            ],
            [1, 4, 4, 4, 2, 4, 4, 4, 79],
        )
        ax.add_patch(PathPatch(curve, facecolor=STAGES[target][2], alpha=0.28, edgecolor="none"))
    for name, (column, row, colour) in STAGES.items():
        if not size[name]:
            continue
        height = max(size[name] * scale, 0.012)
        ax.add_patch(Rectangle((column, top[name] - height), width, height, color=colour, zorder=3))
        label = f"{name}\n{size[name]:,}"
        if row == 0:
            ax.text(column + width / 2, 0.05, label, ha="center", va="bottom", fontsize=10)
        else:
            below = top[name] - height - 0.05
            text = ax.text(column + width / 2, below, label, ha="center", va="top", fontsize=10)
            text.set_path_effects([withStroke(linewidth=3, foreground="white")])
    ax.set_xlim(-0.35, 7.5)
    ax.set_ylim(-2.2, 0.35)
    return fig


def volume_picture(result: AreaResult) -> Figure:
    """Orders and units by week, one above the other."""
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        fig, (above, below) = plt.subplots(
            2, 1, figsize=(10.5, 4.4), sharex=True, layout="constrained"
        )
    weeks = sorted(result.week_orders)
    places = range(len(weeks))
    for ax, counts, colour, name in (
        (above, result.week_orders, TEAL, "orders"),
        (below, result.week_units, BLUE, "units"),
    ):
        ax.bar(places, [counts[week] for week in weeks], color=colour, width=0.82)
        ax.set_ylabel(name)
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        ax.grid(axis="x", visible=False)
    step = max(1, len(weeks) // 13)
    below.set_xticks(list(places)[::step], [week.replace("-", "\n") for week in weeks[::step]])
    return fig


def map_picture(world: World, result: AreaResult) -> Figure:
    """Warehouses by what they shipped, cities by how many orders went there."""
    fig, ax = figure(10.5, 8.2)
    colours = dict(zip(world.areas, (BLUE, AMBER, TEAL), strict=False))
    lons = [float(row.lon) for row in world.warehouses]
    lats = [float(row.lat) for row in world.warehouses]
    west, east = min(lons) - 4.5, max(lons) + 6.5
    south, north = min(lats) - 1.5, max(lats) + 2.0
    most = max(result.city_orders.values(), default=1)
    busiest = max(result.node_units.values(), default=1)
    stretch = 1.27 if world.home == "US" else 1.65
    beyond: Counter[str] = Counter()
    for city in world.cities:
        count = result.city_orders[city.name]
        lon, lat = float(city.lon), float(city.lat)
        if not (west < lon < east and south < lat < north):
            beyond[city.name] += count
            continue
        if not count:
            continue
        colour = colours[city.area]
        served_by = [_place(row) for row in world.warehouses if row.area == city.area]
        near = _nearest((lon, lat), served_by, stretch)
        ax.plot([lon, near[0]], [lat, near[1]], color=colour, alpha=0.35, lw=1)
        ax.scatter(lon, lat, s=30 + 1100 * count / most, color=colour, alpha=0.22, linewidths=0)
        if city.name not in {row.name for row in world.warehouses}:
            # Away from the warehouse, whose own label stands above it.
            beside = abs(lon - near[0]) > stretch * abs(lat - near[1])
            aside = (
                (12 if lon > near[0] else -12, 0) if beside else (0, 9 if lat > near[1] else -16)
            )
            _label(ax, f"{city.name} · {count:,}", lon, lat, aside, 8.5, MUTED)
    for row in world.warehouses:
        units = result.node_units[row.id]
        lon, lat = _place(row)
        size = 50 + 260 * units / busiest
        ax.scatter(
            lon, lat, s=size, marker="s", color=colours[row.area], edgecolor="white", zorder=4
        )
        others = [_place(other) for other in world.warehouses if other is not row]
        near = _nearest((lon, lat), others, stretch)
        across, along = (lon - near[0]) / stretch, lat - near[1]
        crowded = across < -abs(along) and across**2 + along**2 < CROWDED_DEGREES**2
        aside = (-12, 0) if crowded else (0, 11)
        _label(ax, f"{row.name}\n{units:,} units", lon, lat, aside, 9.5, INK)
    if beyond.total():
        cities = sum(1 for count in beyond.values() if count)
        note = f"and {beyond.total():,} orders to {cities} cities beyond this map"
        ax.text(0.99, 0.015, note, ha="right", transform=ax.transAxes, fontsize=9, color=MUTED)
    ax.set_xlim(west, east)
    ax.set_ylim(south, north)
    ax.set_aspect(stretch)
    ax.set_xlabel("longitude")
    ax.set_ylabel("latitude")
    return fig


def _place(row: Warehouse) -> tuple[float, float]:
    return float(row.lon), float(row.lat)


def _nearest(
    place: tuple[float, float], others: Sequence[tuple[float, float]], stretch: float
) -> tuple[float, float]:
    """The nearest of some places on the map as it is drawn."""
    return min(
        others,
        key=lambda other: ((other[0] - place[0]) / stretch) ** 2 + (other[1] - place[1]) ** 2,
    )


def _label(
    ax: Axes, text: str, lon: float, lat: float, off: tuple[int, int], size: float, colour: str
) -> None:
    """Text beside a point, with a white rim so that lines below it do not disturb."""
    label = ax.annotate(
        text,
        (lon, lat),
        off,
        textcoords="offset points",
        ha="center" if not off[0] else "left" if off[0] > 0 else "right",
        va="bottom" if off[1] > 0 else "center",
        fontsize=size,
        color=colour,
        fontweight="bold" if colour == INK else "normal",
        zorder=6,
    )
    label.set_path_effects([withStroke(linewidth=3, foreground="white")])


def cost_picture(result: AreaResult, currency: str) -> Figure:
    """Cost of all plans by term; beside it the freight of the orders that were planned twice."""
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        fig, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.4), layout="constrained")
    terms = [
        (name, minor) for name, minor in sorted(result.cost.items(), key=lambda p: p[1]) if minor
    ]
    _money_bars(left, [(name.replace("_", " "), minor, TEAL) for name, minor in terms], currency)
    left.set_title("all plans, by term", loc="left", fontsize=11)
    pairs = []
    for name, counts, colour in (
        ("nearest node first", result.nearest_cost, AMBER),
        ("least cost", result.same_orders_cost, TEAL),
    ):
        pairs.append((f"{name}: freight", counts["freight"], colour))
        pairs.append((f"{name}: all terms", sum(counts.values()), colour))
    _money_bars(right, sorted(pairs, key=lambda pair: (pair[0].split(": ")[1], pair[0])), currency)
    right.set_title(f"{result.nearest_plans:,} orders planned both ways", loc="left", fontsize=11)
    return fig


def campaign_picture(costs: Sequence[tuple[str, int]], currency: str) -> Figure:
    """What each promotion of the calendar would have cost, the dearest on top."""
    fig, ax = figure(10.5, 0.55 + 0.34 * max(len(costs), 1))
    shown = sorted(costs, key=lambda row: (row[1], row[0]))
    _money_bars(ax, [(name, minor, TEAL) for name, minor in shown], currency)
    return fig


def _money_bars(ax: Axes, rows: Sequence[tuple[str, int, str]], currency: str) -> None:
    values = [minor for _, minor, _ in rows]
    ax.barh(
        [name for name, _, _ in rows], values, color=[colour for *_, colour in rows], height=0.62
    )
    for place, minor in enumerate(values):
        ax.text(minor, place, "  " + cash(minor, currency), va="center", fontsize=9)
    ax.set_xlim(0, max(values, default=1) * 1.36 or 1)
    ax.set_xticks([])
    ax.grid(visible=False)
    ax.spines["bottom"].set_visible(False)
    ax.spines["left"].set_visible(False)
    ax.tick_params(length=0)


def bars(
    rows: Sequence[tuple[str, int]], colour: str, note: Mapping[str, str] | None = None
) -> Figure:
    """Counts by code, the largest on top; the smallest together where there are too many."""
    shown = sorted(rows, key=lambda row: (row[1], row[0]))
    if len(shown) > MOST_BARS:
        rest = shown[: 1 - MOST_BARS]
        together = f"{len(rest)} more codes", sum(count for _, count in rest)
        shown = [together, *shown[1 - MOST_BARS :]]
    fig, ax = figure(10.5, 0.55 + 0.34 * max(len(shown), 1))
    ax.barh([name for name, _ in shown], [count for _, count in shown], color=colour, height=0.62)
    largest = max((count for _, count in shown), default=1)
    for place, (name, count) in enumerate(shown):
        text = f"  {count:,}" + (f"  {note[name]}" if note and name in note else "")
        ax.text(count, place, text, va="center", fontsize=9)
    ax.set_xlim(0, largest * 1.3)
    ax.set_xticks([])
    ax.grid(visible=False)
    for side in ("bottom", "left"):
        ax.spines[side].set_visible(False)
    ax.tick_params(length=0)
    return fig
