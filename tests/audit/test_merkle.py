"""The tree against the published vectors of RFC 6962 and RFC 9162, and against itself."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_service.audit.merkle import (
    EMPTY,
    EMPTY_ROOT,
    ConsistencyNotProven,
    Frontier,
    InclusionNotProven,
    ProofOutOfRange,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "rfc9162_vectors.json").read_text())
LEAVES = [leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]
SIZES = range(1, 34)


def hashes(texts: list[str]) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(text) for text in texts)


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(2, "big")) for number in range(count)]


def test_leaf_hashes_are_the_published_ones() -> None:
    assert list(hashes(VECTORS["leaf_hashes"])) == LEAVES


@pytest.mark.parametrize("size", range(9))
def test_the_root_of_the_first_leaves_is_the_published_one(size: int) -> None:
    assert tree_root(LEAVES[:size]) == ROOTS[size]


def test_the_frontier_grown_leaf_by_leaf_and_stored_between_gives_every_published_root() -> None:
    frontier = EMPTY
    assert frontier.root() == EMPTY_ROOT == ROOTS[0]
    for size, leaf in enumerate(LEAVES, start=1):
        frontier = Frontier.unpack(frontier.size, frontier.pack()).append(leaf)
        assert (frontier.size, frontier.root()) == (size, ROOTS[size])


@pytest.mark.parametrize("vector", VECTORS["inclusion"])
def test_inclusion_proofs_are_the_published_ones(vector: dict[str, Any]) -> None:
    index, size, proof = vector["index"], vector["size"], hashes(vector["proof"])
    assert inclusion_proof(LEAVES[:size], index) == proof
    verify_inclusion(leaf=LEAVES[index], index=index, size=size, proof=proof, root=ROOTS[size])


@pytest.mark.parametrize("vector", VECTORS["consistency"])
def test_consistency_proofs_are_the_published_ones(vector: dict[str, Any]) -> None:
    first, second, proof = vector["first"], vector["second"], hashes(vector["proof"])
    assert consistency_proof(LEAVES[:second], first) == proof
    verify_consistency(first=first, second=second, first_root=ROOTS[first], second_root=ROOTS[second], proof=proof)


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_of_every_size_is_provable(size: int) -> None:
    tree = leaves(size)
    root = tree_root(tree)
    for index, leaf in enumerate(tree):
        verify_inclusion(leaf=leaf, index=index, size=size, proof=inclusion_proof(tree, index), root=root)


@pytest.mark.parametrize("size", SIZES)
def test_every_earlier_tree_is_provably_the_beginning(size: int) -> None:
    tree = leaves(size)
    for first in range(1, size + 1):
        verify_consistency(
            first=first,
            second=size,
            first_root=tree_root(tree[:first]),
            second_root=tree_root(tree),
            proof=consistency_proof(tree, first),
        )


def changed(proof: tuple[bytes, ...], data: st.DataObject) -> tuple[bytes, ...]:
    """The proof with a node flipped, dropped, doubled or added."""
    stray = bytes([data.draw(st.integers(0, 255))]) * 32
    options = [(*proof, stray), (stray, *proof)]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        flipped = bytes([proof[at][0] ^ 1]) + proof[at][1:]
        options += [(*proof[:at], flipped, *proof[at + 1 :]), proof[:at] + proof[at + 1 :], (*proof, proof[at])]
    return data.draw(st.sampled_from(options))


@given(size=st.integers(1, 40), data=st.data())
def test_a_changed_inclusion_proof_proves_nothing(size: int, data: st.DataObject) -> None:
    tree, index = leaves(size), data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(tree, index)
    with pytest.raises(InclusionNotProven):
        verify_inclusion(leaf=tree[index], index=index, size=size, proof=changed(proof, data), root=tree_root(tree))


@given(size=st.integers(2, 40), data=st.data())
def test_an_inclusion_proof_serves_no_other_leaf_or_index(size: int, data: st.DataObject) -> None:
    tree, index = leaves(size), data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(-1, size).filter(lambda number: number != index))
    proof, root = inclusion_proof(tree, index), tree_root(tree)
    with pytest.raises(InclusionNotProven):
        verify_inclusion(leaf=tree[index], index=other, size=size, proof=proof, root=root)
    with pytest.raises(InclusionNotProven):
        verify_inclusion(leaf=leaf_hash(b"other"), index=index, size=size, proof=proof, root=root)


@given(size=st.integers(2, 40), data=st.data())
def test_a_changed_consistency_proof_proves_nothing(size: int, data: st.DataObject) -> None:
    tree, first = leaves(size), data.draw(st.integers(1, size - 1))
    proof = changed(consistency_proof(tree, first), data)
    roots = {"first_root": tree_root(tree[:first]), "second_root": tree_root(tree)}
    with pytest.raises(ConsistencyNotProven):
        verify_consistency(first=first, second=size, proof=proof, **roots)


@given(size=st.integers(2, 40), data=st.data())
def test_a_rewritten_history_is_not_consistent(size: int, data: st.DataObject) -> None:
    tree = leaves(size)
    first = data.draw(st.integers(1, size - 1))
    forged = list(tree)
    forged[data.draw(st.integers(0, first - 1))] = leaf_hash(b"forged")
    with pytest.raises(ConsistencyNotProven):
        verify_consistency(
            first=first,
            second=size,
            first_root=tree_root(tree[:first]),
            second_root=tree_root(forged),
            proof=consistency_proof(forged, first),
        )


@pytest.mark.parametrize(
    ("first", "second", "proof"), [(0, 8, ()), (9, 8, ()), (-1, 8, ()), (8, 8, (ROOTS[8],)), (3, 8, ()), (4, 8, ())]
)
def test_a_consistency_claim_that_cannot_be_is_refused(first: int, second: int, proof: tuple[bytes, ...]) -> None:
    with pytest.raises(ConsistencyNotProven):
        verify_consistency(first=first, second=second, first_root=ROOTS[min(abs(first), 8)], second_root=ROOTS[8], proof=proof)


def test_two_roots_of_one_size_are_a_fork() -> None:
    with pytest.raises(ConsistencyNotProven):
        verify_consistency(first=8, second=8, first_root=ROOTS[7], second_root=ROOTS[8], proof=())


@pytest.mark.parametrize("index", [-1, 8])
def test_there_is_no_proof_for_a_leaf_outside_the_tree(index: int) -> None:
    with pytest.raises(ProofOutOfRange):
        inclusion_proof(LEAVES, index)


@pytest.mark.parametrize("first", [0, 9])
def test_there_is_no_proof_from_an_empty_or_larger_tree(first: int) -> None:
    with pytest.raises(ProofOutOfRange):
        consistency_proof(LEAVES, first)


def test_a_frontier_that_does_not_fit_its_size_is_refused() -> None:
    with pytest.raises(ProofOutOfRange):
        Frontier.unpack(3, bytes(32))
