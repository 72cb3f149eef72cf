"""The message of a refused rule can be printed, whatever stood in the rule."""

from __future__ import annotations

import pytest

from ordercore.kernel import InvalidDefinition
from ordercore.rules import TEXT, Vocabulary, parse


@pytest.mark.parametrize("text", ["\ud800 == 1", "name == '\udcff' oops", "name == 'a' \ud83d"])
def test_half_a_surrogate_pair_does_not_spoil_the_message(text):
    with pytest.raises(InvalidDefinition) as caught:
        parse(text, vocabulary=Vocabulary("words", {"name": TEXT}))
    assert str(caught.value).encode()
    marker = caught.value.findings[0].message.splitlines()
    assert len(marker[-1]) <= len(marker[-2]) + 1
