"""A wallet made of real wallet libraries takes up our offers over https, from two applications that share one database in turns."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from identity_service.bootstrap import open_service
from identity_service.demo.api import Session
from identity_service.demo.wallets import Wallet
from tests.support.desk import Desk, open_desk
from tests.support.devchain import Onchain
from tests.support.stand import WorkingClock, standing
from tests.support.tls import Authority, InTurns, bound
from tests.wallets.libraries import Libraries, LibraryRefused
from tests.wallets.openid_wallet import open_wallet

ENGINES = ("postgresql",)
MAIL = "maya@example.org"
SOMEBODY = {"kind": "natural_person", "legal_name": "Maya Rosenthal", "country": "CH"}
SAID = {"classification": "professional", "country": "CH"}


@dataclass(frozen=True, slots=True)
class Counter:
    """The desk behind https, and the wallet that talks to it."""

    desk: Desk
    wallet: Libraries

    @property
    def holder(self) -> Wallet:
        return self.desk.onchain.actors.alice

    @property
    def person(self) -> Session:
        return self.desk.stand.person(self.holder)

    def apply(self, *, mail: str | None = MAIL) -> str:
        """The holder applies, with an address for mail or without."""
        party = SOMEBODY if mail is None else {**SOMEBODY, "email": mail}
        content = {"claim_issuer": self.desk.issuer["id"], "claim_type": "INVESTOR", "attributes": SAID, "party": party}
        return str(self.person.post("/v1/applications", content)["id"])

    def offer(self, application: str, **terms: Any) -> dict[str, Any]:
        """A credential offer for the application."""
        return dict(self.person.post(f"/v1/me/applications/{application}/offers", terms))

    def tx_code(self) -> str:
        """The code in the mail that came last."""
        self.desk.work(2, rounds=2)
        newest = max((self.desk.stand.settings.data_directory / "outbox").glob("*.eml"))
        message = message_from_bytes(newest.read_bytes(), policy=policy.default)
        assert message["To"] == MAIL
        body = message.get_body(("plain",))
        assert body is not None
        (found,) = re.findall(r"\b\d{6}\b", body.get_content())
        return str(found)

    def state(self, offer: dict[str, Any]) -> str:
        """How far the offer is, as its maker is told."""
        return str(self.person.get(f"/v1/me/offers/{offer['id']}")["state"])


def behind_the_machine() -> WorkingClock:
    """The service's clock, which a test moves: it stays behind the wallet's, so that nothing is signed in the wallet's future."""
    return WorkingClock(datetime.now(UTC) - timedelta(seconds=30))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def wallet(authority: Authority) -> Iterator[Libraries]:
    with open_wallet(authority.file) as opened:
        yield opened


@pytest.fixture
def counter(database_url: str, onchain: Onchain, authority: Authority, wallet: Libraries, tmp_path: Path) -> Iterator[Counter]:
    """The desk on PostgreSQL, answered by two applications in turns, over https."""
    directory = tmp_path / "data"
    with bound(authority.context("localhost")) as (port, serve):
        base_url = f"https://localhost:{port}"
        with standing(
            directory, database_url, onchain, onchain.devchain.rpc_url, base_url=base_url, clock=behind_the_machine()
        ) as stand:
            other = open_service(stand.settings, stand.service.world)
            serve(InTurns([stand.service.app(), other.app()]))
            yield Counter(open_desk(stand, directory, database_url).at(stand), wallet)
            other.close()


@pytest.fixture
def insecure_counter(onchain: Onchain, wallet: Libraries, tmp_path: Path) -> Iterator[Counter]:
    """The same over http on loopback, which needs the development switch here and a switch in the wallet."""
    directory = tmp_path / "data"
    database = f"sqlite:///{directory / 'service.db'}"
    with bound() as (port, serve):
        base_url = f"http://127.0.0.1:{port}"
        with standing(
            directory, database, onchain, onchain.devchain.rpc_url, base_url=base_url, clock=behind_the_machine()
        ) as stand:
            serve(stand.service.app())
            yield Counter(open_desk(stand, directory, database).at(stand), wallet)


def test_a_code_from_the_mail_gives_credentials_for_three_keys_encrypted_and_bound_to_dpop(counter: Counter) -> None:
    application = counter.apply()
    counter.desk.approve(application)
    offer = counter.offer(application)

    seen = counter.wallet.ask("open", offer=offer["url"], dpop=True)
    assert (
        seen["issuer"]["credential_issuer"] == counter.desk.stand.transport.base_url + f"/claim-issuers/{counter.desk.issuer['id']}"
    )
    assert seen["version"] == "V1"
    assert counter.state(offer) == "scanned"
    token = counter.wallet.ask("preAuthorized", txCode=counter.tx_code())
    assert token["token_type"] == "DPoP"
    assert "c_nonce" not in token
    given = counter.wallet.ask("credentials", configuration="INVESTOR", algorithms=["ES256", "EdDSA", "ES256"], enc="A256GCM")

    assert given["encrypted"]["enc"] == "A256GCM"
    assert counter.state(offer) == "issued"
    for place, (copy, holder) in enumerate(zip(given["credentials"], given["holders"], strict=True)):
        checked = counter.wallet.ask("check", credential=copy["credential"], holder=place, disclose=["country"])["payload"]
        assert checked["cnf"]["jwk"] == {name: holder[name] for name in ("kty", "crv", "x", "y") if name in holder}
        assert checked["sub"] == counter.holder.account.did
        assert (checked["country"], "classification" in checked) == ("CH", False)
    counter.wallet.ask("notify", notification=given["notification_id"], event="credential_accepted")
    assert counter.state(offer) == "accepted"


def test_a_token_mints_its_credentials_once_and_a_code_is_used_up(counter: Counter) -> None:
    application = counter.apply()
    counter.desk.approve(application)
    offer = counter.offer(application)
    counter.wallet.ask("open", offer=offer["url"])
    code = counter.tx_code()
    counter.wallet.ask("preAuthorized", txCode=code)
    counter.wallet.ask("credentials", configuration="INVESTOR")

    with pytest.raises(LibraryRefused, match="credential_request_denied"):
        counter.wallet.ask("credentials", configuration="INVESTOR")
    with pytest.raises(LibraryRefused, match="invalid_grant"):
        counter.wallet.ask("preAuthorized", txCode=code)

    claim = counter.person.get(f"/v1/me/applications/{application}")["claim"]
    formats = [one["format"] for one in counter.desk.session.get(f"/v1/claims/{claim}")["forms"]]
    assert sorted(formats) == ["dc+sd-jwt", "vc+jwt"]


def test_a_wallet_waits_for_the_officer(counter: Counter) -> None:
    application = counter.apply()
    offer = counter.offer(application)
    counter.wallet.ask("open", offer=offer["url"], dpop=True)
    counter.wallet.ask("preAuthorized", txCode=counter.tx_code())

    waiting = counter.wallet.ask("credentials", configuration="INVESTOR")
    assert counter.state(offer) == "deferred"
    assert waiting["interval"] > 0
    again = counter.wallet.ask("deferred", transaction=waiting["transaction_id"])
    assert (again["transaction_id"], "credentials" in again) == (waiting["transaction_id"], False)
    counter.desk.approve(application)
    given = counter.wallet.ask("deferred", transaction=waiting["transaction_id"], enc="A128GCM")

    assert given["encrypted"]["enc"] == "A128GCM"
    (only,) = given["credentials"]
    assert counter.wallet.ask("check", credential=only["credential"], holder=0, disclose=[])["payload"]["vct"].endswith("/INVESTOR")
    with pytest.raises(LibraryRefused, match="invalid_transaction_id"):
        counter.wallet.ask("deferred", transaction=waiting["transaction_id"])


def test_without_mail_the_wallet_opens_our_page_where_the_account_signs_in(counter: Counter) -> None:
    application = counter.apply(mail=None)
    counter.desk.approve(application)
    offer = counter.offer(application)
    seen = counter.wallet.ask("open", offer=offer["url"], dpop=True, identified=True)
    assert list(seen["offer"]["grants"]) == ["authorization_code"]

    asked = counter.wallet.ask("authorize", scope="INVESTOR")
    assert asked["flow"] == "Oauth2Redirect"
    answer = allowed(counter, asked["url"], application)
    token = counter.wallet.ask("authorized", url=answer)
    given = counter.wallet.ask("credentials", configuration="INVESTOR")

    assert token["token_type"] == "DPoP"
    checked = counter.wallet.ask("check", credential=given["credentials"][0]["credential"], holder=0, disclose=["classification"])
    assert checked["payload"]["classification"] == "professional"


def test_metadata_are_signed_by_the_claim_issuer(counter: Counter) -> None:
    application = counter.apply()
    counter.wallet.ask("open", offer=counter.offer(application)["url"])
    tenant = f"/claim-issuers/{counter.desk.issuer['id']}"
    base_url = counter.desk.stand.transport.base_url

    plain = counter.desk.stand.http.get(f"/.well-known/openid-credential-issuer{tenant}").json
    signed = counter.wallet.ask("signedMetadata", url=f"{base_url}/.well-known/openid-credential-issuer{tenant}")

    assert plain is not None
    assert signed["header"]["typ"] == "openidvci-issuer-metadata+jwt"
    assert {name: signed["payload"][name] for name in plain} == plain


def test_over_http_only_under_both_switches(insecure_counter: Counter) -> None:
    application = insecure_counter.apply()
    insecure_counter.desk.approve(application)
    uri = insecure_counter.offer(application)["url"]
    with pytest.raises(LibraryRefused):
        insecure_counter.wallet.ask("open", offer=uri)

    insecure_counter.wallet.ask("insecure", allowed=True)
    try:
        insecure_counter.wallet.ask("open", offer=uri)
        insecure_counter.wallet.ask("preAuthorized", txCode=insecure_counter.tx_code())
        given = insecure_counter.wallet.ask("credentials", configuration="INVESTOR")
    finally:
        insecure_counter.wallet.ask("insecure", allowed=False)

    assert given["credentials"][0]["credential"].count("~") > 1


def allowed(counter: Counter, url: str, application: str) -> str:
    """Where our page sends the browser once the holder signed in and allowed it."""
    http, parts, base_url = counter.desk.stand.http, urlsplit(url), counter.desk.stand.transport.base_url
    browser: dict[str, Any] = {"base_url": base_url, "headers": {"Origin": base_url}}
    challenge = http.post("/v1/account-proofs/challenges", json={"account": str(counter.holder.account)}).json
    assert challenge is not None
    signature = "0x" + counter.holder.sign_message(challenge["message"]).hex()
    signed_in = http.post("/session", json={"message": challenge["message"], "signature": signature}, **browser)
    assert signed_in.status_code == 201
    opened = http.get(f"{parts.path}?{parts.query}", **browser)
    assert opened.status_code == 303
    page = http.get(opened.headers["Location"], **browser)
    assert (page.status_code, "wallet.example" in page.text) == (200, True)
    handle = parse_qs(urlsplit(opened.headers["Location"]).query)["request"][0]
    said = {"request": handle, "application": application, "decision": "allow"}
    answered = http.post(parts.path, data=said, **browser)
    assert answered.status_code == 303
    return str(answered.headers["Location"])
