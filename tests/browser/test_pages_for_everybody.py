"""The pages that are open to everybody, in a real browser: no look has a fault, and axe finds nothing against WCAG 2.2 AA."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import Live, key_of

ALICE = 6
LOOKS = {"phone-light", "phone-dark", "desktop-light", "desktop-dark"}
PNG = b"\x89PNG\r\n\x1a\n"


def looked_at(live: Live, folder: Path, stop: dict[str, Any]) -> dict[str, Any]:
    (seen,) = live.run("tour.mjs", out=str(folder), stops=[stop])["seen"]
    assert (seen["status"], seen["at"]) == (200, stop["path"])
    return dict(seen)


def looks_of(seen: dict[str, Any]) -> set[str]:
    pictures = [Path(picture) for picture in seen["pictures"]]
    assert all(picture.read_bytes().startswith(PNG) for picture in pictures)
    return {"-".join(picture.stem.split("-")[-2:]) for picture in pictures}


@pytest.mark.parametrize("path", ["/", "/sign-in", "/problems", "/problems/grant_missing", "/problems/chain_unavailable"])
def test_a_page_is_accessible_and_without_fault_in_every_look(live: Live, tmp_path: Path, path: str) -> None:
    seen = looked_at(live, tmp_path, {"path": path})
    assert seen["axe"] == []
    assert set(seen["overflow"].values()) == {0}
    assert looks_of(seen) == LOOKS


def test_the_start_page_of_somebody_signed_in_is_accessible_and_without_fault(live: Live, tmp_path: Path) -> None:
    seen = looked_at(live, tmp_path, {"path": "/", "key": key_of(ALICE), "until": "header form[action='/sign-out']"})
    assert seen["axe"] == []
    assert set(seen["overflow"].values()) == {0}
    assert looks_of(seen) == LOOKS


def test_the_page_for_signing_in_is_accessible_with_wallets_in_it(live: Live, tmp_path: Path) -> None:
    wallets = [live.wallet(ALICE, name="Fox", rdns="example.fox"), live.wallet(ALICE, name="Badger", rdns="example.badger")]
    seen = looked_at(live, tmp_path, {"path": "/sign-in", "wallets": wallets, "until": "button[data-wallet-rdns='example.fox']"})
    assert seen["axe"] == []
    assert set(seen["overflow"].values()) == {0}


def test_the_page_of_the_api_shows_its_description_without_fault_in_every_look(live: Live, tmp_path: Path) -> None:
    seen = looked_at(live, tmp_path, {"path": "/docs", "until": "#swagger-ui .info .title"})
    assert seen["axe"] == []
    assert looks_of(seen) == LOOKS
