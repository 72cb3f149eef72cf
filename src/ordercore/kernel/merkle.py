"""Merkle trees: one digest over many entries, and short proofs that an entry is among them.

Hashing is that of RFC 6962, section 2.1, with SHA-256: a leaf is the hash of a zero byte and the
entry, a node that of a one byte and its two children, so that no entry can pass for a node. A tree
over n entries splits at the largest power of two below n.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

import attrs

from ordercore.kernel.checked import checked
from ordercore.kernel.conversion import as_tuple
from ordercore.kernel.errors import InvalidValue, expect, problems

__all__ = ["InclusionProof", "inclusion_proof", "inclusion_proofs", "merkle_root"]

_HEX_DIGITS = frozenset("0123456789abcdef")
_DIGEST_HEX = 64


def _leaf(entry: str | bytes, number: int) -> bytes:
    if isinstance(entry, str):
        entry = entry.encode("utf-8", "surrogatepass")
    return sha256(b"\x00" + expect(entry, bytes, f"entries[{number}]")).digest()


def _leaves(entries: Iterable[str | bytes]) -> list[bytes]:
    expect(entries, Iterable, "entries")  # type: ignore[type-abstract]
    return [_leaf(entry, number) for number, entry in enumerate(entries)]


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _above(level: list[bytes]) -> list[bytes]:
    """The level above; a last node without a neighbour goes up as it is."""
    pairs = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return [*pairs, level[-1]] if len(level) % 2 else pairs


def merkle_root(entries: Iterable[str | bytes]) -> str:
    """The root over entries in their order, in hex; text counts as its UTF-8 bytes.

    The root over nothing is the SHA-256 of nothing. O(n) hashes.

    Raises:
        InvalidValue: ``type.wrong`` for entries that are no collection, and for an entry that is
            neither text nor bytes.

    Example:
        >>> merkle_root(["a", "b"]) == merkle_root(["b", "a"]), merkle_root([])[:8]
        (False, 'e3b0c442')
    """
    level = _leaves(entries)
    if not level:
        return sha256(b"").hexdigest()
    while len(level) > 1:
        level = _above(level)
    return level[0].hex()


def _is_digest(text: object) -> bool:
    return type(text) is str and len(text) == _DIGEST_HEX and _HEX_DIGITS.issuperset(text)


def _path(given: Iterable[str]) -> tuple[str, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class InclusionProof:
    """That an entry stands at ``index`` among ``size`` entries: its leaf, and the hashes beside it.

    ``path`` goes from the leaf to the root and holds at most log₂ of ``size`` hashes. A proof says
    nothing by itself: it :meth:`holds` against a root that its reader trusts, and the reader hashes
    the entry that it was shown (:meth:`is_of`).

    Raises:
        InvalidBatch: ``merkle.size`` below 1, ``merkle.index`` outside 0 to size − 1,
            ``merkle.hash`` for a leaf or a step that is no SHA-256 in hex.

    Example:
        >>> entries = ["a", "b", "c"]
        >>> proof = inclusion_proof(entries, 2)
        >>> len(proof.path), proof.holds(merkle_root(entries)), proof.is_of("c"), proof.is_of("b")
        (1, True, True, False)
    """

    leaf: str
    index: int
    size: int
    path: tuple[str, ...] = attrs.field(default=(), converter=_path)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.size) is not int or self.size < 1:
            faults.add("merkle.size", "size", self.size, "an integer ≥ 1")
        elif type(self.index) is not int or not 0 <= self.index < self.size:
            faults.add("merkle.index", "index", self.index, f"0 to {self.size - 1}")
        for place, text in (
            ("leaf", self.leaf),
            *((f"path[{number}]", step) for number, step in enumerate(self.path)),
        ):
            if not _is_digest(text):
                faults.add("merkle.hash", place, text, "64 hexadecimal digits")
        faults.raise_if_any("inclusion proof")

    def is_of(self, entry: str | bytes) -> bool:
        """Whether the leaf is the hash of this entry."""
        return self.leaf == _leaf(entry, self.index).hex()

    def holds(self, root: str) -> bool:
        """Whether leaf and path lead to this root; RFC 9162, section 2.1.3.2. O(log size)."""
        at, last = self.index, self.size - 1
        reached = bytes.fromhex(self.leaf)
        for step in self.path:
            if not last:
                return False
            beside = bytes.fromhex(step)
            if at % 2 or at == last:
                reached = _node(beside, reached)
                while at and not at % 2:
                    at, last = at // 2, last // 2
            else:
                reached = _node(reached, beside)
            at, last = at // 2, last // 2
        return not last and reached.hex() == root


def inclusion_proofs(entries: Iterable[str | bytes]) -> tuple[InclusionProof, ...]:
    """A proof for every entry, in their order. O(n) hashes, O(n log n) in all.

    Raises:
        InvalidValue: ``type.wrong`` for entries that are no collection, and for an entry that is
            neither text nor bytes.

    Example:
        >>> [len(proof.path) for proof in inclusion_proofs(["a", "b", "c"])]
        [2, 2, 1]
    """
    levels = [_leaves(entries)]
    while len(levels[-1]) > 1:
        levels.append(_above(levels[-1]))
    told = [[step.hex() for step in level] for level in levels]
    size = len(told[0])
    return tuple(
        InclusionProof(
            leaf=told[0][index],
            index=index,
            size=size,
            path=[
                level[beside]
                for height, level in enumerate(told)
                if (beside := (index >> height) ^ 1) < len(level)
            ],
        )
        for index in range(size)
    )


def inclusion_proof(entries: Iterable[str | bytes], index: int) -> InclusionProof:
    """The proof that the entry at ``index`` is among the entries. O(n) hashes.

    Raises:
        InvalidValue: ``merkle.index`` for an index that is not there; ``type.wrong``.

    Example:
        >>> inclusion_proof(["a"], 0).path
        ()
    """
    proofs = inclusion_proofs(entries)
    if type(index) is not int or not 0 <= index < len(proofs):
        raise InvalidValue("merkle.index", "index", index, f"0 to {len(proofs) - 1}")
    return proofs[index]
