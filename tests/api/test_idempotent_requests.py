"""A creation sent twice is done once, also when twenty send it at the same time."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from claim_issuers.clock import SystemEntropy
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.demo.api import Session
from identity_service.demo.story import accredit
from identity_service.demo.world import World
from tests.api.asking import count, kept, problem, refused
from tests.support.stand import Stand

PARTY = {"kind": "organisation", "legal_name": "Invented Holdings AG"}
THREADS = 20


def sent(stand: Stand, path: str, session: Session, content: Any, key: str) -> TestResponse:
    return stand.request("POST", path, session, json=content, headers={"Idempotency-Key": key})


def at_once(act: Callable[[], TestResponse]) -> list[TestResponse]:
    with ThreadPoolExecutor(THREADS) as pool:
        return [waiting.result() for waiting in [pool.submit(act) for _ in range(THREADS)]]


def creations(stand: Stand, scene: World) -> list[tuple[str, Session, dict[str, Any]]]:
    """A good request to every route that creates something and needs no claim about anybody yet; claim issuers are accredited."""
    accredit(scene)
    admin, desk, issuer = (scene.machines[role] for role in ("administrator", "claim_issuer", "token_issuer"))
    key = Ed25519Signer(SystemEntropy().token_bytes(32)).public_jwk()
    person = scene.people["client-anna"]
    application = {
        "claim_issuer": scene.claim_issuers["claim_issuer"]["id"],
        "claim_type": "INVESTOR",
        "attributes": {"classification": "retail"},
        "party": {"kind": "natural_person", "legal_name": "Invented Person", "country": "CH"},
    }
    grant = {
        "token": str(scene.token),
        "viewer": scene.party["regulator"],
        "role": "regulator",
        "purposes": ["supervision"],
        "legal_basis": "Statute",
        "case_number": "1",
        "valid_until": (stand.clock.now() + timedelta(days=30)).isoformat(),
    }
    code = desk.post("/v1/invitations", {"claim_type": "INVESTOR"})["url"].rpartition("/")[2]
    invited = {name: application[name] for name in ("attributes", "party")}
    unregistered = {"party": scene.party["regulator"], "name": "N", "claim_types": ["INVESTOR"]}
    return [
        ("/v1/parties", admin, PARTY),
        ("/v1/clients", admin, {"role": "regulator", "public_jwk": key}),
        (
            "/v1/seats",
            admin,
            {"account": str(scene.wallet["client-henri"].account), "role": "regulator", "party": scene.party["regulator"]},
        ),
        ("/v1/invitations", desk, {"claim_type": "INVESTOR", "reference": "mandate-7"}),
        ("/v1/grants", admin, grant),
        ("/v1/claim-issuers", admin, unregistered),
        ("/v1/me", scene.people["client-bruno"], {"kind": "natural_person", "legal_name": "Invented Person"}),
        ("/v1/applications", person, application),
        (f"/v1/invitation-codes/{code}/application", scene.people["client-greta"], invited),
        ("/v1/identity-contracts", desk, {"account": str(scene.wallet["office-linden"].account)}),
        (f"/v1/tokens/{scene.token}/registrations", issuer, {"account": str(scene.wallet["office-linden"].account)}),
    ]


def test_every_creation_wants_a_key_and_gives_the_same_answer_to_the_same_request(stand: Stand, scene: World) -> None:
    for path, session, content in creations(stand, scene):
        session.token()
        before = kept(stand)
        for key, code in (
            (None, "idempotency_key_missing"),
            ("", "idempotency_key_missing"),
            ("x" * 256, "idempotency_key_malformed"),
            ("with space", "idempotency_key_malformed"),
            ("tab\tinside", "idempotency_key_malformed"),
            ("\u00fcmlaut", "idempotency_key_malformed"),
        ):
            headers = {} if key is None else {"Idempotency-Key": key}
            answer = stand.request("POST", path, session, json=content, headers=headers)
            assert problem(answer, status=400)["code"] == code, path
        assert kept(stand) == before, path
        if path.endswith("registrations"):
            refused(stand, "POST", path, "identity_contract_missing", session, json=content)
            continue
        first = sent(stand, path, session, content, "k" * 255)
        assert first.status_code in (201, 202), first.json
        after = kept(stand)
        again = sent(stand, path, session, content, "k" * 255)
        assert (again.status_code, again.json) == (first.status_code, first.json), path
        assert again.headers["Location"] == first.headers["Location"], path
        other = json.dumps(content, indent=1)
        reused = stand.request(
            "POST", path, session, data=other, content_type="application/json", headers={"Idempotency-Key": "k" * 255}
        )
        assert problem(reused, status=422)["code"] == "idempotency_key_reused", path
        assert kept(stand) == after, path


def test_a_key_is_its_callers_own_and_its_operations_own(stand: Stand) -> None:
    one, other = stand.machine("administrator"), stand.machine("administrator")
    assert sent(stand, "/v1/parties", one, PARTY, "k").json != sent(stand, "/v1/parties", other, PARTY, "k").json
    assert count(stand, "parties") == 2
    key = Ed25519Signer(SystemEntropy().token_bytes(32)).public_jwk()
    assert sent(stand, "/v1/clients", one, {"role": "regulator", "public_jwk": key}, "k").status_code == 201


def test_a_refused_request_leaves_its_key_free(stand: Stand) -> None:
    admin = stand.machine("administrator")
    refused(
        stand,
        "POST",
        "/v1/parties",
        "personal_data_invalid",
        admin,
        json={**PARTY, "country": "ch"},
        headers={"Idempotency-Key": "k"},
    )
    assert sent(stand, "/v1/parties", admin, PARTY, "k").status_code == 201


def test_twenty_who_send_one_request_at_once_create_one_thing(stand: Stand) -> None:
    admin = stand.machine("administrator")
    token = admin.token()
    app = stand.http.application
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "one-for-all"}
    entries = count(stand, "audit_entries")
    answers = at_once(lambda: app.test_client().post("/v1/parties", json=PARTY, headers=headers))
    assert Counter(answer.status_code for answer in answers) == {201: THREADS}
    assert len({answer.data for answer in answers}) == 1
    assert (count(stand, "parties"), count(stand, "party_keys"), count(stand, "idempotency_keys")) == (1, 1, 1)
    assert count(stand, "audit_entries") == entries + 1


def test_twenty_who_send_different_requests_under_one_key_create_one_thing(stand: Stand) -> None:
    admin = stand.machine("administrator")
    token, app = admin.token(), stand.http.application
    numbers = iter(range(THREADS))
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "one-for-all"}

    def act() -> TestResponse:
        return app.test_client().post("/v1/parties", json={**PARTY, "legal_name": f"Firm {next(numbers)}"}, headers=headers)

    answers = at_once(act)
    assert Counter(answer.json.get("code", "created") for answer in answers) == {
        "created": 1,
        "idempotency_key_reused": THREADS - 1,
    }
    assert count(stand, "parties") == 1


@pytest.mark.parametrize("keys", ["own", "shared"])
def test_twenty_who_prove_enrol_or_apply_with_one_wallet_at_once_leave_one_party(stand: Stand, keys: str) -> None:
    person = stand.person(stand.onchain.devchain.wallet(20))
    token, app = person.token(), stand.http.application
    numbers = iter(range(THREADS))
    me = {"kind": "natural_person", "legal_name": "Invented Person"}

    def act() -> TestResponse:
        key = "shared" if keys == "shared" else f"own-{next(numbers)}"
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        return app.test_client().post("/v1/me", json=me, headers=headers)

    answers = at_once(act)
    assert {answer.json.get("code", "created") for answer in answers} <= {"created", "already_enrolled", "account_already_bound"}
    assert len({answer.json["party"] for answer in answers if answer.status_code == 201}) == 1
    assert (count(stand, "parties"), count(stand, "party_accounts")) == (1, 1)


def test_of_twenty_who_present_one_proof_or_assertion_at_once_one_gets_in(stand: Stand) -> None:
    wallet, app = stand.onchain.devchain.wallet(20), stand.http.application
    message = stand.request("POST", "/v1/account-proofs/challenges", json={"account": str(wallet.account)}).json["message"]
    proof = {"message": message, "signature": "0x" + wallet.sign_message(message).hex()}
    answers = at_once(lambda: app.test_client().post("/v1/account-proofs", json=proof))
    assert Counter(answer.json.get("code", "created") for answer in answers) == {"created": 1, "nonce_replayed": THREADS - 1}
    assert count(stand, "access_account_proofs") == 1


def test_of_twenty_who_decide_one_application_at_once_one_does(stand: Stand, scene: World) -> None:
    path, session, content = next(one for one in creations(stand, scene) if one[0] == "/v1/applications")
    before = count(stand, "issuance_claims"), count(stand, "issuance_forms"), count(stand, "issuance_status_entries")
    application = sent(stand, path, session, content, "k").json["id"]
    token, app = scene.machines["claim_issuer"].token(), stand.http.application
    numbers = iter(range(THREADS))

    def act() -> TestResponse:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"own-{next(numbers)}"}
        content = {"outcome": "approve", "valid_for_seconds": 3600}
        return app.test_client().post(f"/v1/applications/{application}/decision", json=content, headers=headers)

    answers = at_once(act)
    codes = Counter(answer.json.get("code", "decided") for answer in answers)
    assert codes == {"decided": 1, "application_already_decided": THREADS - 1}
    after = count(stand, "issuance_claims"), count(stand, "issuance_forms"), count(stand, "issuance_status_entries")
    assert after == tuple(number + 1 for number in before)
