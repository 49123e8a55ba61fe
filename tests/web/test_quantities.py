"""Amounts as people write them, in base units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_service.web.pages import shown_quantity
from identity_service.web.quantities import base_units


@pytest.mark.parametrize(
    ("text", "decimals", "expected"),
    [
        ("1", 0, 1),
        ("1 234.5", 3, 1_234_500),
        ("1'000", 2, 100_000),
        ("0.10", 1, 1),
        ("007", 0, 7),
        ("0", 18, None),
        ("0.001", 2, None),
        ("1,5", 2, None),
        ("-1", 2, None),
        ("1e3", 2, None),
        ("", 2, None),
        (str(1 << 256), 0, None),
        ("٣", 0, None),
    ],
)
def test_what_people_write_is_read_exactly_or_not_at_all(text: str, decimals: int, expected: int | None) -> None:
    assert base_units(text, decimals) == expected


@given(st.integers(min_value=1, max_value=10**59), st.integers(min_value=0, max_value=40))
def test_what_we_show_can_be_typed_again(quantity: int, decimals: int) -> None:
    assert base_units(shown_quantity(quantity, decimals), decimals) == quantity
