"""Run a season of real orders and write its report: ``python examples/trading_season/run.py``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import Manager
from pathlib import Path
from queue import Empty
from typing import Any

HERE = Path(__file__).resolve().parent
if str(HERE.parent) not in sys.path:
    sys.path.insert(0, str(HERE.parent))

from tqdm import tqdm

from trading_season.conservation import checks_of
from trading_season.dice import Dice
from trading_season.report import write_report
from trading_season.result import AreaResult
from trading_season.season import Season
from trading_season.sources import Importer, Scope
from trading_season.summary import summary_lines
from trading_season.world import UK, US

DEFAULT_ORDERS = 20_000
SHORT_ORDERS = 240


def importer_of(source: str, shuffle: int = 0) -> Importer:
    """The importer for what was asked: a file by its path, else the package."""
    if source:
        from trading_season.sources.online_retail import OnlineRetail

        return OnlineRetail(Path(source), shuffle=shuffle)
    from trading_season.sources.complete_journey import CompleteJourney

    return CompleteJourney(shuffle=shuffle)


def run_area(
    area: str, source: str, orders: int | None, seed: int, shuffle: int, progress: Any
) -> AreaResult:
    """One area's season, in a process of its own or in this one."""
    importer = importer_of(source, shuffle)
    trade = importer.read(Scope(orders=orders, seed=seed, area=area))
    world = UK if importer.about.currency == UK.currency else US
    season = Season(
        area, trade, world.network(area), Dice(seed), invent=not importer.about.own_aftersales
    )
    progress.put(("drafts", trade.drafts_in))
    unreported = 0

    def tell(drafts: int) -> None:
        nonlocal unreported
        unreported += drafts
        if unreported >= 50:
            progress.put(("done", unreported))
            unreported = 0

    result = season.run(tell)
    progress.put(("done", unreported))
    return result


def run_season(
    source: str, orders: int | None, seed: int, *, workers: int, shuffle: int = 0, quiet: bool
) -> AreaResult:
    """All areas, each with its own stock, so that their number of processes changes nothing."""
    areas = importer_of(source).about.areas
    terms = (source, orders, seed, shuffle)
    with Manager() as manager, tqdm(unit=" orders", disable=quiet, total=0, smoothing=0.1) as bar:
        progress = manager.Queue()
        with ProcessPoolExecutor(max_workers=workers) as pool:
            waiting: set[Future[AreaResult]] = {
                pool.submit(run_area, area, *terms, progress) for area in areas
            }
            finished: list[AreaResult] = []
            while waiting:
                done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                _show(progress, bar)
                finished += [future.result() for future in done]
            _show(progress, bar)
    finished.sort(key=lambda result: result.areas)
    whole = finished[0]
    for other in finished[1:]:
        whole.merge(other)
    return whole


def _show(progress: Any, bar: Any) -> None:
    while True:
        try:
            what, count = progress.get_nowait()
        except Empty:
            return
        if what == "drafts":
            bar.total += count
            bar.refresh()
        else:
            bar.update(count)


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--orders", type=int, default=None, help=f"default {DEFAULT_ORDERS}")
    size.add_argument("--all", action="store_true", help="everything that the source has")
    size.add_argument("--short", action="store_true", help=f"{SHORT_ORDERS} orders, for tests")
    parser.add_argument("--source", default="", metavar="PATH", help="a file of UCI Online Retail")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--out", type=Path, default=HERE / "out")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--shuffle", type=int, default=0, help="read the rows in another order")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.add_argument("--no-report", action="store_true", help="only the summary")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run, print, write; 0 when every conservation check holds."""
    given = parse_arguments(arguments)
    orders = None if given.all else SHORT_ORDERS if given.short else given.orders or DEFAULT_ORDERS
    about = importer_of(given.source).about
    print(f"{about.title}\n{about.attribution}\n{about.chance}", flush=True)
    began = time.perf_counter()
    result = run_season(
        given.source,
        orders,
        given.seed,
        workers=given.workers,
        shuffle=given.shuffle,
        quiet=given.quiet,
    )
    elapsed = time.perf_counter() - began
    checks = checks_of(result, about.currency)
    print("\n".join(summary_lines(about, result, checks, elapsed, given.workers)))
    if not given.no_report:
        path = write_report(given.out, about, result, checks, elapsed)
        print(f"  report         {path}")
    return 0 if all(check.holds for check in checks) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
