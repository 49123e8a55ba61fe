"""Intent before signature (DESIGN §5.1): the service is killed around its signatures, and nothing signed stays unrecorded."""

import json
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from typing import Any

import pytest

from claim_issuers.clock import SystemEntropy
from claim_issuers.encodings.base64url import decode
from claim_issuers.formats import erc735
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.secp256k1 import signature_encodings
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.access.model import Caller
from identity_service.bootstrap import Service, World, open_service, vault_directory
from identity_service.egress.client import EgressClient
from identity_service.vault.service import Vault, VaultSigner
from tests.support.desk import DAY, Desk
from tests.support.dying_service import serve
from tests.support.processes import PROCESSES
from tests.support.stand import Stand

CREDENTIALS, CLAIMS = "credentials", "claims.31337"


@dataclass(frozen=True, slots=True)
class Killer:
    """Starts the dying service on the stand's data and sends it its last request."""

    desk: Desk
    directory: Path

    def kill(self, key: str, moment: str, path: str, content: dict[str, Any]) -> bytes | None:
        """Let the service die in this request, and give the signature that was made before, if any."""
        stand, witness = self.desk.stand, self.directory / f"witness-{moment}-{key}"
        receives, sends = PROCESSES.Pipe(duplex=False)
        key_name, instant = f"{self.desk.issuer['id']}.{key}", stand.clock.now()
        process = PROCESSES.Process(target=serve, args=(stand.settings.data_directory, key_name, moment, witness, instant, sends))
        process.start()
        try:
            assert receives.poll(20)
            self._last_request(receives.recv(), path, content)
        finally:
            process.kill()
            process.join()
        assert process.exitcode == -signal.SIGKILL
        return witness.read_bytes() if witness.exists() else None

    def _last_request(self, port: int, path: str, content: dict[str, Any]) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=20)
        headers = {
            "Authorization": f"Bearer {self.desk.session.token()}",
            "Idempotency-Key": self.desk.stand.transport.idempotency_key(),
            "Content-Type": "application/json",
        }
        connection.request("POST", path, json.dumps(content), headers)
        with pytest.raises((RemoteDisconnected, ConnectionResetError)):
            connection.getresponse()
        connection.close()


@pytest.fixture
def killer(desk: Desk, tmp_path: Path) -> Killer:
    return Killer(desk, tmp_path)


def restart(stand: Stand) -> None:
    """Start the service again on the same data, as ``serve`` does, and end it."""
    service = open_service(stand.settings, _world(stand))
    service.app()
    service.close()


def _world(stand: Stand) -> World:
    egress = EgressClient(clock=stand.clock, allow_loopback=True)
    return World(clock=stand.clock, entropy=SystemEntropy(), egress=egress)


def trail(stand: Stand, subject_or_form: str) -> list[str]:
    """The audit log's actions about one form, in order; an intent counts for the form that its details name."""
    with stand.service.db.read() as session:
        entries = stand.service.audit.entries(session, limit=1000)
    about = [one for one in entries if subject_or_form in (one.subject, one.details.get("form"))]
    return [one.action for one in about]


def the_claim(desk: Desk, application: str) -> dict[str, Any]:
    claim = desk.session.get(f"/v1/applications/{application}")["claim"]
    return dict(desk.session.get(f"/v1/claims/{claim}"))


APPROVE = {"outcome": "approve", "valid_for_seconds": 30 * DAY}


def test_a_kill_around_the_signature_of_a_credential_leaves_nothing_unrecorded(desk: Desk, killer: Killer) -> None:
    stand = desk.stand
    for moment, wallet in (("before", desk.onchain.actors.alice), ("after", desk.onchain.actors.bob)):
        application = desk.apply(wallet)
        escaped = killer.kill(CREDENTIALS, moment, f"/v1/applications/{application}/decision", APPROVE)
        claim = the_claim(desk, application)
        assert (claim["state"], claim["forms"][0]["state"]) == ("not_issued", "intended")
        assert trail(stand, claim["forms"][0]["id"]) == ["claim.intended"]

        stand.clock.advance(timedelta(hours=3))
        restart(stand)

        claim = the_claim(desk, application)
        assert (claim["state"], claim["forms"][0]["state"]) == ("live", "signed")
        assert trail(stand, claim["forms"][0]["id"]) == ["claim.intended", "form.signed"]
        credential = stand.person(wallet).text(f"/v1/me/claims/{claim['id']}/forms/vc+jwt")
        assert escaped == (None if moment == "before" else decode(credential.rpartition(".")[2]))


def test_a_kill_around_the_signature_of_an_on_chain_form_leaves_nothing_unrecorded(desk: Desk, killer: Killer) -> None:
    stand, wallet = desk.stand, desk.onchain.actors.alice
    claim, identity = desk.claim(wallet), desk.identity(wallet)
    signer = Address.parse(desk.issuer["chains"][desk.chain]["claim_key"])
    for moment, topic in (("before", 7), ("after", 8)):
        escaped = killer.kill(CLAIMS, moment, f"/v1/claims/{claim}/forms", {"format": "erc735", **desk.known_as(topic)})
        assert [one["state"] for one in _onchain_forms(desk, claim) if one["topic"] == str(topic)] == ["intended"]

        stand.clock.advance(timedelta(hours=3))
        restart(stand)

        (form,) = [one for one in _onchain_forms(desk, claim) if one["topic"] == str(topic)]
        data, signature = (bytes.fromhex(form[part][2:]) for part in ("data", "signature"))
        assert escaped == (None if moment == "before" else signature)
        assert erc735.recover(identity, topic, data, signature) == signer
        assert trail(stand, form["id"]) == ["form.intended", "form.signed"]


def _onchain_forms(desk: Desk, claim: str) -> list[dict[str, Any]]:
    return [one for one in desk.session.get(f"/v1/claims/{claim}")["forms"] if one["format"] == "erc735"]


def test_intents_whose_accreditation_was_withdrawn_meanwhile_are_revoked_and_not_signed(desk: Desk, killer: Killer) -> None:
    stand, actors = desk.stand, desk.onchain.actors
    claim, wallet = desk.claim(actors.alice), actors.alice
    desk.identity(wallet)
    cut = desk.apply(actors.bob)
    killer.kill(CREDENTIALS, "after", f"/v1/applications/{cut}/decision", APPROVE)
    escaped = _escaped_onchain_signature(desk, claim)
    desk.root.post(f"/v1/claims/{desk.accreditation}/revoke", {"reason": "audit_failed"})

    restart(stand)

    withdrawn = the_claim(desk, cut)
    assert withdrawn["state"] == "revoked"
    assert trail(stand, withdrawn["forms"][0]["id"]) == ["claim.intended", "form.withdrawn"]
    answer = stand.request("GET", f"/v1/me/claims/{withdrawn['id']}/forms/vc+jwt", stand.person(actors.bob))
    assert (answer.status_code, answer.get_json()["code"]) == (404, "form_unknown")
    (form,) = _onchain_forms(desk, claim)
    assert form["signature"] is None
    assert trail(stand, form["id"]) == ["form.intended", "form.withdrawn"]

    desk.work()
    head = desk.onchain.client.head()
    assert desk.onchain.identities.are_claims_revoked(desk.contract, signature_encodings(escaped), head) == [True] * 4
    for shown, receipts in ((withdrawn["id"], 1), (claim, 4)):
        (place,) = desk.session.get(f"/v1/claims/{shown}")["revocation_places"]
        assert (place["state"], len(place["receipts"])) == ("done", receipts)


def _escaped_onchain_signature(desk: Desk, claim: str) -> bytes:
    """Leave an on-chain intent open, and make the very signature that a process may have made before it died."""
    service = desk.stand.service
    with service.db.write() as session:
        form_id = service.forms.intend_erc735(session, claim, topic=9, actor="test")
        form = service.forms.form(session, form_id)
    assert form.identity_contract is not None
    signer = service.signers.digest_signer(f"{desk.issuer['id']}.{CLAIMS}")
    return erc735.sign(form.identity_contract, 9, form.data or b"", signer)


def test_an_intent_that_nobody_finished_is_finished_by_a_worker_or_revoked_when_its_time_is_over(desk: Desk) -> None:
    stand, wallet = desk.stand, desk.onchain.actors.alice
    soon = desk.claim(wallet, valid_for=600)
    desk.identity(wallet)
    _escaped_onchain_signature(desk, soon)
    (form,) = _onchain_forms(desk, soon)
    assert form["state"] == "intended"

    desk.work(40)
    (form,) = _onchain_forms(desk, soon)
    assert (form["state"], trail(stand, form["id"])) == ("signed", ["form.intended", "form.signed"])
    assert form["signature"] is not None

    late = desk.claim(desk.onchain.actors.bob, valid_for=600)
    desk.identity(desk.onchain.actors.bob)
    _escaped_onchain_signature(desk, late)
    stand.clock.advance(timedelta(hours=1))
    restart(stand)
    (form,) = _onchain_forms(desk, late)
    assert (form["signature"], trail(stand, form["id"])) == (None, ["form.intended", "form.withdrawn"])


class CountingVault(Vault):
    """A vault that counts the credentials signed, and holds each signature back until all who want one are there."""

    together: threading.Barrier
    signatures: list[bytes]

    def signer(self, name: str) -> VaultSigner:
        found = super().signer(name)
        return CountingSigner(found, self) if isinstance(found, Ed25519Signer) else found


class CountingSigner(Ed25519Signer):
    def __init__(self, signer: Ed25519Signer, vault: CountingVault) -> None:
        vars(self).update(vars(signer))
        self.vault = vault

    def sign(self, message: bytes) -> bytes:
        self.vault.together.wait(timeout=10)
        signature = super().sign(message)
        self.vault.signatures.append(signature)
        return signature


def test_two_that_finish_one_intent_at_once_make_the_same_bytes_and_record_them_once(desk: Desk) -> None:
    stand, actors = desk.stand, desk.onchain.actors
    application = desk.apply(actors.alice)
    vault = CountingVault.open(vault_directory(stand.settings), SystemEntropy())
    vault.together, vault.signatures = threading.Barrier(2), []
    service = Service(stand.settings, vault, _world(stand))
    form_id = _approve_without_signing(service, desk, application)

    _at_once(lambda: service.forms.complete(form_id, actor="one"), lambda: service.forms.complete(form_id, actor="other"))
    service.forms.complete(form_id, actor="later")
    service.close()

    assert len(vault.signatures) == 2
    assert len(set(vault.signatures)) == 1
    assert trail(stand, form_id) == ["claim.intended", "form.signed"]
    assert the_claim(desk, application)["state"] == "live"


def _approve_without_signing(service: Service, desk: Desk, application: str) -> str:
    with service.db.write() as session:
        claim_issuer = service.mesh.get(session, desk.issuer["id"])
        caller = Caller(subject="desk", scopes=frozenset())
        decision = service.issuance.approve(session, application, claim_issuer, valid_for=timedelta(days=1), caller=caller)
    assert decision.form_id is not None
    return decision.form_id


def _at_once(*acts: Callable[[], object]) -> None:
    failures: list[Exception] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
