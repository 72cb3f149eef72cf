"""What every test shares: the Hypothesis profiles and the way to third-party data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

# A shared machine may be slow at any moment: no profile has a deadline.
settings.register_profile("quick", deadline=None, max_examples=40)
# The build asks each property the same sixty questions each time and keeps within its quarter of an hour;
# looking for new ones is the long profile's work.
settings.register_profile(
    "ci",
    deadline=None,
    max_examples=60,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("long", deadline=None, max_examples=5_000, print_blob=True)
# The purity tests run every property again, under guard: what counts is that each is run.
settings.register_profile(
    "guarded",
    deadline=None,
    max_examples=3,
    stateful_step_count=8,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
# A mutation run asks each property once for each mutant of what it calls: the first few examples, the
# same ones each time, and no search for a smaller one.
settings.register_profile(
    "mutation",
    deadline=None,
    max_examples=5,
    stateful_step_count=8,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Third-party data, outside the project; a test that needs it says why it is skipped."""
    folder = os.environ.get("ORDERCORE_DATA", "")
    if not folder:
        pytest.skip("ORDERCORE_DATA is not set: it names the folder of third-party data")
    return Path(folder)
