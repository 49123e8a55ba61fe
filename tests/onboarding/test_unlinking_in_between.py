"""What is under way for an account while it is unlinked waits for that, or is waited for: either way no claim comes of it."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.orm import Session as Transaction

from claim_issuers.errors import DomainError
from identity_service.demo.wallets import Wallet
from identity_service.issuance.model import AccountNoLongerLinked, ApplicantDataMissing, Application, ApplicationRequest
from identity_service.parties.model import UnlinkedBecause
from identity_service.parties.tables import AccountRow
from tests.conftest import STRICTER_ENGINE
from tests.onboarding.test_moves_after_loss import asked, moved
from tests.openid4vci.phone import new_key
from tests.support.desk import Desk

ENGINES = STRICTER_ENGINE
LICENCE = {"licence_id": "CU-1", "regulator": "FINMA", "jurisdiction": "CH"}
T = TypeVar("T")
U = TypeVar("U")


def one_waits_for_the_other(desk: Desk, first: Callable[[Transaction], T], second: Callable[[], U]) -> tuple[T, U | DomainError]:
    """``second`` begins in a thread while the transaction of ``first`` is open, and goes on once that is committed."""
    outcome: list[U | DomainError] = []

    def begin() -> None:
        try:
            outcome.append(second())
        except DomainError as refusal:
            outcome.append(refusal)

    thread = threading.Thread(target=begin)
    with desk.stand.service.db.write() as session:
        done = first(session)
        session.flush()
        thread.start()
        thread.join(timeout=1)
        assert thread.is_alive(), "it does not wait"
    thread.join(timeout=30)
    return done, outcome[0]


def unlinked(desk: Desk, wallet: Wallet) -> Callable[[Transaction], object]:
    parties = desk.stand.service.parties
    return lambda session: parties.unlink_account(session, wallet.account, because=UnlinkedBecause.LOST, actor="test")


def relinked(desk: Desk, wallet: Wallet) -> None:
    """As if it had never been unlinked, for the next one to come."""
    with desk.stand.service.db.write() as session:
        row = session.get_one(AccountRow, (wallet.account.chain.number, wallet.account.address.value))
        row.unlinked_at = row.unlinked_because = None


def approved(desk: Desk, application: str) -> Callable[[Transaction], str]:
    service, token = desk.stand.service, desk.session.token()

    def act(session: Transaction) -> str:
        claim_issuer, caller = service.mesh.get(session, desk.issuer["id"]), service.access.caller(session, token)
        made = service.issuance.approve(session, application, claim_issuer, valid_for=timedelta(days=30), caller=caller)
        assert made.form_id is not None
        return made.form_id

    return act


def applied(desk: Desk, wallet: Wallet) -> Callable[[Transaction], Application]:
    """Sends an application for a claim that the wallet's party has not applied for, in the transaction that it is given."""
    service, token = desk.stand.service, desk.stand.person(wallet).token()
    request = ApplicationRequest(
        claim_issuer_id=desk.issuer["id"],
        claim_type="CUSTODIAN",
        attributes=LICENCE,
        party_kind=None,
        party=None,
        capacity="own",
        intermediary_party_id=None,
    )

    def act(session: Transaction) -> Application:
        proof_id = service.access.caller(session, token).account_proof_id
        assert proof_id is not None
        return service.issuance.apply(session, request, service.accounts.links.proofs.get(session, proof_id))

    return act


def in_its_own(desk: Desk, act: Callable[[Transaction], T]) -> Callable[[], T]:
    def run() -> T:
        with desk.stand.service.db.write() as session:
            return act(session)

    return run


def test_an_application_under_way_while_its_account_is_moved_is_over_with_it(desk: Desk) -> None:
    """A thief with the lost wallet applies at the very moment that the move is confirmed."""
    lost, new = desk.onchain.actors.alice, desk.onchain.actors.bob
    desk.claim(lost)
    move = moved(desk, lost, new)
    apply = applied(desk, lost)
    application, confirmed = one_waits_for_the_other(desk, apply, lambda: asked(desk, desk.session, f"/v1/moves/{move}/confirm"))
    assert not isinstance(confirmed, DomainError)
    assert confirmed.status_code == 200, confirmed.get_json()
    found = desk.session.get(f"/v1/applications/{application.id}")
    assert (found["state"], found["reason"]) == ("rejected", "wallet_lost")


def test_a_claim_approved_while_its_account_is_moved_is_never_issued(desk: Desk) -> None:
    lost, new = desk.onchain.actors.alice, desk.onchain.actors.bob
    desk.claim(lost)
    application = desk.apply(lost, "CUSTODIAN", LICENCE)
    move = moved(desk, lost, new)
    approve = approved(desk, application)
    form, confirmed = one_waits_for_the_other(desk, approve, lambda: asked(desk, desk.session, f"/v1/moves/{move}/confirm"))
    assert not isinstance(confirmed, DomainError)
    assert confirmed.status_code == 200, confirmed.get_json()
    service = desk.stand.service
    service.forms.complete(form, actor="test")
    with service.db.read() as session:
        claim = service.issuance.claim(session, service.issuance.application_named(session, application).claim_id or "")
    assert (claim.liveness(service.world.clock.now()).value, claim.issued_at) == ("revoked", None)


def test_who_comes_after_the_unlinking_finds_the_account_unlinked(desk: Desk) -> None:
    wallet, service = desk.onchain.actors.alice, desk.stand.service
    claim = desk.claim(wallet)
    application = desk.apply(wallet, "CUSTODIAN", LICENCE)
    key = new_key().public_key.jwk()
    waiting = {
        "approve": in_its_own(desk, approved(desk, application)),
        "form": in_its_own(desk, lambda session: service.forms.intend_sd_jwt_vc(session, claim, [key], actor="test")),
        "on chain": in_its_own(desk, lambda session: service.forms.intend_erc735(session, claim, topic=None, actor="test")),
    }
    outcomes = {}
    for name, act in waiting.items():
        _, outcomes[name] = one_waits_for_the_other(desk, unlinked(desk, wallet), act)
        relinked(desk, wallet)
    assert {name: type(outcome) for name, outcome in outcomes.items()} == dict.fromkeys(waiting, AccountNoLongerLinked)
    desk.session.post(f"/v1/applications/{application}/decision", {"outcome": "reject", "reason": "no_evidence"})
    _, outcome = one_waits_for_the_other(desk, unlinked(desk, wallet), in_its_own(desk, applied(desk, wallet)))
    assert isinstance(outcome, ApplicantDataMissing)


def test_an_application_of_an_account_that_is_unlinked_is_refused_over_the_api_and_may_be_rejected(desk: Desk) -> None:
    wallet = desk.onchain.actors.alice
    application = desk.apply(wallet)
    with desk.stand.service.db.write() as session:
        unlinked(desk, wallet)(session)
    refused = asked(
        desk, desk.session, f"/v1/applications/{application}/decision", {"outcome": "approve", "valid_for_seconds": 86400}
    )
    assert (refused.status_code, refused.get_json()["code"]) == (409, AccountNoLongerLinked.code)
    rejected = asked(desk, desk.session, f"/v1/applications/{application}/decision", {"outcome": "reject", "reason": "no_evidence"})
    assert rejected.status_code == 201
