"""Roots and proofs against a recursive reading of RFC 6962, and against its published vectors."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernel.told import told

from ordercore.kernel import (
    InclusionProof,
    inclusion_proof,
    inclusion_proofs,
    merkle_root,
)

entries = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


def naive_root(data: list[bytes]) -> bytes:
    """Section 2.1, word for word."""
    if not data:
        return sha256(b"").digest()
    if len(data) == 1:
        return sha256(b"\x00" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return sha256(b"\x01" + naive_root(data[:k]) + naive_root(data[k:])).digest()


def naive_path(data: list[bytes], m: int) -> list[bytes]:
    """Section 2.1.1, word for word."""
    if len(data) == 1:
        return []
    k = 1
    while k * 2 < len(data):
        k *= 2
    if m < k:
        return [*naive_path(data[:k], m), naive_root(data[k:])]
    return [*naive_path(data[k:], m - k), naive_root(data[:k])]


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_root_is_that_of_the_rfc(data):
    assert merkle_root(data) == naive_root(data).hex()


@given(entries, st.data())
def test_the_proof_is_that_of_the_rfc_and_holds(data, draw):
    index = draw.draw(st.integers(0, len(data) - 1))
    proof = inclusion_proof(data, index)
    assert proof.path == tuple(step.hex() for step in naive_path(data, index))
    assert proof.holds(merkle_root(data))
    assert proof.is_of(data[index])


@pytest.mark.parametrize("size", range(1, 18))
def test_every_proof_of_a_small_tree_leads_to_its_root_and_to_no_other(size):
    data = [bytes([number]) for number in range(size)]
    proofs = inclusion_proofs(data)
    assert [proof.path for proof in proofs] == [
        tuple(step.hex() for step in naive_path(data, index)) for index in range(size)
    ]
    roots = [naive_root(data[:upto]).hex() for upto in range(size + 1)]
    for index, proof in enumerate(proofs):
        assert (proof.index, proof.size) == (index, size)
        assert [root for root in roots if proof.holds(root)] == roots[-1:]
        # The same hashes are no proof for any other place.
        for other in range(size):
            moved = InclusionProof(leaf=proof.leaf, index=other, size=size, path=proof.path)
            assert moved.holds(roots[-1]) == (other == index)


@given(entries, st.data())
def test_a_proof_of_something_else_does_not_hold(data, draw):
    index = draw.draw(st.integers(0, len(data) - 1))
    proof = inclusion_proof(data, index)
    root = merkle_root(data)
    other = sha256(b"other").hexdigest()
    changed = [
        {"leaf": other},
        {"path": (*proof.path, other)},
        *(
            {"path": (*proof.path[:at], other, *proof.path[at + 1 :])}
            for at in range(len(proof.path))
        ),
    ]
    if proof.path:
        changed.append({"path": proof.path[:-1]})
        changed.append({"path": ()})
    fields = {"leaf": proof.leaf, "index": proof.index, "size": proof.size, "path": proof.path}
    for change in changed:
        assert not InclusionProof(**{**fields, **change}).holds(root)
    assert not proof.holds(merkle_root([*data, b"one more"]))
    for index in range(len(data)):
        if index != proof.index and data[index] != data[proof.index]:
            assert not InclusionProof(**{**fields, "index": index}).holds(root)


@given(entries)
def test_an_entry_never_passes_for_a_node(data):
    if len(data) > 1:
        left, right = naive_root(data[:1]), naive_root(data[1:2])
        assert merkle_root([left + right]) != merkle_root(data[:2])


# Reference vectors of the certificate-transparency implementation of RFC 6962.
VECTORS = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@pytest.mark.parametrize("size", ROOTS)
def test_the_published_vectors(size):
    assert merkle_root(VECTORS[:size]) == ROOTS[size]


def test_text_is_its_utf8_bytes():
    assert merkle_root(["茶"]) == merkle_root(["茶".encode()])
    # What the codec can write can be an entry, half a surrogate pair too.
    assert merkle_root(["\ud800"]) == merkle_root([b"\xed\xa0\x80"])


@pytest.mark.parametrize("index", [-1, 2, True, "0"])
def test_an_index_that_is_not_there_is_refused(index):
    assert told(lambda: inclusion_proof(["a", "b"], index)) == ("merkle.index", "index", index)


def test_an_entry_of_another_kind_is_refused():
    assert told(lambda: merkle_root(["a", 5])) == ("type.wrong", "entries[1]", 5)
    assert told(lambda: inclusion_proofs(["a", 5])) == ("type.wrong", "entries[1]", 5)
    assert told(lambda: inclusion_proof("ab", 1).is_of(5)) == ("type.wrong", "entries[1]", 5)


def test_a_proof_that_cannot_be_is_refused_with_every_fault():
    long = "G" * 64
    assert told(lambda: InclusionProof(leaf="no", index=0, size=0, path=["0" * 64, long])) == (
        "inclusion proof",
        [
            ("merkle.size", "size", 0),
            ("merkle.hash", "leaf", "no"),
            ("merkle.hash", "path[1]", long),
        ],
    )
    assert told(lambda: InclusionProof(leaf="0" * 64, index=3, size=3)) == (
        "inclusion proof",
        [("merkle.index", "index", 3)],
    )
    assert InclusionProof(leaf="0" * 64, index=2, size=3).index == 2
