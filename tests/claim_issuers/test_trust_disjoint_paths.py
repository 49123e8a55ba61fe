"""Paths without a common node: as many as the smallest cut allows (Menger), and the search where paths are bounded."""

from collections.abc import Sequence
from itertools import combinations, pairwise

from builders import ISSUER, NOW
from hypothesis import given
from hypothesis import strategies as st
from trust_meshes import ROOTS, enough_roots, link, meshes

from claim_issuers.trust.climb import Path, mesh_of
from claim_issuers.trust.disjoint_paths import BOTTOM, TOP, Node, disjoint_paths
from claim_issuers.trust.links import Question
from claim_issuers.trust.routes import Route, Routes, Start, Steps, packed

ROOT_DIDS = [one.did for one in ROOTS]
START = Start(ISSUER, Question(topic="INVESTOR", jurisdiction=None, instant=NOW))
NODES = "abcdef"
edges_of_graphs = st.lists(st.tuples(st.sampled_from([BOTTOM, *NODES]), st.sampled_from([*NODES, TOP])), max_size=25).map(
    lambda edges: [edge for edge in edges if edge != (BOTTOM, TOP)]
)


def is_cut(edges: Sequence[tuple[Node, Node]], removed: Sequence[str]) -> bool:
    reached: set[Node] = {BOTTOM}
    while True:
        further = {target for source, target in edges if source in reached and target not in removed} - reached
        if not further:
            return TOP not in reached
        reached |= further


@given(edges_of_graphs)
def test_there_are_as_many_paths_as_nodes_in_the_smallest_cut(edges):
    smallest = next(size for size in range(len(NODES) + 1) if any(is_cut(edges, some) for some in combinations(NODES, size)))
    paths = disjoint_paths(edges, at_most=len(NODES))
    assert len(paths) == smallest
    assert len({node for path in paths for node in path}) == sum(map(len, paths))
    for path in paths:
        assert all(step in edges for step in pairwise([BOTTOM, *path, TOP]))


@given(edges_of_graphs, st.integers(0, 3))
def test_no_more_paths_are_sought_than_wanted(edges, at_most):
    assert len(disjoint_paths(edges, at_most=at_most)) == min(at_most, len(disjoint_paths(edges, at_most=9)))


def accreditors(_: Start, path: Path) -> frozenset[str]:
    return frozenset(one.accreditor for one in path) if path else frozenset({ISSUER})


def searched(links, steps: Steps) -> list[Route]:
    return list(Routes(mesh_of(links), set(ROOT_DIDS), accreditors, steps).from_all([START]))


@given(meshes, st.integers(1, 3))
def test_the_search_of_last_resort_is_exact_while_it_has_steps(links, count):
    steps = Steps()
    routes = searched(links, steps)
    assert steps.left > 0
    assert bool(packed(routes, count, Steps())) is enough_roots(links, ISSUER, ROOT_DIDS, count, disjoint=True)


@given(meshes, st.integers(0, 30))
def test_a_search_without_steps_finds_less_and_never_something_else(links, few):
    steps = Steps(few)
    found = {route.path for route in searched(links, steps)}
    assert found <= {route.path for route in searched(links, Steps())}
    assert steps.left < 0 or found == {route.path for route in searched(links, Steps())}
    assert packed(searched(links, Steps()), 1, Steps(0)) == ()


def test_the_routes_of_a_plain_chain_are_that_chain():
    chain = [link(ROOT_DIDS[0], "did:web:a.example"), link("did:web:a.example", ISSUER)]
    assert [route.path for route in searched(chain, Steps())] == [tuple(chain)]
