"""The demo's pages exist in the demo alone, and there only once its stage is set."""

from pathlib import Path

import pytest

from identity_service.demo.app import create_app, with_pages
from identity_service.settings import TestModeOnly, load_settings
from tests.conftest import ONE_ENGINE
from tests.support.door import Door
from tests.support.stand import Stand

ENGINES = ONE_ENGINE

PATHS = ("/demo", "/demo/wallets", "/demo/scenes/claim", "/demo/assets/demo.css", "/demo/assets/test_wallet.js")
ACTS = ("/demo/role", "/demo/rpc", "/demo/acts/public")


def test_the_service_itself_has_no_page_of_the_demo_and_no_test_wallet(tmp_path: Path) -> None:
    client = Door(tmp_path).client
    asked = {path: client.get(path).status_code for path in PATHS} | {path: client.post(path).status_code for path in ACTS}
    assert asked == dict.fromkeys((*PATHS, *ACTS), 404)
    home = client.get("/", headers={"Accept": "text/html"}).text
    assert "TEST MODE" not in home
    assert "test_wallet" not in home


def test_the_demo_s_application_is_not_made_outside_of_development(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('public_url = "https://claims.example"\n')
    with pytest.raises(TestModeOnly) as refused:
        create_app(load_settings(tmp_path))
    assert refused.value.code == "test_mode_only"


def test_the_page_says_so_while_its_stage_is_being_set(stand: Stand) -> None:
    client = with_pages(stand.service.app(), stand.service, stand.settings.data_directory).test_client()
    refused = client.get("/demo", headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json["code"]) == (503, "stage_not_set")
    home = client.get("/", headers={"Accept": "text/html"})
    assert home.status_code == 200
    assert "TEST MODE" in home.text
    assert "Look around as" not in home.text
