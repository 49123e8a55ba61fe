"""The picture of who vouches: columns by distance from a root, boxes that do not overlap, lines from box to box."""

import itertools

import pytest

from identity_service.portal.mesh_picture import BOX_HEIGHT, BOX_WIDTH, Line, Picture, Point, draw, levels


def point(name: str, column: int) -> Point:
    return Point(id=name, label=name, column=column)


def overlapping(picture: Picture) -> bool:
    pairs = itertools.combinations(picture.boxes, 2)
    return any(abs(a.x - b.x) < BOX_WIDTH and abs(a.y - b.y) < BOX_HEIGHT for a, b in pairs)


def test_a_level_is_the_shortest_way_from_a_root() -> None:
    links = [("root", "a"), ("a", "b"), ("b", "c"), ("root", "c"), ("c", "a")]
    found = levels(["root"], links, ["root", "a", "b", "c", "alone"])
    assert found == {"root": 0, "a": 1, "b": 2, "c": 1, "alone": 1}


def test_a_mesh_that_goes_round_in_circles_has_an_end() -> None:
    assert levels([], [("a", "b"), ("b", "a")], ["a", "b"]) == {"a": 1, "b": 1}
    assert levels(["a"], [("a", "b"), ("b", "a")], ["a", "b"]) == {"a": 0, "b": 1}


def test_one_root_over_two_issuers_stands_between_them() -> None:
    picture = draw([point("root", 0), point("a", 1), point("b", 1)], [])
    (root, a, b) = picture.boxes
    assert (root.x, a.x, b.x) == (0, 330, 330)
    assert (a.y, b.y) == (0, 72)
    assert root.y == 36
    assert (picture.width, picture.height) == (580, 128)


def test_a_line_runs_from_the_right_of_one_box_to_the_left_of_the_other() -> None:
    picture = draw([point("root", 0), point("a", 1)], [Line(source="root", target="a", holds=False)])
    (edge,) = picture.edges
    assert (edge.path, edge.holds) == ("M250 28C290 28 290 28 330 28", False)


def test_points_stand_near_what_they_hang_on() -> None:
    points = [point("r1", 0), point("r2", 0), point("under r2", 1), point("under r1", 1)]
    lines = [Line(source="r1", target="under r1"), Line(source="r2", target="under r2")]
    boxes = {box.full_label: box for box in draw(points, lines).boxes}
    assert boxes["under r1"].y < boxes["under r2"].y


@pytest.mark.parametrize("count", [1, 2, 7, 60])
def test_many_boxes_never_overlap_and_stay_on_the_canvas(count: int) -> None:
    points = [point("root", 0), *(point(f"issuer {number}", 1 + number % 3) for number in range(count))]
    picture = draw(points, [Line(source="root", target=one.id) for one in points[1:]])
    assert not overlapping(picture)
    assert all(box.x + BOX_WIDTH <= picture.width and 0 <= box.y <= picture.height - BOX_HEIGHT for box in picture.boxes)


def test_an_empty_mesh_is_an_empty_picture() -> None:
    assert draw([], []) == Picture(width=0, height=0, boxes=(), edges=())


def test_a_long_name_is_cut_in_the_box_and_whole_beside_it() -> None:
    (box,) = draw([point("The Very Long Name of a Claim Issuer Aktiengesellschaft", 0)], []).boxes
    assert box.label == "The Very Long Name of a Cla…"
    assert box.full_label == "The Very Long Name of a Claim Issuer Aktiengesellschaft"
