"""The credential, deferred credential and notification endpoints' use cases (OpenID4VCI 1.0 §8, §9, §11).

Key proofs are judged first. Then one transaction uses the nonce up, makes sure that the access token had no credential set yet, and
writes the intents of all credentials, or that they are deferred; only then is anything signed (DESIGN §5.1). What was deferred is
intended when it is first fetched after the decision, and handed over once.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from sqlalchemy import update
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.errors import Conflict, InvalidInput, NotFound, NotPermitted
from identity_service.access.model import NonceReplayed
from identity_service.access.single_use import SingleUse
from identity_service.audit.service import AuditLog
from identity_service.issuance.forms import Forms
from identity_service.issuance.model import Application, ApplicationState, FormUnknown, Liveness
from identity_service.issuance.service import Issuance
from identity_service.openid4vci.authorizations import Authorizations
from identity_service.openid4vci.dpop import DpopProof
from identity_service.openid4vci.encryption import ResponseEncryption
from identity_service.openid4vci.model import (
    BATCH_SIZE,
    Authorization,
    CredentialDenied,
    Credentials,
    CredentialSetMinted,
    NotificationUnknown,
    TransactionUnknown,
)
from identity_service.openid4vci.nonces import CREDENTIAL_NONCE, Nonces
from identity_service.openid4vci.offers import Offers
from identity_service.openid4vci.proofs import KeyProofs, verify_key_proofs
from identity_service.openid4vci.protocol_errors import CredentialNonceInvalid
from identity_service.openid4vci.requests import CredentialRequest, DeferredRequest, Notification
from identity_service.openid4vci.steps import Steps
from identity_service.openid4vci.tables import CredentialSetRow
from identity_service.storage import Database

_USED_NONCES: Final = "c_nonce"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownToken:
    """An access token as a request shows it: at which claim issuer, and with which DPoP proof."""

    token: str
    claim_issuer_id: str
    proof: DpopProof | None

    @property
    def jkt(self) -> str | None:
        """The thumbprint of the key that was proved."""
        return None if self.proof is None else self.proof.jkt


class CredentialAnswer(NamedTuple):
    """What a wallet gets, and how it wants it encrypted, if it does."""

    credentials: Credentials
    encryption: ResponseEncryption | None


class _Intended(NamedTuple):
    """What a transaction intended: the forms to sign, none while the application waits for its decision."""

    authorization: Authorization
    actor: str
    form_ids: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialEndpoint:
    """Gives credentials to wallets."""

    db: Database
    clock: Clock
    nonces: Nonces
    single_use: SingleUse
    issuance: Issuance
    forms: Forms
    offers: Offers
    authorizations: Authorizations
    steps: Steps
    audit: AuditLog

    def authorized(self, shown: ShownToken) -> Authorization:
        """What the token opens. Raises WalletTokenInvalid."""
        with self.db.read() as session:
            return self._opened(session, shown)

    def give(self, shown: ShownToken, authorization: Authorization, body: Mapping[str, Any]) -> CredentialAnswer:
        """The credential set of an access token, once, or the transaction under which it can be fetched later.

        Raises WalletTokenInvalid, DpopProofInvalid, CredentialConfigurationUnknown, CredentialIdentifierUnknown,
        CredentialRequestInvalid, EncryptionParametersInvalid, KeyProofInvalid, CredentialNonceInvalid, CredentialSetMinted,
        CredentialDenied.
        """
        with self.steps.watched("credential", authorization.subject):
            request = CredentialRequest.read(body)
            request.require_authorized(authorization)
            proofs = verify_key_proofs(
                request.proofs,
                credential_issuer=self.offers.credential_issuer(shown.claim_issuer_id),
                instant=self.clock.now(),
                require_nonce=self._require_nonce,
                limit=BATCH_SIZE,
            )
            with self.db.write() as session:
                intended = self._begin(session, shown, proofs)
            return CredentialAnswer(self._complete(intended), request.encryption)

    def fetch(self, shown: ShownToken, authorization: Authorization, body: Mapping[str, Any]) -> CredentialAnswer:
        """What was deferred, once it is decided, and once only; until then the same transaction again.

        Raises WalletTokenInvalid, DpopProofInvalid, TransactionUnknown, EncryptionParametersInvalid, CredentialDenied.
        """
        with self.steps.watched("deferred_credential", authorization.subject):
            request = DeferredRequest.read(body)
            with self.db.write() as session:
                intended = self._resume(session, shown, request)
            # The member is optional here (§9.2), and a library that many wallets are made of refuses an answer that has it.
            return CredentialAnswer(replace(self._complete(intended), notification_id=None), request.encryption)

    def notify(self, shown: ShownToken, notification: Notification) -> None:
        """Note what became of the credentials; saying it again changes nothing.

        Raises WalletTokenInvalid, DpopProofInvalid, NotificationUnknown.
        """
        with self.db.write() as session:
            authorization = self._opened(session, shown, lock=True)
            self.authorizations.use_up_proof(session, shown.proof)
            row = session.get(CredentialSetRow, authorization.id, with_for_update=True)
            named = _same(notification.notification_id, self.authorizations.notification_id(authorization))
            if row is None or row.given_at is None or not named:
                raise NotificationUnknown("give the notification_id of the credential response that came for this access token")
            if row.told == notification.event.value:
                return
            row.told = told = notification.event.value
            self.steps.note(session, authorization.subject, step="notification", code=told, told=told)
            self._audit(session, authorization, f"credential_set.{told.removeprefix('credential_')}")

    def _begin(self, session: Session, shown: ShownToken, proofs: KeyProofs) -> _Intended:
        authorization = self._opened(session, shown, lock=True)
        self.authorizations.use_up_proof(session, shown.proof)
        self._use_up(session, proofs.nonce)
        if session.get(CredentialSetRow, authorization.id) is not None:
            raise CredentialSetMinted("this access token had its credentials: take a new credential offer for more")
        application = self.issuance.application_named(session, authorization.application_id)
        ready = self._is_ready(session, application)
        row = CredentialSetRow(
            authorization_id=authorization.id,
            holder_jwks=[dict(jwk) for jwk in proofs.holder_jwks],
            form_ids=[],
            asked_at=self.clock.now(),
            deferred=not ready,
        )
        session.add(row)
        session.flush()
        if not ready:
            now = self.clock.now()
            self.steps.note(session, authorization.subject, step="credential", code="credential_deferred", deferred_at=now)
            self._audit(session, authorization, "credential_set.deferred")
            return _Intended(authorization, str(application.account), ())
        return self._intend(session, authorization, application, row)

    def _resume(self, session: Session, shown: ShownToken, request: DeferredRequest) -> _Intended:
        authorization = self._opened(session, shown, lock=True)
        self.authorizations.use_up_proof(session, shown.proof)
        row = session.get(CredentialSetRow, authorization.id, with_for_update=True)
        named = _same(request.transaction_id, self.authorizations.transaction_id(authorization))
        if row is None or not row.deferred or row.given_at is not None or not named:
            raise TransactionUnknown("no credential waits under this transaction_id for this access token")
        application = self.issuance.application_named(session, authorization.application_id)
        if row.form_ids:
            return _Intended(authorization, str(application.account), row.form_ids)
        if not self._is_ready(session, application):
            return _Intended(authorization, str(application.account), ())
        return self._intend(session, authorization, application, row)

    def _intend(self, session: Session, authorization: Authorization, application: Application, row: CredentialSetRow) -> _Intended:
        actor = str(application.account)
        try:
            form_ids = self.forms.intend_sd_jwt_vc(session, application.claim_id or "", row.holder_jwks, actor=actor)
        except (Conflict, InvalidInput, NotFound, NotPermitted) as refusal:
            raise CredentialDenied("the claim cannot be given (any more): ask the claim issuer") from refusal
        row.form_ids = form_ids
        session.flush()
        return _Intended(authorization, actor, form_ids)

    def _complete(self, intended: _Intended) -> Credentials:
        """Sign what was intended and hand it over, once."""
        if not intended.form_ids:
            return Credentials(transaction_id=self.authorizations.transaction_id(intended.authorization))
        for form_id in intended.form_ids:
            self.forms.complete(form_id, actor=intended.actor)
        with self.db.write() as session:
            return self._hand_over(session, intended)

    def _hand_over(self, session: Session, intended: _Intended) -> Credentials:
        authorization = intended.authorization
        taken = session.execute(
            update(CredentialSetRow)
            .where(CredentialSetRow.authorization_id == authorization.id, CredentialSetRow.given_at.is_(None))
            .values(given_at=self.clock.now())
            .returning(CredentialSetRow.authorization_id)
        )
        if taken.first() is None:
            raise TransactionUnknown("the credentials were fetched at this moment by another request")
        try:
            credentials = tuple(self.forms.credential(session, form_id) for form_id in intended.form_ids)
        except FormUnknown as refusal:
            raise CredentialDenied("the claim was withdrawn before it was signed: ask the claim issuer") from refusal
        now = self.clock.now()
        self.steps.note(session, authorization.subject, step="credential", code="credential_issued", issued_at=now)
        self._audit(session, authorization, "credential_set.given", credentials=len(credentials))
        return Credentials(credentials=credentials, notification_id=self.authorizations.notification_id(authorization))

    def _opened(self, session: Session, shown: ShownToken, *, lock: bool = False) -> Authorization:
        return self.authorizations.opened_by(session, shown.token, claim_issuer_id=shown.claim_issuer_id, jkt=shown.jkt, lock=lock)

    def _require_nonce(self, nonce: str) -> None:
        self.nonces.judge(CREDENTIAL_NONCE, nonce)

    def _use_up(self, session: Session, nonce: str) -> None:
        try:
            self.single_use.mark_seen(session, _USED_NONCES, nonce, self.nonces.judge(CREDENTIAL_NONCE, nonce))
        except NonceReplayed as error:
            raise CredentialNonceInvalid("this nonce was used before: take a new one from the nonce endpoint") from error

    def _is_ready(self, session: Session, application: Application) -> bool:
        """Whether the claim can be given now, and not only after a decision or its first signature. Raises CredentialDenied."""
        if application.state is ApplicationState.REJECTED:
            raise CredentialDenied("the claim issuer rejected the application")
        if application.claim_id is None:
            return False
        liveness = self.issuance.claim(session, application.claim_id).liveness(self.clock.now())
        if liveness in (Liveness.REVOKED, Liveness.EXPIRED, Liveness.ACCOUNT_UNLINKED):
            raise CredentialDenied(f"the claim is {liveness.value}")
        return liveness is Liveness.LIVE

    def _audit(self, session: Session, authorization: Authorization, action: str, **details: int) -> None:
        application = self.issuance.application_named(session, authorization.application_id)
        told = {"application": application.id, **details}
        self.audit.append(session, actor=str(application.account), action=action, subject=authorization.id, details=told)


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
