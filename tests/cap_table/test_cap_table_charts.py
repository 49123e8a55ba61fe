"""The pictures' geometry, worked out by hand on a scale of 10 000."""

from hypothesis import given
from hypothesis import strategies as st

from identity_service.cap_table.charts import WIDTH, Part, Segment, largest, movable, stacked
from identity_service.cap_table.view_model import shown_share


def part(quantity: int, fill: str = "k1") -> Part:
    return Part(label=f"holds {quantity}", quantity=quantity, fill=fill)


def places(segments: tuple[Segment, ...]) -> list[tuple[int, int]]:
    return [(one.x, one.width) for one in segments]


def test_parts_lie_side_by_side_in_proportion() -> None:
    assert places(stacked([part(430), part(200), part(370)], total=1000)) == [(0, 4300), (4300, 2000), (6300, 3700)]
    assert places(stacked([part(1), part(1), part(1)], total=3)) == [(0, 3333), (3333, 3333), (6666, 3334)]


def test_what_is_missing_leaves_the_end_of_the_bar_empty_and_what_is_too_much_does_not_leave_it() -> None:
    assert places(stacked([part(25)], total=100)) == [(0, 2500)]
    assert places(stacked([part(150), part(50)], total=100)) == [(0, 7500), (7500, 2500)]


def test_nothing_has_no_picture() -> None:
    assert stacked([], total=0) == ()
    assert stacked([part(0), part(5), part(0)], total=5) == stacked([part(5)], total=5)


@given(st.lists(st.integers(0, 1 << 256), max_size=12), st.integers(0, 1 << 256))
def test_segments_never_overlap_and_never_leave_the_bar(quantities: list[int], total: int) -> None:
    segments = stacked([part(quantity) for quantity in quantities], total=total)
    ends = [0, *(one.x + one.width for one in segments)]
    assert [one.x for one in segments] == ends[:-1]
    assert all(one.width >= 0 for one in segments)
    assert ends[-1] <= WIDTH


def test_eight_holders_get_a_colour_and_the_others_are_one_part() -> None:
    holders = [(f"holder {number}", 100 - number) for number in range(10)]
    shown = largest(holders)
    assert [one.fill for one in shown] == ["k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "krest"]
    assert (shown[-1].label, shown[-1].quantity) == ("2 other holders", 92 + 91)
    assert largest(holders[:9])[-1].label == "1 other holder"
    assert [one.fill for one in largest(holders[:2])] == ["k1", "k2"]


def test_each_spender_has_a_lane_of_its_own_because_allowances_overlap() -> None:
    bar = movable("Anna", 200, [part(200, "kgood"), part(50, "kbad")])
    assert bar.height == 20
    assert [(lane.y, lane.width, lane.fill) for lane in bar.lanes] == [(0, 10_000, "kgood"), (10, 2500, "kbad")]
    assert [lane.width for lane in movable("Bruno", 0, [part(0)]).lanes] == [0]
    assert [lane.width for lane in movable("Bruno", 3, [part(1 << 256)]).lanes] == [10_000]


def test_shares_have_two_decimals_at_most_and_a_little_is_not_nothing() -> None:
    shares = [shown_share(quantity, 300_000) for quantity in (300_000, 100_000, 37_500, 3000, 30, 29, 0)]
    assert shares == ["100\u202f%", "33.33\u202f%", "12.5\u202f%", "1\u202f%", "0.01\u202f%", "< 0.01\u202f%", "0\u202f%"]
    assert shown_share(0, 0) == "0\u202f%"
