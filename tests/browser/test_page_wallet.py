"""The wallet in the demo's page takes an offer up by the real protocol, with keys that the browser made."""

from pathlib import Path

from identity_service.demo.roles import CLIENT
from tests.support.playhouse import Playhouse


def test_the_wallet_in_the_page_takes_the_claim_with_the_code_from_the_post_box(playhouse: Playhouse, tmp_path: Path) -> None:
    with playhouse.evening() as evening:
        told = evening.run("page_wallet.mjs", out=str(tmp_path), expected_faults=("/token",))
        account = evening.address(CLIENT)

    assert told["axe"] == []
    assert told["overflow"] == 0
    assert "not the one in the mail" in told["refused"]
    assert f"did:pkh:eip155:31337:{account}" in told["held"]
    assert "classification" in told["held"]
