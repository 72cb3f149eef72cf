"""What an error says as data: shared by the tests that say where each fault lies."""

from __future__ import annotations

import pytest

from ordercore.kernel import InvalidBatch, InvalidValue


def told(make):
    """The code, path and value that ``make`` is refused with; of a batch its subject and all."""
    with pytest.raises((InvalidValue, InvalidBatch)) as caught:
        make()
    error = caught.value
    if isinstance(error, InvalidBatch):
        return error.subject, [(fault.code, fault.path, fault.value) for fault in error.faults]
    return error.code, error.path, error.value
