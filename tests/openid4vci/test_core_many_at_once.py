"""Fifty at once, and two processes' worth of services on one database: each code, nonce and access token counts once."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from identity_service.bootstrap import World, open_service
from identity_service.openid4vci.model import PRE_AUTHORIZED_CODE
from tests.openid4vci.phone import Phone, apply_with_email, make_offer, phone_of, tx_code_of
from tests.support.desk import Desk

ENGINES = ("postgresql",)
MANY = 50


def at_once(desk: Desk, call: Callable[[FlaskClient], TestResponse]) -> list[TestResponse]:
    """The answers to fifty equal requests that start together."""
    start = Barrier(MANY)

    def one(_: int) -> TestResponse:
        client = desk.stand.http.application.test_client()
        start.wait()
        return call(client)

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(one, range(MANY)))


def outcomes(answers: list[TestResponse]) -> Counter[str]:
    """How often each error came, and "ok"."""
    return Counter("ok" if answer.status_code < 400 else str(answer.json["error"]) for answer in answers)


def credentials_of(desk: Desk) -> int:
    """How many credentials for wallets were ever intended."""
    with desk.stand.service.db.engine.connect() as connection:
        counted = connection.exec_driver_sql("SELECT count(*) FROM issuance_forms WHERE format = 'dc+sd-jwt'")
        return int(counted.scalar() or 0)


def test_of_fifty_who_redeem_one_code_and_fifty_who_ask_for_one_credential_one_gets_it(desk: Desk) -> None:
    alice, phone = desk.onchain.actors.alice, phone_of(desk)
    application = apply_with_email(desk, alice)
    offer = make_offer(desk, alice, application)
    code = phone.fetched(offer)["grants"][PRE_AUTHORIZED_CODE]["pre-authorized_code"]
    form = {"grant_type": PRE_AUTHORIZED_CODE, "pre-authorized_code": code, "tx_code": tx_code_of(desk, offer["id"])}

    redeemed = at_once(desk, lambda client: client.post(f"{phone.tenant}/token", data=form))

    assert outcomes(redeemed) == {"ok": 1, "invalid_grant": MANY - 1}
    (token,) = [answer.json["access_token"] for answer in redeemed if answer.status_code == 200]
    content = {"credential_configuration_id": "INVESTOR", "proofs": {"jwt": [phone.proof(phone.nonce())]}}
    headers = {"Authorization": f"Bearer {token}"}
    asked = at_once(desk, lambda client: client.post(f"{phone.tenant}/credential", headers=headers, json=content))
    found = outcomes(asked)
    assert found.pop("ok") == 1
    assert set(found) <= {"invalid_nonce", "credential_request_denied"}
    (waits,) = [answer for answer in asked if answer.status_code == 202]

    desk.approve(application)
    fetch = {"transaction_id": waits.json["transaction_id"]}
    path = f"{phone.tenant}/deferred-credential"
    fetched = at_once(desk, lambda client: client.post(path, headers=headers, json=fetch))
    assert outcomes(fetched) == {"ok": 1, "invalid_transaction_id": MANY - 1}
    assert credentials_of(desk) == 1


def test_fifty_requests_with_fifty_nonces_get_one_credential_from_one_token(desk: Desk) -> None:
    alice, phone = desk.onchain.actors.alice, phone_of(desk)
    application = apply_with_email(desk, alice)
    desk.approve(application)
    offer = make_offer(desk, alice, application)
    token = phone.token(phone.fetched(offer), tx_code_of(desk, offer["id"])).json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    def ask(client: FlaskClient) -> TestResponse:
        proof = phone.proof(client.post(f"{phone.tenant}/nonce").json["c_nonce"])
        content = {"credential_configuration_id": "INVESTOR", "proofs": {"jwt": [proof]}}
        return client.post(f"{phone.tenant}/credential", headers=headers, json=content)

    assert outcomes(at_once(desk, ask)) == {"ok": 1, "credential_request_denied": MANY - 1}
    assert credentials_of(desk) == 1


def test_of_fifty_offers_made_at_once_one_is_open(desk: Desk) -> None:
    alice = desk.onchain.actors.alice
    application, person = apply_with_email(desk, alice), desk.stand.person(alice)
    bearer, keys = f"Bearer {person.token()}", iter(range(1000))

    def make(client: FlaskClient) -> TestResponse:
        headers = {"Authorization": bearer, "Idempotency-Key": f"offer-{next(keys)}"}
        return client.post(f"/v1/me/applications/{application}/offers", headers=headers, json={})

    made = [answer.json["id"] for answer in at_once(desk, make) if answer.status_code == 201]

    states = Counter(str(person.get(f"/v1/me/offers/{offer}")["state"]) for offer in made)
    assert states == {"waiting": 1, "withdrawn": len(made) - 1}
    assert len(made) == 10


def test_two_services_on_one_database_answer_each_other_s_steps(desk: Desk) -> None:
    alice, stand = desk.onchain.actors.alice, desk.stand
    other = open_service(
        stand.settings, World(clock=stand.clock, entropy=stand.service.world.entropy, egress=stand.service.world.egress)
    )
    doors = [stand.http, other.app().test_client()]
    application, turn = apply_with_email(desk, alice), iter(range(100))
    offer, phone = make_offer(desk, alice, application), Phone(desk.stand, f"/claim-issuers/{desk.issuer['id']}")

    def post(endpoint: str, token: str | None = None, **sent: object) -> TestResponse:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return doors[next(turn) % 2].post(f"{phone.tenant}/{endpoint}", headers=headers, **sent)

    code = phone.fetched(offer)["grants"][PRE_AUTHORIZED_CODE]["pre-authorized_code"]
    with other.db.write() as session:
        tx_code = other.openid4vci.tx_codes.fresh(session, offer["id"])
    form = {"grant_type": PRE_AUTHORIZED_CODE, "pre-authorized_code": code, "tx_code": tx_code}
    token = post("token", data=form).json["access_token"]
    nonce = post("nonce").json["c_nonce"]
    content = {"credential_configuration_id": "INVESTOR", "proofs": {"jwt": [phone.proof(nonce)]}}
    assert post("token", data=form).json["error"] == "invalid_grant"
    waits = post("credential", token, json=content)
    assert waits.status_code == 202, json.dumps(waits.json)
    assert post("credential", token, json=content).json["error"] in ("invalid_nonce", "credential_request_denied")
    desk.approve(application)
    answer = post("deferred-credential", token, json={"transaction_id": waits.json["transaction_id"]})
    assert answer.status_code == 200
    told = {"notification_id": "never given", "event": "credential_accepted"}
    assert post("notification", token, json=told).json["error"] == "invalid_notification_id"
    other.db.close()
