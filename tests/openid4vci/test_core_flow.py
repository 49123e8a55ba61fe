"""From a credential offer to a credential in a wallet: the pre-authorized code flow of OpenID4VCI 1.0, at once and deferred."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from claim_issuers.formats.jose import read_unverified
from claim_issuers.formats.presented_claim import PresentedClaim
from claim_issuers.formats.sd_jwt import SdJwt
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.public_keys import PublicKey
from claim_issuers.status import token_status_list
from claim_issuers.verifiers.checks import Outcome
from claim_issuers.verifiers.presentations import BearerAccepted, verify_sd_jwt_vc
from identity_service.openid4vci.model import PRE_AUTHORIZED_CODE
from tests.openid4vci.phone import Phone, apply_with_email, make_offer, new_key, phone_of, tx_code_of
from tests.support.desk import Desk

ENGINES = ("sqlite",)


def verified(desk: Desk, credential: str) -> PresentedClaim:
    """What a credential says, once the library's verifier finds every check passed, from what is published alone."""
    http = desk.stand.http

    def key_of(issuer: str, kid: str) -> PublicKey:
        assert issuer == desk.issuer["did"]
        published = http.get(f"/.well-known/jwt-vc-issuer/claim-issuers/{desk.issuer['id']}").json
        assert published["issuer"] == f"{desk.stand.service.public_url}/claim-issuers/{desk.issuer['id']}"
        return public_key_from_jwk(next(key for key in published["jwks"]["keys"] if key["kid"] == kid))

    def status_of(uri: str, index: int) -> int:
        token = http.get(urlsplit(uri).path).get_data(as_text=True)
        keys = lambda kid: key_of(desk.issuer["did"], kid)  # noqa: E731
        return token_status_list.verify(token, uri=uri, keys=keys, instant=desk.stand.clock.now()).array.get(index)

    report = verify_sd_jwt_vc(
        credential,
        keys=key_of,
        types=desk.stand.service.forms.credential_types,
        instant=desk.stand.clock.now(),
        binding=BearerAccepted(),
        status=status_of,
        account=desk.onchain.actors.alice.account,
    )
    # Nobody was asked about accreditation: other tests ask the mesh.
    assert {check.code for check in report.checks if check.outcome is not Outcome.PASSED} == {"accreditation"}, report.checks
    assert report.credential is not None
    return report.credential


def started(desk: Desk, **more: Any) -> tuple[Phone, dict[str, Any], str]:
    """Alice applied and has an offer open on the page; her phone, the offer, and the application."""
    alice = desk.onchain.actors.alice
    application = apply_with_email(desk, alice)
    return phone_of(desk, **more), make_offer(desk, alice, application), application


def state_of(desk: Desk, offer: dict[str, Any]) -> dict[str, Any]:
    """What the page behind the QR code polls."""
    return dict(desk.stand.http.get(urlsplit(offer["watch"]).path).json)


def test_an_approved_application_becomes_a_credential_bound_to_key_and_account(desk: Desk) -> None:
    phone, offer, application = started(desk)
    assert (state_of(desk, offer)["state"], state_of(desk, offer)["seconds_left"]) == ("waiting", 600)
    desk.approve(application)
    assert desk.stand.http.head(urlsplit(offer["offer"]).path).status_code == 200
    assert state_of(desk, offer)["state"] == "waiting", "a program that looks is no wallet that scans"
    found = phone.fetched(offer)
    assert phone.fetched(offer) == found, "a wallet may fetch the offer several times"
    assert found["credential_issuer"] == phone.issuer
    assert found["credential_configuration_ids"] == ["INVESTOR"]
    assert found["grants"][PRE_AUTHORIZED_CODE]["tx_code"]["length"] == 6
    assert state_of(desk, offer)["state"] == "scanned"

    given = phone.token(found, tx_code_of(desk, offer["id"])).json
    assert sorted(given) == ["access_token", "expires_in", "token_type"]
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 900)
    assert state_of(desk, offer)["state"] == "proved"

    answer = phone.credential(given["access_token"])
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    (credential,) = answer.json["credentials"]
    said = verified(desk, credential["credential"])
    assert said.holder_jwk == phone.key.public_key.jwk()
    assert said.account == desk.onchain.actors.alice.account
    assert said.disclosed == {"classification": "retail"}
    payload = read_unverified(SdJwt.parse(credential["credential"]).issuer_jwt).payload
    assert payload["iss"] == phone.issuer.replace("http:", "https:"), "a did:web is always https"
    assert payload["sub"] == f"did:pkh:{desk.onchain.actors.alice.account}"
    assert state_of(desk, offer)["state"] == "issued"

    told = {"notification_id": answer.json["notification_id"], "event": "credential_accepted"}
    assert phone.call("notification", given["access_token"], told).status_code == 204
    assert phone.call("notification", given["access_token"], told).status_code == 204, "saying it again changes nothing"
    assert state_of(desk, offer) | {"expires_at": ""} == {
        "state": "accepted",
        "seconds_left": 0,
        "last_event": "credential_accepted",
        "expires_at": "",
    }


def test_what_the_officer_decides_later_is_fetched_later_and_once(desk: Desk) -> None:
    phone, offer, application = started(desk)
    given = phone.token(phone.fetched(offer), tx_code_of(desk, offer["id"])).json
    assert given["expires_in"] == 30 * 24 * 3600, "the officer may take a while"
    token = given["access_token"]
    waits = phone.credential(token)
    assert (waits.status_code, sorted(waits.json), waits.json["interval"]) == (202, ["interval", "transaction_id"], 30)
    assert state_of(desk, offer)["state"] == "deferred"
    transaction = {"transaction_id": waits.json["transaction_id"]}

    still = phone.call("deferred-credential", token, transaction)
    assert (still.status_code, still.json) == (202, waits.json)
    assert phone.credential(token).json["error"] == "credential_request_denied", "the token has had its set"
    desk.approve(application)
    answer = phone.call("deferred-credential", token, transaction)
    assert answer.status_code == 200
    assert verified(desk, answer.json["credentials"][0]["credential"]).holder_jwk == phone.key.public_key.jwk()
    assert state_of(desk, offer)["state"] == "issued"

    again = phone.call("deferred-credential", token, transaction)
    assert (again.status_code, again.json["error"]) == (400, "invalid_transaction_id")
    assert "notification_id" not in answer.json, "a common wallet library refuses a deferred answer that has one"


def test_a_rejected_application_ends_what_waited_for_it(desk: Desk) -> None:
    phone, offer, application = started(desk)
    token = phone.token(phone.fetched(offer), tx_code_of(desk, offer["id"])).json["access_token"]
    transaction = {"transaction_id": phone.credential(token).json["transaction_id"]}
    desk.session.post(f"/v1/applications/{application}/decision", {"outcome": "reject", "reason": "evidence_missing"})

    denied = phone.call("deferred-credential", token, transaction)

    assert (denied.status_code, denied.json["error"]) == (400, "credential_request_denied")
    assert (state_of(desk, offer)["state"], state_of(desk, offer)["last_event"]) == ("refused", "application_rejected")
    refused = desk.stand.request(
        "POST",
        f"/v1/me/applications/{application}/offers",
        desk.stand.person(desk.onchain.actors.alice),
        json={},
        headers={"Idempotency-Key": "another"},
    )
    assert refused.json["code"] == "application_turned_down"


def test_a_batch_gives_one_credential_a_key_of_one_status_entry(desk: Desk) -> None:
    phone, offer, application = started(desk)
    desk.approve(application)
    token = phone.token(phone.fetched(offer), tx_code_of(desk, offer["id"])).json["access_token"]
    keys, nonce = [new_key() for _ in range(3)], phone.nonce()

    answer = phone.credential(token, [phone.proof(nonce, key) for key in keys])

    said = [verified(desk, one["credential"]) for one in answer.json["credentials"]]
    assert [one.holder_jwk for one in said] == [key.public_key.jwk() for key in keys]
    assert len({(one.status_list_uri, one.status_list_index) for one in said}) == 1


def test_a_token_bound_to_a_key_opens_nothing_without_its_proof(desk: Desk) -> None:
    phone, offer, application = started(desk, dpop_key=new_key())
    desk.approve(application)
    given = phone.token(phone.fetched(offer), tx_code_of(desk, offer["id"])).json
    assert given["token_type"] == "DPoP"
    token, nonce = given["access_token"], phone.nonce()
    thief = phone_of(desk, dpop_key=new_key(), dpop_nonce=phone.dpop_nonce)
    bearer = phone_of(desk)
    for other in (thief, bearer):
        refused = other.credential(token, [phone.proof(nonce)])
        assert (refused.status_code, refused.json["error"]) == (401, "invalid_token")
        assert "WWW-Authenticate" in refused.headers

    assert phone.credential(token, [phone.proof(nonce)]).status_code == 200


def test_a_dpop_proof_works_once(desk: Desk) -> None:
    phone, offer, application = started(desk, dpop_key=new_key())
    desk.approve(application)
    token = phone.token(phone.fetched(offer), tx_code_of(desk, offer["id"])).json["access_token"]
    path, proof = f"{phone.tenant}/notification", phone.dpop("notification", token)
    answer = phone.credential(token)
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
    told = {"notification_id": answer.json["notification_id"], "event": "credential_accepted"}
    assert desk.stand.http.post(path, headers=headers, json=told).status_code == 204

    again = desk.stand.http.post(path, headers=headers, json=told)

    assert (again.status_code, again.json["error"]) == (401, "invalid_dpop_proof")
    assert again.headers["WWW-Authenticate"].startswith("DPoP error=")


def test_named_identifiers_are_given_where_they_are_asked_for_and_must_then_be_used(desk: Desk) -> None:
    phone, offer, application = started(desk)
    desk.approve(application)
    details = '[{"type":"openid_credential","credential_configuration_id":"INVESTOR"}]'
    found, tx_code = phone.fetched(offer), tx_code_of(desk, offer["id"])
    other = phone.token(found, tx_code, authorization_details=details.replace("INVESTOR", "CUSTODIAN"))
    assert other.json["error"] == "invalid_authorization_details"

    given = phone.token(found, tx_code, authorization_details=details).json

    (entry,) = given["authorization_details"]
    assert (entry["type"], entry["credential_configuration_id"]) == ("openid_credential", "INVESTOR")
    (identifier,) = entry["credential_identifiers"]
    token = given["access_token"]
    assert phone.credential(token).json["error"] == "invalid_credential_request"
    unknown = phone.credential(token, credential_configuration_id=None, credential_identifier="another")
    assert unknown.json["error"] == "unknown_credential_identifier"
    assert phone.credential(token, credential_configuration_id=None, credential_identifier=identifier).status_code == 200


def test_the_offer_by_value_says_the_same_as_the_one_by_reference(desk: Desk) -> None:
    phone, offer, _ = started(desk)
    by_value = parse_qs(urlsplit(offer["url_by_value"]).query)["credential_offer"][0]
    assert phone.fetched(offer) == json.loads(by_value)
    drawn = desk.stand.http.get(urlsplit(offer["qr"]).path)
    assert (drawn.status_code, drawn.content_type) == (200, "image/svg+xml")


def test_without_an_email_address_only_the_authorization_code_is_offered(desk: Desk) -> None:
    alice = desk.onchain.actors.alice
    offer = make_offer(desk, alice, desk.apply(alice))
    assert offer["tx_code"] is False
    assert list(phone_of(desk).fetched(offer)["grants"]) == ["authorization_code"]
    with desk.stand.service.db.write() as session:
        assert desk.stand.service.openid4vci.tx_codes.fresh(session, offer["id"]) is None


def test_a_newer_offer_ends_the_former_and_what_it_opened(desk: Desk) -> None:
    phone, offer, application = started(desk)
    found, tx_code = phone.fetched(offer), tx_code_of(desk, offer["id"])
    token = phone.token(found, tx_code).json["access_token"]

    newer = make_offer(desk, desk.onchain.actors.alice, application)

    assert state_of(desk, offer)["state"] == "withdrawn"
    assert phone.credential(token).json["error"] == "invalid_token"
    assert desk.stand.http.get(urlsplit(offer["offer"]).path).status_code == 400
    alice = desk.stand.person(desk.onchain.actors.alice)
    assert alice.post(f"/v1/me/offers/{newer['id']}/withdraw", {})["state"] == "withdrawn"
    again = desk.stand.request("POST", f"/v1/me/offers/{newer['id']}/withdraw", alice, json={})
    assert again.json["code"] == "credential_offer_ended"
    stranger = desk.stand.person(desk.onchain.actors.bob)
    for method, path in (("GET", ""), ("POST", "/withdraw")):
        hidden = desk.stand.request(method, f"/v1/me/offers/{newer['id']}{path}", stranger, json={} if path else None)
        assert hidden.json["code"] == "credential_offer_unknown"


@pytest.mark.parametrize("name", ["openid-credential-issuer", "oauth-authorization-server", "jwt-vc-issuer"])
def test_each_document_stands_before_and_after_the_tenant_s_path(desk: Desk, name: str) -> None:
    tenant = f"/claim-issuers/{desk.issuer['id']}"
    inserted, appended = (desk.stand.http.get(path) for path in (f"/.well-known/{name}{tenant}", f"{tenant}/.well-known/{name}"))
    assert inserted.status_code == 200
    assert inserted.data == appended.data
    assert inserted.headers["Access-Control-Allow-Origin"] == "*"
    assert "max-age" in inserted.headers["Cache-Control"]


def test_the_metadata_can_be_had_signed(desk: Desk) -> None:
    path = f"/.well-known/openid-credential-issuer/claim-issuers/{desk.issuer['id']}"
    answer = desk.stand.http.get(path, headers={"Accept": "application/jwt"})
    assert answer.content_type == "application/jwt"
    assert answer.get_data(as_text=True).count(".") == 2


def test_a_credential_type_is_served_as_the_bytes_that_credentials_name(desk: Desk) -> None:
    answer = desk.stand.http.get("/credential-types/INVESTOR")
    assert answer.json["vct"] == f"{desk.stand.service.public_url}/credential-types/INVESTOR"
    assert desk.stand.http.get("/credential-types/NOTHING").status_code == 404


def test_scripts_of_any_origin_may_call_what_wallets_call(desk: Desk) -> None:
    asked = {"Origin": "https://wallet.example", "Access-Control-Request-Headers": "authorization,dpop"}
    answer = desk.stand.http.options(f"/claim-issuers/{desk.issuer['id']}/credential", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert {"Authorization", "Content-Type", "DPoP"} <= set(answer.headers["Access-Control-Allow-Headers"].split(", "))
    assert "Access-Control-Allow-Credentials" not in answer.headers
