"""Which definition a running instance follows: machine, version, and a digest of what it does."""

from __future__ import annotations

import json
from hashlib import blake2b

import attrs

from ordercore.kernel import Json, checked, encode, problems
from ordercore.statemachine.names import check_name, exact
from ordercore.statemachine.spec import MachineSpec

__all__ = ["MachinePin", "spec_digest"]

# What is only for reading.
_WORDS = frozenset({"titles", "notes", "words"})
# What machines could not say at first. Left out where it is empty, so that a machine that does not
# use it keeps the digest to which instances are pinned.
_LATER = frozenset({"counts_as", "limits", "calendar", "positions", "exits"})


def spec_digest(spec: MachineSpec) -> str:
    """BLAKE2b-256 in hex over what the machine does; titles, notes and words take no part.

    Two specs have the same digest exactly when they differ in nothing but what is for reading.

    Example:
        >>> from ordercore.statemachine import State
        >>> def one(**words):
        ...     state = State("a", terminal=True, **words)
        ...     return MachineSpec("m", version="1", initial="a", states=[state], transitions=[])
        >>> spec_digest(one()) == spec_digest(one(titles={"en": "The end"}))
        True
        >>> spec_digest(one()) == spec_digest(one(counts_as="delivered"))
        False
    """
    coded = _without_words(encode(spec))
    text = json.dumps(coded, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=32).hexdigest()


def _without_words(coded: Json) -> Json:
    if isinstance(coded, list):
        return [_without_words(item) for item in coded]
    if not isinstance(coded, dict):
        return coded
    return {
        key: _without_words(item)
        for key, item in coded.items()
        if key not in _WORDS and (item or key not in _LATER)
    }


@attrs.frozen(order=True)
@checked
class MachinePin:
    """What an instance carries, so that it lives by the rules under which it began.

    Raises:
        InvalidBatch: ``machine.name`` for a machine or version that is no name; ``pin.digest``.

    Example:
        >>> pin = MachinePin("fulfilment", "2026-11", "0" * 64)
        >>> str(pin)
        'fulfilment 2026-11 (000000000000)'
    """

    machine: str = attrs.field(converter=exact)
    version: str = attrs.field(converter=exact)
    digest: str = attrs.field(converter=exact)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        check_name(self.machine, "machine", faults)
        check_name(self.version, "version", faults)
        if not isinstance(self.digest, str) or not self.digest.isalnum():
            faults.add("pin.digest", "digest", self.digest, "the digest of a machine")
        faults.raise_if_any("machine pin")

    @classmethod
    def of(cls, spec: MachineSpec) -> MachinePin:
        """The pin of a definition. O(size of the definition); a machine keeps its own."""
        return cls(spec.id, spec.version, spec_digest(spec))

    def __str__(self) -> str:
        return f"{self.machine} {self.version} ({self.digest[:12]})"
