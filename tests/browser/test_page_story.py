"""The demo's page, played from top to bottom in a real browser: every act by its button, and what a visitor must see then."""

import base64
import re
from typing import Any, Final

import pytest
import zxingcpp
from eth_account import Account

from identity_service.chain.reads import TokenReads
from identity_service.demo import cast
from identity_service.demo.roles import CLIENT, OFFICE, OFFICE_DESK, REGULATOR, STRANGER
from tests.support.browser import key_of
from tests.support.playhouse import Evening, Playhouse

ACTS: Final = (
    ("public", "two-readers", "Look at the public table", None),
    ("meeting", "two-readers", "Read it as the regulator", "A general meeting: nobody granted it"),
    ("regulator", "two-readers", "Read it as the regulator", "Supervision: a statute grants it"),
    ("invite", "claim", "Invite the client", None),
    ("accept", "claim", "Let the test wallet accept", None),
    ("approve", "claim", "Approve the application", None),
    ("chain", "claim", "Put the claim on chain", None),
    ("allow", "claim", "Approve 500 to Meridian", None),
    ("sign-order", "order", "Sign an order for 1 000 and send it to DX", None),
    ("mint", "order", "Mint for the order", None),
    ("distribute", "order", "Distribute 400 to Iris", None),
    ("refuse", "stranger", "Try to send 50 to Jonas", None),
    ("mend", "mended", "Do what the list says", None),
    ("pass", "mended", "Send the 50 again", None),
    ("regulator-again", "moved", "Read it again as the regulator", None),
    ("network", "network", "Read it as DX", None),
    ("who-saw", "who-saw", "Ask as Iris", None),
    ("revoke", "revoked", "Revoke Meridian's claim", None),
    ("cancel", "revoked", "Cancel the allowance", None),
    ("mesh", "accreditation", "Show the path", None),
)
SCENES: Final = [*dict.fromkeys(scene for _, scene, _, _ in ACTS)]
# The development accounts of those who hold the token when the page opens: two firms, then six clients.
FIRMS: Final = {"Harbour Single Family Office Ltd": 9, "Fjord Custody AS": 10}
CLIENTS: Final = {one.legal_name: 12 + number for number, one in enumerate(cast.CLIENTS[:6])}
HELD: Final = (120, 80, 200, 150, 100, 60, 50, 40)
OPENING, MINTED = sum(HELD), 1000
NOT_CHECKED: Final = "not checked"

Seen = dict[str, Any]


@pytest.fixture(scope="module")
def played(playhouse: Playhouse) -> Seen:
    """What ``story.mjs`` saw of the whole page, and what the chain says when it is over."""
    acts = [{"key": key, "scene": scene, "press": press, "choose": choose} for key, scene, press, choose in ACTS]
    with playhouse.evening() as evening:
        told = evening.run("story.mjs", acts=acts)
        return told | {"chain": _on_chain(evening, told["seen"]), "landings": [_landing(evening, *way) for way in told["ways"]]}


def _on_chain(evening: Evening, seen: Seen) -> Seen:
    reads = TokenReads(evening.chain.client, evening.token.address)
    head, (client, office) = evening.chain.client.head(), (evening.address(one) for one in (CLIENT, OFFICE_DESK))
    transaction = evening.chain.rpc.call("eth_getTransactionByHash", [title_of("transaction", seen["mint"]["html"])])
    return {
        "mint": transaction["input"],
        "allowance": reads.allowance(client, office, head),
        "balances": [reads.balance(one, head) for one in (office, client, evening.address(STRANGER))],
    }


def _landing(evening: Evening, role: str, path: str) -> tuple[str, int]:
    """Where the button "look at it as …" leads, and what is answered there."""
    answer = evening.visitor().post("/demo/role", data={"role": role, "next": path}, follow_redirects=True)
    return answer.request.path, answer.status_code


def title_of(word: str, html: str) -> str:
    found = re.search(rf'{word} <code title="(0x[0-9a-f]+)"', html)
    assert found, html
    return found[1]


@pytest.fixture
def seen(played: Seen) -> Seen:
    """By act, what stood in its scene when it was over."""
    return dict(played["seen"])


def address(index: int) -> str:
    """The address of a development account, by another's library."""
    return str(Account.from_key(key_of(index)).address)


def row_of(name: str, table: list[str]) -> str:
    (row,) = [one for one in table if one.startswith(name)]
    return row


def failed(checks: list[str]) -> list[str]:
    return [one for one in checks if not one.startswith("passed")]


def test_every_scene_is_free_of_accessibility_faults_and_of_alerts(played: Seen, seen: Seen) -> None:
    # Console messages, violations of the policy, errors and requests to elsewhere fail the play itself.
    assert played["axe"] == {scene: [] for scene in SCENES}
    assert [key for key in seen if seen[key]["alerts"]] == []


def test_each_scene_opens_when_the_one_before_it_is_over(played: Seen, seen: Seen) -> None:
    told = [played["begin"]["scenes"], *(seen[key]["scenes"] for key, *_ in ACTS)]
    assert [len(scenes) for scenes in told] == [1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 4, 5, 5, 6, 7, 8, 9, 9, 10, 10]
    assert told[-1] == [
        "One register, two readers",
        "A client scans a code and receives a claim",
        "The office orders, receives and distributes",
        "A stranger is refused, and told why",
        "What was missing is mended, and the transfer passes",
        "The table has moved",
        "The network sees firms and never their clients",
        "Who saw my name?",
        "The office loses its licence",
        "Who vouches for all this",
    ]


def test_the_public_table_has_addresses_and_no_name_anywhere_in_the_page(played: Seen, seen: Seen) -> None:
    (table,) = seen["public"]["tables"]
    holders = [address(index) for index in (*FIRMS.values(), *CLIENTS.values())]
    for holder, quantity in zip(holders, HELD, strict=True):
        assert row_of(holder[:8], table).split(" ")[1] == str(quantity)
        assert holder in seen["public"]["html"]
    for page in (played["begin"]["page"], seen["public"]["page"], seen["meeting"]["page"]):
        assert not [name for name in (*FIRMS, *CLIENTS) if name in page]


def test_the_regulator_is_asked_for_the_purpose_before_any_name_is_shown(seen: Seen) -> None:
    asks = "The service asks for the purpose first; without one it shows no name, to nobody."
    assert asks in seen["public"]["text"]
    assert "For what purpose?" in seen["public"]["text"]


def test_for_a_purpose_that_no_grant_covers_the_regulator_sees_no_name(seen: Seen) -> None:
    public, regulator = seen["meeting"]["tables"]
    assert regulator == public
    assert "for general meeting" in seen["meeting"]["text"]
    assert "No name was opened, so nobody is told." in seen["meeting"]["text"]
    assert seen["meeting"]["acts"] == ["Read it as the regulator"], "it may be tried again"


def test_for_supervision_the_regulator_sees_every_name_and_the_same_total(seen: Seen) -> None:
    public, named = seen["regulator"]["tables"]
    assert {name for name in (*FIRMS, *CLIENTS) if any(row.startswith(name) for row in named)} == {*FIRMS, *CLIENTS}
    assert not [name for name in (*FIRMS, *CLIENTS) if name in " ".join(public)]
    assert seen["regulator"]["totals"] == [str(OPENING), str(OPENING)] == ["800", "800"]
    assert "8 people and firms can see that you read their names" in seen["regulator"]["text"]


def test_another_s_decoder_reads_the_invitation_s_link_from_the_picture(seen: Seen) -> None:
    side, drawn = seen["invite"]["qr"]["side"], base64.b64decode(seen["invite"]["qr"]["base64"])
    (code,) = zxingcpp.read_barcodes(memoryview(drawn).cast("B", (side, side)))
    assert [code.text] == seen["invite"]["links"]
    assert re.search(r"^http://127\.0\.0\.1:\d+/i/[a-z2-7]{26}$", code.text)


def test_the_client_applies_is_approved_and_then_verified_on_chain(seen: Seen) -> None:
    states = {key: seen[key]["text"] for key in ("invite", "accept", "approve", "chain", "allow")}
    assert f"Wallet address {address(CLIENT.index)} Claim none yet On chain not yet" in states["invite"]
    assert "Claim applied for On chain not yet" in states["accept"]
    assert "Claim Investor live On chain not yet" in states["approve"]
    assert "Claim Investor live On chain verified Who may move its tokens nobody but its owner" in states["chain"]
    assert "Who may move its tokens Meridian Family Office, up to 500" in states["allow"]
    assert "qr" not in seen["accept"], "the code works once"


def test_every_check_of_the_order_passes_and_no_client_stands_in_it(seen: Seen) -> None:
    (checks,) = seen["sign-order"]["checks"]
    needed = (
        "nothing was changed afterwards",
        "for this token",
        "addressed to this network",
        "own wallet signed it",
        "has an intermediary claim",
        "claim has not been revoked",
        "accredited, up to a root",
        "may act for the intermediary",
    )
    assert [one for one in needed if not any(check.startswith("passed") and one in check for check in checks)] == []
    assert len(checks) == 11
    assert failed(checks) == []
    assert CLIENT.who not in seen["sign-order"]["html"]
    assert address(CLIENT.index) not in seen["sign-order"]["html"]


def test_the_mint_is_found_by_the_order_s_id_which_the_transaction_carries(played: Seen, seen: Seen) -> None:
    order = re.search(r"Order ([0-9a-f-]{36})", seen["mint"]["text"])
    assert order
    assert order[1].replace("-", "") in played["chain"]["mint"]
    assert "minted" not in seen["sign-order"]["text"].partition("The order")[2]
    assert re.search(r"minted in block \d+, found by the order's id", seen["mint"]["text"])
    assert "Meridian gave 400 to Iris and holds 600." in seen["distribute"]["text"]


def test_the_stranger_is_refused_with_the_token_s_words_and_every_cause_says_who_mends_it(seen: Seen) -> None:
    assert "“Transfer not possible”" in seen["refuse"]["text"]
    (checks,) = seen["refuse"]["checks"]
    wrong = [one for one in failed(checks) if not one.startswith(NOT_CHECKED)]
    assert len(wrong) >= 4
    menders = ("Holder:", "Claim issuer:", "Token agent:", "Token issuer:", "Sender:")
    assert [one for one in wrong if not any(mender in one for mender in menders)] == []
    said = " ".join(wrong)
    assert {mender for mender in menders if mender in said} >= {"Holder:", "Token agent:"}
    assert "passed The token is not paused." in checks


def test_what_was_missing_is_mended_and_the_same_transfer_passes(played: Seen, seen: Seen) -> None:
    (checks,) = seen["mend"]["checks"]
    assert failed(checks) == []
    assert "The transfer of 50 went through." not in seen["mend"]["text"]
    assert "The transfer of 50 went through." in seen["pass"]["text"]
    assert played["chain"]["balances"] == [MINTED - 400 - 50, 400, 50]


def test_the_regulator_sees_the_new_holders_by_name_and_meridian_as_custodian_of_iris(seen: Seen) -> None:
    (table,) = seen["regulator-again"]["tables"]
    custody = f"custodian {OFFICE.legal_name} {short(OFFICE_DESK.index)} can move 400 of an allowance of 500"
    iris = row_of(CLIENT.who, table)
    assert iris.startswith(f"{CLIENT.who} {short(CLIENT.index)} {CLIENT.who} 400")
    assert custody in iris
    assert row_of(STRANGER.who, table).startswith(f"{STRANGER.who} {short(STRANGER.index)} {STRANGER.who} 50")
    assert row_of(OFFICE.legal_name, table).startswith(f"{OFFICE.legal_name} {short(OFFICE_DESK.index)} {OFFICE.legal_name} 550")
    assert seen["regulator-again"]["totals"] == ["1 800"]


def test_the_network_sees_firms_with_the_same_total_and_no_client_by_name_or_address(seen: Seen) -> None:
    (table,) = seen["network"]["tables"]
    assert {row.partition(" 0x")[0] for row in table} == {OFFICE.legal_name, *FIRMS}
    indices = (*CLIENTS.values(), CLIENT.index, STRANGER.index)
    panel = seen["network"]["html"].lower()
    assert not [name for name in (*CLIENTS, CLIENT.who, STRANGER.who) if name.lower() in panel]
    assert not [one for one in map(address, indices) if one[2:].lower() in panel or one[:8].lower() in panel]
    assert seen["network"]["totals"] == seen["regulator-again"]["totals"] == ["1 800"]
    # 550 + 120 + 80 for three firms; the clients' 1 050 is the rest.
    assert "Disclosed 750 41.67 % Below threshold 0 0 % Not disclosed 1 050 58.33 % Total supply 1 800" in seen["network"]["text"]


def test_iris_reads_that_the_regulator_saw_her_name_and_that_the_network_did_not(seen: Seen) -> None:
    (readings,) = seen["who-saw"]["tables"]
    assert re.search(
        rf"^\d+ \w+ \d{{4}}, \d\d:\d\d UTC {REGULATOR.who} supervision Supervision statute, Art\. 12 legal name$", readings[0]
    )
    assert {one for one in readings if "Helvetia Claims AG claim application" in one} == {*readings[1:]}
    assert len(readings) > 1


def test_after_the_revocation_the_office_may_not_hold_and_can_still_move_400(seen: Seen) -> None:
    text, (table,) = seen["revoke"]["text"], seen["revoke"]["tables"]
    assert "May Meridian hold the token? No" in text
    assert "failed the claim is revoked" in seen["revoke"]["checks"][0]
    assert f"{OFFICE.legal_name} lapsed can still move 400 of an allowance of 500, until the client cancels." in text
    assert "lapsed" in row_of(CLIENT.who, table)
    assert "can still move 400 of an allowance of 500" in row_of(CLIENT.who, table)


def test_once_the_client_cancels_nobody_else_may_move_her_tokens(played: Seen, seen: Seen) -> None:
    assert "Nobody but Iris" in seen["cancel"]["text"]
    assert "can still move 400" not in seen["cancel"]["text"]
    assert "nobody" in row_of(CLIENT.who, seen["cancel"]["tables"][0])
    assert played["chain"]["allowance"] == 0


def test_the_last_scene_shows_who_vouches_for_the_claim_issuers(seen: Seen) -> None:
    for issuer in ("Helvetia Claims AG", "Nordic Identity ASA"):
        assert f"Mesh Root Authority lets {issuer} issue custodian, family office, investor" in seen["mesh"]["text"]
    assert "That is the whole story" in seen["mesh"]["page"]


def test_every_button_that_shows_a_scene_as_somebody_leads_to_a_page_of_theirs(played: Seen) -> None:
    assert played["landings"] == [(path.partition("?")[0], 200) for _, path in played["ways"]]
    assert {role for role, _ in played["ways"]} == {"client", "network", "platform", "regulator"}


def short(index: int) -> str:
    whole = address(index)
    return f"{whole[:8]}…{whole[-6:]}"
