"""The Merkle tree of RFC 9162 §2.1 over SHA-256: grow it, prove with it, check a proof. No I/O.

>>> frontier = EMPTY.append(leaf_hash(b"")).append(leaf_hash(bytes([0])))
>>> frontier.root().hex()[:16]
'fac54203e7cc696c'
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from claim_issuers.errors import InvalidInput, Refused

HASH_BYTES = 32
# RFC 9162 §2.1.1: the hash of an empty list is the hash of an empty string
EMPTY_ROOT = sha256(b"").digest()


class ProofOutOfRange(InvalidInput):
    """A proof was asked for a leaf or a tree size that the tree does not have."""

    code = "audit_proof_out_of_range"


class InclusionNotProven(Refused):
    """The inclusion proof does not lead from the leaf to the root."""

    code = "audit_inclusion_not_proven"


class ConsistencyNotProven(Refused):
    """The consistency proof does not show that the first tree is the beginning of the second."""

    code = "audit_consistency_not_proven"


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry; the prefix keeps a leaf from passing as a node (RFC 9162 §2.1.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (RFC 9162 §2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that is needed to append: the roots of the complete subtrees, largest first, one for each set bit of ``size``."""

    size: int
    peaks: tuple[bytes, ...]

    def append(self, leaf: bytes) -> "Frontier":
        """The frontier with one more leaf hash."""
        peaks, node, carry = list(self.peaks), leaf, self.size
        while carry & 1:
            node, carry = node_hash(peaks.pop(), node), carry >> 1
        return Frontier(self.size + 1, (*peaks, node))

    def root(self) -> bytes:
        """The root of the whole tree, 32 bytes."""
        if not self.peaks:
            return EMPTY_ROOT
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = node_hash(peak, node)
        return node

    def pack(self) -> bytes:
        """The peaks, one after the other."""
        return b"".join(self.peaks)

    @classmethod
    def unpack(cls, size: int, packed: bytes) -> Self:
        """Read what ``pack`` wrote. Raises ProofOutOfRange when the bytes do not fit the size."""
        if len(packed) != size.bit_count() * HASH_BYTES:
            raise ProofOutOfRange("the stored frontier does not fit its size")
        return cls(size, tuple(packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)))


EMPTY = Frontier(0, ())


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, MTH of RFC 9162 §2.1.1."""
    frontier = EMPTY
    for leaf in leaves:
        frontier = frontier.append(leaf)
    return frontier.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The audit path of leaf ``index`` (from 0), nearest node first (RFC 9162 §2.1.3.1). Raises ProofOutOfRange."""
    if not 0 <= index < len(leaves):
        raise ProofOutOfRange("there is no such leaf")
    if len(leaves) == 1:
        return ()
    split = _split(len(leaves))
    if index < split:
        return (*inclusion_proof(leaves[:split], index), tree_root(leaves[split:]))
    return (*inclusion_proof(leaves[split:], index - split), tree_root(leaves[:split]))


def consistency_proof(leaves: Sequence[bytes], first: int) -> tuple[bytes, ...]:
    """The proof that the first ``first`` leaves begin this tree (RFC 9162 §2.1.4.1). Raises ProofOutOfRange."""
    if not 0 < first <= len(leaves):
        raise ProofOutOfRange("the first tree is empty or larger than the second")
    return _subproof(leaves, first, whole=True)


def _subproof(leaves: Sequence[bytes], first: int, *, whole: bool) -> tuple[bytes, ...]:
    if first == len(leaves):
        return () if whole else (tree_root(leaves),)
    split = _split(len(leaves))
    if first <= split:
        return (*_subproof(leaves[:split], first, whole=whole), tree_root(leaves[split:]))
    return (*_subproof(leaves[split:], first - split, whole=False), tree_root(leaves[:split]))


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def verify_inclusion(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Return when ``proof`` leads from leaf hash ``leaf`` to ``root`` (RFC 9162 §2.1.3.2). Raises InclusionNotProven."""
    if not 0 <= index < size:
        raise InclusionNotProven("the index is outside the tree")
    node, place, last = leaf, index, size - 1
    for sibling in proof:
        if last == 0:
            raise InclusionNotProven("the proof is too long")
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    if last != 0 or node != root:
        raise InclusionNotProven("the proof ends at another root")


def verify_consistency(*, first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> None:
    """Return when the tree of size ``first`` begins the tree of size ``second`` (RFC 9162 §2.1.4.2).

    Raises ConsistencyNotProven.
    """
    if not 0 < first <= second:
        raise ConsistencyNotProven("the first tree is empty or larger than the second")
    if first == second:
        if proof or first_root != second_root:
            raise ConsistencyNotProven("two trees of one size are equal or they fork")
        return
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    if not path:
        raise ConsistencyNotProven("the proof is empty")
    if _climb(path, first - 1, second - 1) != (first_root, second_root):
        raise ConsistencyNotProven("the proof ends at other roots")


def _climb(path: list[bytes], place: int, last: int) -> tuple[bytes, bytes]:
    """The two roots that ``path`` leads to, by the steps 4 to 6 of RFC 9162 §2.1.4.2."""
    while place & 1:
        place, last = place >> 1, last >> 1
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ConsistencyNotProven("the proof is too long")
        if place & 1 or place == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            newer = node_hash(newer, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ConsistencyNotProven("the proof is too short")
    return older, newer
