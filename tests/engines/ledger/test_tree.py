from __future__ import annotations

import random
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xieli.engines.ledger import (
    CompactRange,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from xieli.engines.ledger.tree import EMPTY_ROOT, node_hash

# the vectors of the Certificate Transparency reference implementations (merkle tree of RFC 6962, same hashing as RFC 9162)
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(bytes.fromhex(i)) for i in INPUTS]


def mth(leaves: list[bytes]) -> bytes:
    """RFC 9162 §2.1.1, word for word, as an independent check of the compact range."""
    n = len(leaves)
    if n == 0:
        return sha256(b"").digest()
    if n == 1:
        return leaves[0]
    k = 1
    while k * 2 < n:
        k *= 2
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def test_the_known_roots() -> None:
    assert root_of([]) == EMPTY_ROOT == sha256(b"").digest()
    for n, root in enumerate(ROOTS, 1):
        assert root_of(LEAVES[:n]).hex() == root


def test_known_proofs() -> None:
    path = inclusion_proof(LEAVES, 5)
    assert [p.hex() for p in path] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]
    proof = consistency_proof(LEAVES, 6)
    assert [p.hex() for p in proof] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]


@given(st.integers(0, 130), st.data())
def test_every_proof_holds_and_the_edge_survives_storage(n: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(bytes([i, i])) for i in range(n)]
    assert root_of(leaves) == mth(leaves)
    edge = CompactRange()
    edge.extend(leaves)
    assert CompactRange.from_bytes(edge.size, edge.to_bytes()).root() == mth(leaves)
    if n:
        i, old = data.draw(st.integers(0, n - 1)), data.draw(st.integers(1, n))
        assert verify_inclusion(leaves[i], i, n, inclusion_proof(leaves, i), mth(leaves))
        assert verify_consistency(old, n, mth(leaves[:old]), mth(leaves), consistency_proof(leaves, old))


def test_a_stored_edge_of_the_wrong_length_is_refused() -> None:
    for size, count in ((3, 1), (4, 2), (0, 1), (-1, 0)):
        with pytest.raises(ValueError):
            CompactRange(size, [b"x" * 32] * count)
    with pytest.raises(ValueError):
        CompactRange.from_bytes(1, b"x" * 31)


def variations(proof: list[bytes], rng: random.Random) -> list[list[bytes]]:
    """Proofs that are near the right one: the places where verifiers have been fooled."""
    junk = rng.randbytes(32)
    out = [[*proof, junk], [junk, *proof], [*proof, EMPTY_ROOT], [*proof, *proof], list(reversed(proof)), [*proof, b""], [*proof, b"x" * 31], []]
    for i in range(len(proof)):
        flipped = bytearray(proof[i])
        flipped[rng.randrange(32)] ^= 1 << rng.randrange(8)
        out += [proof[:i] + proof[i + 1 :], [*proof[:i], bytes(flipped), *proof[i + 1 :]], [*proof[:i], proof[i], *proof[i:]], [*proof[:i], junk, *proof[i + 1 :]]]
    return [p for p in out if p != proof]


def test_no_forged_inclusion_proof_is_accepted() -> None:
    """Every statement (leaf, index, size, root) with every proof of every other statement, and bent ones: only the true ones pass."""
    rng = random.Random(1)
    top = 20
    leaves = [leaf_hash(bytes([i])) for i in range(top)]
    roots = {n: root_of(leaves[:n]) for n in range(1, top + 1)}
    proofs = {(i, n): inclusion_proof(leaves[:n], i) for n in roots for i in range(n)}
    accepted = 0
    for (_, n), proof in proofs.items():
        for j in range(-1, n + 2):
            for m in (n - 1, n, n + 1):
                if m not in roots:
                    continue
                leaf = leaves[j % top]
                good = 0 <= j < m and proof == proofs[j, m]
                # RFC 9162 paths do not name the size: the same path may prove the same leaf in two sizes only against that size's own root
                assert verify_inclusion(leaf, j, m, proof, roots[m]) == good
                accepted += good
    assert accepted
    for (i, n), proof in proofs.items():
        for bent in variations(proof, rng):
            assert not verify_inclusion(leaves[i], i, n, bent, roots[n])
    for size, index in ((0, 0), (1, 1), (-1, 0), (2**70, 2**69), (5, 2**64)):
        assert not verify_inclusion(leaves[0], index, size, [], roots[1])


def test_an_inner_node_cannot_pass_as_a_leaf() -> None:
    leaves = [leaf_hash(bytes([i])) for i in range(4)]
    inner = leaves[0] + leaves[1]
    assert not verify_inclusion(leaf_hash(b"\x01" + inner), 0, 2, [node_hash(leaves[2], leaves[3])], root_of(leaves))
    assert not verify_inclusion(leaf_hash(inner), 0, 2, [node_hash(leaves[2], leaves[3])], root_of(leaves))


def test_no_forged_consistency_proof_is_accepted() -> None:
    rng = random.Random(2)
    top = 18
    leaves = [leaf_hash(bytes([i])) for i in range(top)]
    other = [*leaves[:3], leaf_hash(b"changed"), *leaves[4:]]
    root = {n: root_of(leaves[:n]) for n in range(top + 1)}
    proofs = {(a, b): consistency_proof(leaves[:b], a) for b in range(1, top + 1) for a in range(1, b + 1)}
    for (a, b), proof in proofs.items():
        assert verify_consistency(a, b, root[a], root[b], proof)
        for bent in variations(proof, rng):
            assert not verify_consistency(a, b, root[a], root[b], bent)
        if a > 3 and a < b:  # a rewritten past under the same or its own proof
            forged = root_of(other[:b])
            assert not verify_consistency(a, b, root[a], forged, proof)
            assert not verify_consistency(a, b, root[a], forged, consistency_proof(other[:b], a))
        for c in range(1, top + 1):  # sizes are bound to roots by the seal's signature, not by the proof: other roots, therefore
            if c not in (a, b):
                assert not verify_consistency(a, b, root[c], root[b], proof)
                assert not verify_consistency(a, b, root[a], root[c], proof)
    assert verify_consistency(0, 5, EMPTY_ROOT, root[5], [])
    assert not verify_consistency(0, 5, root[1], root[5], [])
    assert not verify_consistency(0, 5, EMPTY_ROOT, root[5], [root[1]])
    assert not verify_consistency(0, 0, EMPTY_ROOT, root[1], [])
    assert not verify_consistency(5, 4, root[5], root[4], [])
    assert not verify_consistency(5, 5, root[5], root[5], [root[5]])
    assert not verify_consistency(-1, 5, root[1], root[5], [])
