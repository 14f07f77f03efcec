"""The hash tree of RFC 9162 (SHA-256): append, root, inclusion and consistency proofs, and their checks.

Leaves are hashes (32 bytes). Indexes count from 0. A `CompactRange` holds O(log n) hashes and is all that the sealer keeps in memory.
The checks follow RFC 9162 §2.1.3.2 and §2.1.4.2; every check answers False for any malformed input and raises nothing.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ data): RFC 9162 §2.1.1. The prefix keeps a leaf from passing as an inner node."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The right edge of a tree: one hash for each set bit of `size`, the largest subtree first."""

    __slots__ = ("nodes", "size")

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        if size < 0 or len(nodes) != size.bit_count() or any(len(n) != 32 for n in nodes):
            raise ValueError("树的右缘与大小不符 / the edge of the tree does not fit its size")
        self.size = size
        self.nodes = list(nodes)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash; amortised one hash."""
        node, size = leaf, self.size
        while size & 1:
            node = sha256(b"\x01" + self.nodes.pop() + node).digest()
            size >>= 1
        self.nodes.append(node)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """The tree's root; SHA-256 of nothing for an empty tree."""
        if not self.nodes:
            return EMPTY_ROOT
        root = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            root = node_hash(left, root)
        return root

    def to_bytes(self) -> bytes:
        """The hashes one after another, for storage beside the size."""
        return b"".join(self.nodes)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> CompactRange:
        """Read `to_bytes` back; raises ValueError when the length does not fit the size."""
        return cls(size, [data[i : i + 32] for i in range(0, len(data), 32)])


def _split(n: int) -> int:
    """The largest power of two smaller than n (n ≥ 2)."""
    return 1 << ((n - 1).bit_length() - 1)


def root_of(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1 over leaf hashes."""
    edge = CompactRange()
    edge.extend(leaves)
    return edge.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of leaf `index` in the tree over `leaves` (RFC 9162 §2.1.3.1). Raises IndexError outside the tree."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"序号 {index} 不在树内（共 {len(leaves)}） / leaf {index} is not in a tree of {len(leaves)}")
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*inclusion_proof(leaves[:k], index), root_of(leaves[k:])]
    return [*inclusion_proof(leaves[k:], index - k), root_of(leaves[:k])]


def consistency_proof(leaves: Sequence[bytes], old: int) -> list[bytes]:
    """The proof that the tree over the first `old` leaves is a beginning of the tree over all (RFC 9162 §2.1.4.1; 0 < old ≤ n)."""
    if not 0 < old <= len(leaves):
        raise IndexError(f"旧大小 {old} 不在 1–{len(leaves)} / the old size {old} is not within 1–{len(leaves)}")

    def part(part_leaves: Sequence[bytes], m: int, whole: bool) -> list[bytes]:
        n = len(part_leaves)
        if m == n:
            return [] if whole else [root_of(part_leaves)]
        k = _split(n)
        if m <= k:
            return [*part(part_leaves[:k], m, whole), root_of(part_leaves[k:])]
        return [*part(part_leaves[k:], m - k, False), root_of(part_leaves[:k])]

    return part(leaves, old, True)


def _hashes(items: Sequence[bytes]) -> bool:
    return all(isinstance(i, bytes) and len(i) == 32 for i in items)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `leaf` is at `index` in the tree of `size` leaves with this `root` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size or not _hashes([leaf, root, *proof]):
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `old` leaves is a beginning of the tree of `new` leaves (RFC 9162 §2.1.4.2).

    An empty old tree is a beginning of every tree, with an empty proof only.
    """
    if not _hashes([old_root, new_root, *proof]) or not 0 <= old <= new:
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT and (new > 0 or new_root == EMPTY_ROOT)
    if old == new:
        return not proof and old_root == new_root
    if not proof:
        return False
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == new_root
