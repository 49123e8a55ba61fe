"""Every check of a signed order at one instant, each reported: the same with a service's records and with documents alone.

>>> from datetime import UTC, datetime, timedelta
>>> from claim_issuers.claims.claim import Claim, Validity
>>> from claim_issuers.claims.vocabulary import claim_type, validate_attributes
>>> from claim_issuers.formats import vc_jwt
>>> from claim_issuers.identifiers.accounts import Account
>>> from claim_issuers.keys.signers import Ed25519Signer, Secp256k1Signer
>>> from claim_issuers.orders.evidence import evidence_of_documents
>>> from claim_issuers.orders.order import Order, Side
>>> from claim_issuers.orders.signed import sign_order
>>> from claim_issuers.trust.accreditation import Root, decide_path
>>> wallet, issuer, noon = Secp256k1Signer(b"\\x11" * 32), Ed25519Signer(bytes(32)), datetime(2026, 11, 22, 12, tzinfo=UTC)
>>> token = Account.parse("eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
>>> office, licence = Account(token.chain, wallet.address), claim_type("CUSTODIAN")
>>> credential = vc_jwt.encode(Claim(
...     id="urn:example:claim:1", claim_type=licence, claim_issuer="did:web:issuer.example", account=office, holder_jwk=None,
...     attributes=validate_attributes(licence, {"licence_id": "L-1", "regulator": "FINMA", "jurisdiction": "CH"}),
...     validity=Validity(noon - timedelta(days=1), noon + timedelta(days=365)),
...     status_list_uri="https://issuer.example/status-lists/1", status_list_index=7), issuer)
>>> order = Order(
...     id="0b0f2d6e-3c1a-4f5e-9a57-1f2e3d4c5b6a", network="pty_dx", token=token, side=Side.BUY, quantity=1000, price="99.75",
...     currency="CHF", intermediary=office, signatory=office, issued_at=noon, expires_at=noon + timedelta(days=1))
>>> evidence = evidence_of_documents(
...     [credential], keys=lambda did, kid: issuer.public_key, status=lambda uri, index: 0,
...     accreditation=lambda did, topic, place: decide_path(
...         did, topic, [Root("did:web:issuer.example")], [], noon, jurisdiction=place))
>>> verify_order(sign_order(order, wallet), network="pty_dx", evidence=evidence, instant=noon).ok
True
>>> verify_order(sign_order(order, wallet), network="pty_other", evidence=evidence, instant=noon).failed.reason
'order_wrong_network'
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from claim_issuers.clock import aware
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.curves import BadSignature, NonCanonicalSignature
from claim_issuers.keys.secp256k1 import recover_address
from claim_issuers.orders.errors import REFUSALS, OrderNotVerifiable
from claim_issuers.orders.evidence import Evidence, IntermediaryClaim
from claim_issuers.orders.order import MAX_LIFETIME, Order
from claim_issuers.orders.signed import SignedOrder
from claim_issuers.status.array import Status
from claim_issuers.verifiers.checks import Check, Outcome

CLAIM_CHECKS: Final = ("claim", "claim_validity", "claim_status", "accreditation", "signatory")
"""The checks of the intermediary's claim, in their order; those of the order itself come before them."""

_POINTERS: Final = {
    "document": "/document",
    "chain": "/domain/chainId",
    "token": "/domain/verifyingContract",
    "network": "/order/network",
    "time": "/order/expires_at",
    "signature": "/signature",
    "signatory": "/order/signatory",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderVerification:
    """All checks in their order, the claim on which the order rests once there is one, and the instant of the decision."""

    checks: tuple[Check, ...]
    claim: IntermediaryClaim | None
    instant: datetime

    @property
    def ok(self) -> bool:
        """Whether every check was made and passed; without checks nothing is."""
        return bool(self.checks) and self.failed is None

    @property
    def failed(self) -> Check | None:
        """The first check that failed; when none did, the first that could not be made; None when all passed."""
        for outcome in (Outcome.FAILED, Outcome.NOT_CHECKED):
            for check in self.checks:
                if check.outcome is outcome:
                    return check
        return None

    def require(self) -> None:
        """Return when the order is good.

        Raises the error whose code is the first failed check's reason, or OrderNotVerifiable; ``errors`` lists every check that
        did not pass, by the member it is about.
        """
        first = self.failed
        if first is None:
            return
        kind = REFUSALS.get(first.reason or "", OrderNotVerifiable)
        errors = [(_POINTERS.get(check.code, "/order/intermediary"), check.reason or check.code) for check in self._not_passed()]
        raise kind(_sentence(kind), pointer=errors[0][0], errors=errors)

    def _not_passed(self) -> Iterator[Check]:
        return (check for check in self.checks if check.outcome is not Outcome.PASSED)


def verify_order(
    signed: SignedOrder, *, network: str, evidence: Evidence, instant: datetime, leeway: timedelta = timedelta()
) -> OrderVerification:
    """Every check of ``signed`` for ``network`` at ``instant``; a failed one never hides another.

    The order itself: document, chain, token, network, time, signature. Then the intermediary's claim: that there is one, its
    validity, its status, its claim issuer's accreditation, and the signatory's authority. Of several claims the one that passes
    most checks counts. ``leeway`` allows for a signer's clock that is ahead of ours. Says nothing about whether the order came
    before: ids are the network's to remember. Raises NaiveInstant, and nothing for any order.
    """
    now, order = aware(instant), signed.order
    claim, claim_checks = _best_claim(order, evidence, now)
    checks = (
        _verdict("document", signed.document == order.document(), "order_altered"),
        _verdict("chain", signed.domain.chain == order.token.chain == order.intermediary.chain, "order_wrong_chain"),
        _verdict("token", signed.domain.verifying_contract == order.token.address, "order_wrong_token"),
        _verdict("network", order.network == network, "order_wrong_network"),
        _failure("time", _time_fault(order, now, leeway)),
        _failure("signature", _signature_fault(signed, evidence)),
        *claim_checks,
    )
    return OrderVerification(checks=checks, claim=claim, instant=now)


def _time_fault(order: Order, now: datetime, leeway: timedelta) -> str | None:
    if order.expires_at - order.issued_at > MAX_LIFETIME:
        return "order_lifetime_too_long"
    if now + leeway < order.issued_at:
        return "order_not_yet_valid"
    return "order_expired" if now >= order.expires_at else None


def _signature_fault(signed: SignedOrder, evidence: Evidence) -> str | None:
    if evidence.contract_accepts is not None:
        return None if evidence.contract_accepts else "order_signed_by_another_account"
    try:
        signer: Address | None = recover_address(signed.digest(), signed.signature)
    except NonCanonicalSignature:
        return "order_signature_not_canonical"
    except BadSignature:
        signer = None
    return None if signer == signed.order.intermediary.address else "order_signed_by_another_account"


def _best_claim(order: Order, evidence: Evidence, now: datetime) -> tuple[IntermediaryClaim | None, tuple[Check, ...]]:
    if evidence.claims is None:
        return None, tuple(Check(code, Outcome.NOT_CHECKED, "no_claim_source") for code in CLAIM_CHECKS)
    fitting = [one for one in evidence.claims if one.account == order.intermediary and one.claim_type.is_intermediary]
    if not fitting:
        first = Check("claim", Outcome.FAILED, "order_claim_missing")
        return None, (first, *(Check(code, Outcome.NOT_CHECKED, "order_claim_missing") for code in CLAIM_CHECKS[1:]))
    judged = [(one, _claim_checks(one, order, now)) for one in fitting]
    return max(judged, key=lambda pair: (_passed(pair[1]), pair[0].validity.valid_from, pair[0].id))


def _claim_checks(claim: IntermediaryClaim, order: Order, now: datetime) -> tuple[Check, ...]:
    return (
        Check("claim", Outcome.PASSED),
        _failure("claim_validity", _validity_fault(claim, order, now)),
        _claim_status(claim, order, now),
        _accreditation(claim, now),
        _verdict(
            "signatory",
            order.signatory == order.intermediary or order.signatory.did in claim.signatories,
            "order_signatory_not_authorised",
        ),
    )


def _validity_fault(claim: IntermediaryClaim, order: Order, now: datetime) -> str | None:
    if now >= claim.validity.valid_until:
        return "order_claim_expired"
    return "order_claim_not_yet_valid" if min(order.issued_at, now) < claim.validity.valid_from else None


def _claim_status(claim: IntermediaryClaim, order: Order, now: datetime) -> Check:
    if claim.status is None:
        return Check("claim_status", Outcome.NOT_CHECKED, "no_status_source")
    if claim.status == Status.SUSPENDED:
        return Check("claim_status", Outcome.FAILED, "order_claim_suspended")
    revoked_later = claim.revoked_at is not None and aware(claim.revoked_at) > now
    if claim.status == Status.VALID or revoked_later:
        return Check("claim_status", Outcome.PASSED)
    reason = "order_claim_revoked_since_signing" if _was_good_at_signing(claim, order) else "order_claim_revoked"
    return Check("claim_status", Outcome.FAILED, reason)


def _was_good_at_signing(claim: IntermediaryClaim, order: Order) -> bool:
    if claim.revoked_at is not None:
        return aware(claim.revoked_at) > order.issued_at
    return claim.status_at_signing == Status.VALID


def _accreditation(claim: IntermediaryClaim, now: datetime) -> Check:
    decision = claim.accreditation
    if decision is None:
        return Check("accreditation", Outcome.NOT_CHECKED, "no_accreditation_source")
    about = decision.claim_issuer, decision.topic, decision.jurisdiction, decision.instant
    if about != (claim.claim_issuer, claim.claim_type.name, claim.jurisdiction, now):
        return Check("accreditation", Outcome.NOT_CHECKED, "decision_about_another_case")
    return _verdict("accreditation", decision.accredited, "order_claim_issuer_not_accredited")


def _verdict(code: str, holds: bool, reason: str) -> Check:
    return _failure(code, None if holds else reason)


def _failure(code: str, reason: str | None) -> Check:
    return Check(code, Outcome.PASSED) if reason is None else Check(code, Outcome.FAILED, reason)


def _passed(checks: tuple[Check, ...]) -> int:
    return sum(check.outcome is Outcome.PASSED for check in checks)


def _sentence(kind: type[Exception]) -> str:
    """The error's own words, which hold no value of the order."""
    sentence = (kind.__doc__ or "").strip().rstrip(".")
    return sentence[:1].lower() + sentence[1:]
