"""What the pre-authorized code flow refuses, one by one, each with the error that its specification gives it."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey

from identity_service.openid4vci.model import PRE_AUTHORIZED_CODE
from tests.openid4vci.phone import Phone, apply_with_email, make_offer, new_key, phone_of, tx_code_of
from tests.support.desk import Desk

ENGINES = ("sqlite",)


def offered(desk: Desk) -> tuple[Phone, dict[str, Any], dict[str, Any]]:
    """An approved application's offer: the phone, the offer on the page, and what the phone fetched."""
    alice = desk.onchain.actors.alice
    application = apply_with_email(desk, alice)
    desk.approve(application)
    offer, phone = make_offer(desk, alice, application), phone_of(desk)
    return phone, offer, phone.fetched(offer)


def authorized(desk: Desk) -> tuple[Phone, str, dict[str, Any]]:
    """The same, with an access token."""
    phone, offer, found = offered(desk)
    return phone, phone.token(found, tx_code_of(desk, offer["id"])).json["access_token"], offer


def last_event(desk: Desk, offer: Mapping[str, Any]) -> tuple[str, str | None]:
    """What the page learns: the state and the last event; and the event is kept for whoever invited."""
    told = desk.stand.http.get(f"/v1/offers/{offer['offer'].rpartition('/')[2]}/state").json
    with desk.stand.service.db.read() as session:
        kept = desk.stand.service.onboarding_events.of(session, offer["application"])
    assert told["last_event"] in {one.code for one in kept}
    return told["state"], told["last_event"]


def test_a_transaction_code_is_demanded_and_compared(desk: Desk) -> None:
    phone, offer, found = offered(desk)
    right = tx_code_of(desk, offer["id"])
    missing = phone.token(found, None)
    assert (missing.status_code, missing.json["error"]) == (400, "invalid_request")
    assert last_event(desk, offer) == ("scanned", "tx_code_missing")
    wrong = phone.token(found, f"{(int(right) + 1) % 10**6:06d}")
    assert (wrong.status_code, wrong.json["error"]) == (400, "invalid_grant")
    assert last_event(desk, offer) == ("scanned", "tx_code_wrong")
    newer = tx_code_of(desk, offer["id"])
    if newer != right:
        assert phone.token(found, right).json["error"] == "invalid_grant", "the newest code alone counts"
    assert phone.token(found, newer).status_code == 200


def test_five_wrong_transaction_codes_lock_the_offer_even_for_the_right_one(desk: Desk) -> None:
    phone, offer, found = offered(desk)
    right = tx_code_of(desk, offer["id"])
    for _ in range(5):
        assert phone.token(found, "no code").json["error"] == "invalid_grant"
    assert last_event(desk, offer) == ("locked", "tx_code_exhausted")

    assert phone.token(found, right).json["error"] == "invalid_grant"
    with desk.stand.service.db.write() as session:
        assert desk.stand.service.openid4vci.tx_codes.fresh(session, offer["id"]) is None


def test_an_offer_has_its_time(desk: Desk) -> None:
    phone, offer, found = offered(desk)
    tx_code = tx_code_of(desk, offer["id"])
    desk.stand.clock.advance(timedelta(minutes=10))
    assert phone.token(found, tx_code).json["error"] == "invalid_grant"
    assert last_event(desk, offer) == ("expired", "offer_fetched"), "what comes after its end does not change what it came to"
    assert desk.stand.http.get(f"/offers/{offer['offer'].rpartition('/')[2]}").status_code == 400


def test_a_code_works_once_and_an_unknown_one_never(desk: Desk) -> None:
    phone, offer, found = offered(desk)
    tx_code = tx_code_of(desk, offer["id"])
    assert phone.token(found, tx_code).status_code == 200
    again = phone.token(found, tx_code)
    assert (again.status_code, again.json["error"]) == (400, "invalid_grant")
    assert last_event(desk, offer) == ("proved", "token_issued")
    unknown = {"grants": {PRE_AUTHORIZED_CODE: {"pre-authorized_code": "x" * 43}}}
    assert phone.token(unknown, tx_code).json["error"] == "invalid_grant"
    elsewhere = Phone(desk.stand, f"/claim-issuers/{desk.root_id}")
    assert elsewhere.token(found, tx_code).json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": PRE_AUTHORIZED_CODE}, "invalid_request"),
        ({"grant_type": [PRE_AUTHORIZED_CODE, PRE_AUTHORIZED_CODE]}, "invalid_request"),
        ({"grant_type": PRE_AUTHORIZED_CODE, "pre-authorized_code": "x", "scope": "y" * 20000}, "invalid_request"),
    ],
    ids=["nothing", "another grant", "no code", "twice", "too long"],
)
def test_a_token_request_is_read_strictly(desk: Desk, form: Mapping[str, Any], error: str) -> None:
    answer = phone_of(desk).post("token", data=form)
    assert (answer.status_code, answer.json["error"]) == (400, error)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_credential_request_is_refused_by_the_name_of_its_fault(desk: Desk) -> None:
    phone, token, offer = authorized(desk)
    proof = phone.proof(phone.nonce())
    stranger = new_key()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"credential_configuration_id": "CUSTODIAN"}, "unknown_credential_configuration"),
        ({"credential_configuration_id": None}, "invalid_credential_request"),
        ({"credential_identifier": "both"}, "invalid_credential_request"),
        ({"credential_configuration_id": None, "credential_identifier": "x"}, "unknown_credential_identifier"),
        ({"credential_configuration_id": 7}, "invalid_credential_request"),
        ({"proof": {"proof_type": "jwt", "jwt": proof}}, "invalid_credential_request"),
        ({"proofs": None}, "invalid_proof"),
        ({"proofs": {"jwt": []}}, "invalid_proof"),
        ({"proofs": {"jwt": [proof], "di_vp": []}}, "invalid_proof"),
        ({"proofs": {"jwt": [proof] * 11}}, "invalid_proof"),
        ({"proofs": {"jwt": [phone.proof(phone.nonce(), aud="https://elsewhere.example")]}}, "invalid_proof"),
        ({"proofs": {"jwt": [phone.proof(None)]}}, "invalid_proof"),
        ({"proofs": {"jwt": [phone.proof("x" * 76)]}}, "invalid_nonce"),
        (
            {"proofs": {"jwt": [f"{proof.rpartition('.')[0]}.{phone.proof(phone.nonce(), stranger).rpartition('.')[2]}"]}},
            "invalid_proof",
        ),
        ({"credential_response_encryption": {"enc": "A128GCM"}}, "invalid_encryption_parameters"),
    ]
    for changed, error in cases:
        answer = phone.credential(token, [proof], **changed)
        assert (answer.status_code, answer.json["error"]) == (400, error), changed
    assert last_event(desk, offer) == ("proved", "invalid_encryption_parameters")
    assert phone.credential(token, [proof]).status_code == 200, "nothing was used up"


def test_a_nonce_works_once_and_not_for_ever(desk: Desk) -> None:
    phone, token, _ = authorized(desk)
    nonce = phone.nonce()
    desk.stand.clock.advance(timedelta(minutes=5))
    assert phone.credential(token, [phone.proof(nonce)]).json["error"] == "invalid_nonce"
    proof = phone.proof(phone.nonce())
    assert phone.credential(token, [proof]).status_code == 200
    replayed = phone.credential(token, [proof])
    assert (replayed.status_code, replayed.json["error"]) == (400, "invalid_nonce")
    second = phone.credential(token)
    assert (second.status_code, second.json["error"]) == (400, "credential_request_denied")


def test_an_access_token_comes_in_its_header_and_opens_its_own_tenant_in_its_time(desk: Desk) -> None:
    phone, token, _ = authorized(desk)
    path = f"{phone.tenant}/credential"
    in_query = desk.stand.http.post(f"{path}?access_token={token}", json={})
    assert (in_query.status_code, in_query.json["error"]) == (400, "invalid_request")
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Basic {token}"}, {"Authorization": f"Bearer {token}x"}):
        answer = desk.stand.http.post(path, headers=headers, json={})
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    elsewhere = Phone(desk.stand, f"/claim-issuers/{desk.root_id}", key=phone.key)
    assert elsewhere.credential(token).json["error"] == "invalid_token"
    as_form = desk.stand.http.post(path, headers={"Authorization": f"Bearer {token}"}, data={"proof": "x"})
    assert as_form.json["error"] == "invalid_credential_request"
    desk.stand.clock.advance(timedelta(minutes=15))
    assert phone.credential(token).json["error"] == "invalid_token"


def test_a_revoked_claim_gives_no_credential(desk: Desk) -> None:
    phone, token, offer = authorized(desk)
    alice = desk.stand.person(desk.onchain.actors.alice)
    claim = alice.get(f"/v1/me/applications/{offer['application']}")["claim"]
    desk.revoke(claim)
    denied = phone.credential(token)
    assert (denied.status_code, denied.json["error"]) == (400, "credential_request_denied")
    assert last_event(desk, offer) == ("proved", "credential_denied")
    refused = desk.stand.request(
        "POST",
        f"/v1/me/applications/{offer['application']}/offers",
        alice,
        json={},
        headers={"Idempotency-Key": "k"},
    )
    assert refused.json["code"] == "claim_not_live"


def test_notifications_are_read_strictly(desk: Desk) -> None:
    phone, token, _ = authorized(desk)
    notification = phone.credential(token).json["notification_id"]
    accepted = {"notification_id": notification, "event": "credential_accepted"}
    for changed, error in (
        ({"event": "credential_eaten"}, "invalid_notification_request"),
        ({"event": ["credential_accepted"]}, "invalid_notification_request"),
        ({"event_description": 7}, "invalid_notification_request"),
        ({"notification_id": None}, "invalid_notification_request"),
        ({"notification_id": "another"}, "invalid_notification_id"),
    ):
        answer = phone.call("notification", token, {**accepted, **changed})
        assert (answer.status_code, answer.json["error"]) == (400, error), changed
    assert phone.call("deferred-credential", token, {"transaction_id": "x"}).json["error"] == "invalid_transaction_id"
    assert phone.call("deferred-credential", token, {}).json["error"] == "invalid_transaction_id"


def test_requests_and_responses_travel_encrypted_where_the_wallet_wants(desk: Desk) -> None:
    phone, token, _ = authorized(desk)
    metadata = desk.stand.http.get(f"/.well-known/openid-credential-issuer{phone.tenant}").json
    (ours,) = metadata["credential_request_encryption"]["jwks"]["keys"]
    key = ECKey.generate_key("P-256")
    wanted = {
        "credential_configuration_id": "INVESTOR",
        "proofs": {"jwt": [phone.proof(phone.nonce())]},
        "credential_response_encryption": {"jwk": {**key.as_dict(private=False), "alg": "ECDH-ES"}, "enc": "A256GCM"},
    }
    public = ECKey.import_key({name: ours[name] for name in ("kty", "crv", "x", "y")})
    header = {"alg": "ECDH-ES", "enc": "A128GCM", "kid": ours["kid"]}
    sent = jwe.encrypt_compact(header, json.dumps(wanted).encode(), public, algorithms=["ECDH-ES", "A128GCM"])

    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/jwt"}
    answer = desk.stand.http.post(f"{phone.tenant}/credential", headers=headers, data=sent)

    assert (answer.status_code, answer.content_type) == (200, "application/jwt")
    opened = jwe.decrypt_compact(answer.get_data(as_text=True), key, algorithms=["ECDH-ES", "A256GCM"])
    assert len(json.loads(opened.plaintext or b"")["credentials"]) == 1


def test_offers_are_made_ten_times_an_hour_at_most(desk: Desk) -> None:
    alice = desk.onchain.actors.alice
    application = apply_with_email(desk, alice)
    for _ in range(10):
        make_offer(desk, alice, application)
    person = desk.stand.person(alice)
    path = f"/v1/me/applications/{application}/offers"
    refused = desk.stand.request("POST", path, person, json={}, headers={"Idempotency-Key": "eleventh"})
    assert (refused.status_code, refused.json["code"]) == (429, "too_many_credential_offers")
    desk.stand.clock.advance(timedelta(hours=1))
    assert make_offer(desk, alice, application)["state"] == "waiting"


def test_a_request_sent_twice_makes_one_offer_and_keeps_no_code(desk: Desk) -> None:
    alice = desk.onchain.actors.alice
    application, person = apply_with_email(desk, alice), desk.stand.person(alice)
    path = f"/v1/me/applications/{application}/offers"
    first, second = (desk.stand.request("POST", path, person, json={}, headers={"Idempotency-Key": "same"}) for _ in range(2))
    assert first.json == second.json
    stranger = desk.stand.person(desk.onchain.actors.bob)
    hidden = desk.stand.request("POST", path, stranger, json={}, headers={"Idempotency-Key": "other"})
    assert hidden.json["code"] == "application_unknown"
    with desk.stand.service.db.engine.connect() as connection:
        stored = str(connection.exec_driver_sql("SELECT body FROM idempotency_keys").all())
    assert first.json["offer"].rpartition("/")[2] not in stored
    assert desk.stand.http.get("/v1/offers/nothing/state").json["code"] == "credential_offer_unknown"
    assert desk.stand.http.get("/offers/nothing").status_code == 404
