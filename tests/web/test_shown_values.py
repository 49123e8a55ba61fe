"""How pages show amounts, times and addresses, and where they may lead."""

from datetime import UTC, datetime, timedelta

import pytest

from claim_issuers.claims.countries import COUNTRY_CODES
from identity_service.web.countries import COUNTRY_NAMES, country_in_words, country_options
from identity_service.web.pages import local_path, shortened, shown_date, shown_decimal, shown_instant, shown_quantity, time_left


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=7), "7 days"),
        (timedelta(days=7, seconds=-1), "7 days"),
        (timedelta(days=6, hours=11), "6 days"),
        (timedelta(days=6, hours=12), "7 days"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(minutes=61), "61 minutes"),
        (timedelta(seconds=61), "1 minute"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(seconds=-5), "less than a minute"),
    ],
)
def test_the_time_left_is_told_in_the_largest_unit_that_says_enough(left: timedelta, words: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert time_left(now + left, now) == words


@pytest.mark.parametrize(
    ("quantity", "decimals", "shown"),
    [
        (0, 0, "0"),
        (1_234_567, 0, "1\u202f234\u202f567"),
        (1_234_500, 3, "1\u202f234.5"),
        (1, 18, "0.000000000000000001"),
        (-1500, 3, "-1.5"),
        (10**18, 18, "1"),
    ],
)
def test_a_quantity_is_shown_in_whole_tokens_without_losing_a_unit(quantity: int, decimals: int, shown: str) -> None:
    assert shown_quantity(quantity, decimals) == shown


@pytest.mark.parametrize(
    ("written", "shown"), [("1000", "1\u202f000"), ("99.75", "99.75"), ("1234567.0008", "1\u202f234\u202f567.0008"), ("0", "0")]
)
def test_a_price_is_grouped_like_a_quantity_and_keeps_its_digits(written: str, shown: str) -> None:
    assert shown_decimal(written) == shown


def test_instants_are_shown_in_utc_and_say_so() -> None:
    instant = datetime(2026, 3, 5, 7, 9, 59, tzinfo=UTC)
    assert (shown_instant(instant), shown_date(instant)) == ("5 March 2026, 07:09 UTC", "5 March 2026")


def test_an_address_is_shown_by_its_ends_with_or_without_its_chain() -> None:
    address = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    assert shortened(address) == shortened(f"eip155:1:{address}") == "0x5aAeb6…1BeAed"
    assert shortened("pty_short") == "pty_short"


@pytest.mark.parametrize("path", ["/", "/my-claims", "/explain?token=eip155:1:0x11&account=eip155%3A1", "/i/abc"])
def test_a_path_of_ours_is_a_way_back(path: str) -> None:
    assert local_path(path, "/elsewhere") == path


@pytest.mark.parametrize(
    "path", [None, "", "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/a\nb"]
)
def test_anything_else_is_none(path: str | None) -> None:
    assert local_path(path, "/elsewhere") == "/elsewhere"


def test_every_country_has_one_name_and_nothing_else_has() -> None:
    assert set(COUNTRY_NAMES) == COUNTRY_CODES
    assert len(set(COUNTRY_NAMES.values())) == len(COUNTRY_CODES)
    assert {code for code, _ in country_options("en")} == COUNTRY_CODES
    assert [country_in_words(code) for code in ("CH", "US-NY", "XX")] == ["Switzerland (CH)", "United States (US-NY)", "XX"]
