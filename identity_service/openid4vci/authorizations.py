"""The token endpoint's use cases: a grant is redeemed once, and the access token that it gives opens one credential set.

Each grant type is a ``Grant``; ``bootstrap`` names them. A step that has to outlive its refusal (an attempt at a transaction code)
has a transaction of its own, so this file opens transactions itself.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from claim_issuers.encodings import base64url
from claim_issuers.errors import DomainError
from identity_service.access.model import NonceReplayed
from identity_service.access.single_use import SingleUse
from identity_service.audit.service import AuditLog
from identity_service.issuance.model import ApplicationState
from identity_service.issuance.service import Issuance
from identity_service.openid4vci.authorization_details import granted, requested_configuration
from identity_service.openid4vci.authorization_request import AuthorizationCodeReplayed
from identity_service.openid4vci.dpop import DpopProof
from identity_service.openid4vci.model import (
    TOKEN_LIFETIME,
    TX_CODE_ATTEMPTS,
    UNDECIDED_TOKEN_LIFETIME,
    Authorization,
    AuthorizationDetailsInvalid,
    GivenToken,
    GrantTypeUnsupported,
    OfferExpired,
    OfferState,
    OfferUsed,
    PreAuthorizedCodeInvalid,
    Redemption,
    Subject,
    TokenRequest,
    TransactionCodeExhausted,
    TransactionCodeMissing,
    TransactionCodeWrong,
    WalletTokenInvalid,
    digest_of,
    short_code,
)
from identity_service.openid4vci.offers import CodeVault, OfferCodes, Offers, progress_of
from identity_service.openid4vci.protocol_errors import DpopProofInvalid
from identity_service.openid4vci.steps import Steps
from identity_service.openid4vci.tables import AuthorizationRow, OfferRow
from identity_service.openid4vci.wallet_authorizations import WalletAuthorizations
from identity_service.storage import Database, new_id

DPOP_PROOFS: Final = "dpop_jti"
_TRANSACTIONS: Final = "openid4vci-transaction"
_NOTIFICATIONS: Final = "openid4vci-notification"
_TOKEN_BYTES: Final = 32
_OVER: Final[Mapping[OfferState, type[DomainError]]] = {
    OfferState.EXPIRED: OfferExpired,
    OfferState.WITHDRAWN: PreAuthorizedCodeInvalid,
    OfferState.LOCKED: TransactionCodeExhausted,
}


class Grant(Protocol):
    """One grant type of the token endpoint.

    ``before`` does, in transactions of its own, what has to outlive a refusal, and names the subject as soon as it is known.
    ``redeem`` uses the grant up, and its offer by ``Offers.take_up``, in the caller's transaction, the one that gives the token.
    Both raise WalletProtocolErrors.
    """

    def before(self, request: TokenRequest, subject: Subject) -> None: ...
    def redeem(self, session: Session, request: TokenRequest) -> Redemption: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizations:
    """Gives access tokens and says what one opens. Of tokens only hashes are kept."""

    clock: Clock
    entropy: Entropy
    vault: CodeVault
    issuance: Issuance
    offers: Offers
    wallets: WalletAuthorizations
    single_use: SingleUse
    audit: AuditLog

    def give(self, session: Session, redemption: Redemption, *, jkt: str | None, details_asked: bool) -> GivenToken:
        """A token for what a grant opened, bound to the key behind ``jkt`` if there is one.

        It lives 30 days while the application waits for its decision, if an offer led to it or it is bound; a quarter of an hour
        otherwise.
        """
        application = self.issuance.application_named(session, redemption.application_id)
        undecided = application.state is ApplicationState.SUBMITTED
        is_held = redemption.offer_id is not None or jkt is not None
        lifetime = UNDECIDED_TOKEN_LIFETIME if undecided and is_held else TOKEN_LIFETIME
        token, now = base64url.encode(self.entropy.token_bytes(_TOKEN_BYTES)), self.clock.now()
        named = details_asked or redemption.details_asked
        row = AuthorizationRow(
            id=new_id("aut", self.entropy),
            token_hash=digest_of(token),
            offer_id=redemption.offer_id,
            application_id=application.id,
            claim_issuer_id=redemption.claim_issuer_id,
            configuration_id=redemption.configuration_id,
            credential_identifier=new_id("crd", self.entropy) if named else None,
            dpop_jkt=jkt,
            code_hash=redemption.code_hash,
            wallet=redemption.wallet,
            created_at=now,
            expires_at=now + lifetime,
        )
        session.add(row)
        session.flush()
        details = {"application": application.id, "bound": jkt is not None}
        self.audit.append(
            session, actor=str(application.account), action="credential_authorization.given", subject=row.id, details=details
        )
        return _given(row, token, lifetime)

    def opened_by(
        self, session: Session, token: str, *, claim_issuer_id: str, jkt: str | None, lock: bool = False
    ) -> Authorization:
        """What a token opens at this claim issuer; ``jkt`` is the key whose DPoP proof came with it. Raises WalletTokenInvalid."""
        query = select(AuthorizationRow).where(AuthorizationRow.token_hash == digest_of(token))
        row = session.scalars(query.with_for_update() if lock else query).one_or_none()
        if row is None or row.expires_at <= self.clock.now() or row.claim_issuer_id != claim_issuer_id:
            raise WalletTokenInvalid("take a new credential offer: this access token opens nothing here, or not any more")
        if row.dpop_jkt != jkt:
            raise WalletTokenInvalid("show the access token as it was given: with a DPoP proof of its key, or as Bearer")
        if row.withdrawn_at is not None:
            raise WalletTokenInvalid("what this access token opens was taken back: take a new credential offer")
        if row.offer_id is not None and self.offers.is_withdrawn(session, row.offer_id):
            raise WalletTokenInvalid("the credential offer was taken back: take a newer one")
        return _authorization(row)

    def withdraw_given_for(self, session: Session, code: str) -> str | None:
        """End the token that an authorization code gave; the id of its application, None when the code gave no token."""
        row = session.scalars(_of_code(code).with_for_update()).one_or_none()
        if row is None:
            return None
        application = self.issuance.application_named(session, row.application_id)
        if row.expires_at > self.clock.now() and row.withdrawn_at is None:
            row.withdrawn_at = self.clock.now()
            self.wallets.note_ended(session, [row], application.account, reason="authorization_code_replayed")
        return application.id

    def was_given_for(self, session: Session, code: str) -> bool:
        """Whether an authorization code gave a token."""
        return session.scalars(_of_code(code)).one_or_none() is not None

    def use_up_proof(self, session: Session, proof: DpopProof | None) -> None:
        """Remember a DPoP proof; one that was shown before is refused. Raises DpopProofInvalid."""
        if proof is None:
            return
        try:
            self.single_use.mark_seen(session, DPOP_PROOFS, proof.used_once, proof.remembered_until)
        except NonceReplayed as error:
            raise DpopProofInvalid("this proof was shown before: make a new one for each request") from error

    def transaction_id(self, authorization: Authorization) -> str:
        """Under which the credentials of an undecided application will be fetched."""
        return short_code(self.vault.keyed_hash(_TRANSACTIONS, authorization.id.encode()))

    def notification_id(self, authorization: Authorization) -> str:
        """Under which the wallet says what became of its credentials."""
        return short_code(self.vault.keyed_hash(_NOTIFICATIONS, authorization.id.encode()))


@dataclass(frozen=True, slots=True, kw_only=True)
class PreAuthorizedGrant:
    """The pre-authorized code grant (OpenID4VCI 1.0 §6.1) with a transaction code that came by mail."""

    db: Database
    clock: Clock
    codes: OfferCodes
    offers: Offers

    def before(self, request: TokenRequest, subject: Subject) -> None:
        """Find the offer, and count and compare the transaction code: counted first, in a transaction of its own.

        Raises PreAuthorizedCodeInvalid, TransactionCodeMissing, TransactionCodeWrong, TransactionCodeExhausted.
        """
        code = request.required("pre-authorized_code")
        with self.db.read() as session:
            offer_id = self._usable(session, code, request.claim_issuer_id, subject).id
        tx_code = request.form.get("tx_code")
        if not tx_code:
            raise TransactionCodeMissing("give the transaction code that came by mail as tx_code")
        expected, last = self._count(offer_id)
        given = self.codes.tx_code_hash(offer_id, tx_code)
        if expected is not None and hmac.compare_digest(given, expected):
            return
        if last:
            self._lock(offer_id)
            raise TransactionCodeExhausted("the transaction code was wrong too often: ask for a new credential offer")
        raise TransactionCodeWrong("the transaction code is not the one in the mail that came last")

    def redeem(self, session: Session, request: TokenRequest) -> Redemption:
        """Use the code up: of many who try at once, one does. Raises PreAuthorizedCodeInvalid."""
        row = self._usable(session, request.required("pre-authorized_code"), request.claim_issuer_id, Subject())
        if not self.offers.take_up(session, row.id):
            raise OfferUsed("the pre-authorized code was used already: ask for a new credential offer")
        return Redemption(
            application_id=row.application_id,
            claim_issuer_id=row.claim_issuer_id,
            configuration_id=row.configuration_id,
            offer_id=row.id,
        )

    def _usable(self, session: Session, code: str, claim_issuer_id: str, subject: Subject) -> OfferRow:
        query = select(OfferRow).where(OfferRow.pre_authorized_code_hash == digest_of(code))
        row = session.scalars(query).one_or_none()
        if row is None or row.claim_issuer_id != claim_issuer_id or not row.with_tx_code:
            raise PreAuthorizedCodeInvalid("no credential offer of this claim issuer has this pre-authorized code")
        state = progress_of(row).state(self.clock.now())
        if not state.is_open:  # nothing is noted: whoever has seen the QR code could go on overwriting what the offer came to
            raise _OVER.get(state, OfferUsed)(f"the credential offer is {state.value}: ask for a new one")
        subject.offer_id = row.id
        return row

    def _count(self, offer_id: str) -> tuple[bytes | None, bool]:
        """One attempt more, before anything is compared; what is expected, and whether it was the last attempt."""
        with self.db.write() as session:
            counted = session.execute(
                update(OfferRow)
                .where(OfferRow.id == offer_id, OfferRow.tx_code_attempts < TX_CODE_ATTEMPTS)
                .values(tx_code_attempts=OfferRow.tx_code_attempts + 1)
                .returning(OfferRow.tx_code_hash, OfferRow.tx_code_attempts)
            ).one_or_none()
        if counted is None:
            raise TransactionCodeExhausted("the transaction code was tried too often: ask for a new credential offer")
        return counted.tx_code_hash, counted.tx_code_attempts >= TX_CODE_ATTEMPTS

    def _lock(self, offer_id: str) -> None:
        with self.db.write() as session:
            session.execute(
                update(OfferRow).where(OfferRow.id == offer_id, OfferRow.redeemed_at.is_(None)).values(locked_at=self.clock.now())
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEndpoint:
    """Gives an access token for a grant. ``grants`` maps each ``grant_type`` to what handles it."""

    db: Database
    authorizations: Authorizations
    steps: Steps
    grants: Mapping[str, Grant]

    def give(self, request: TokenRequest, proof: DpopProof | None) -> dict[str, Any]:
        """The token response (OpenID4VCI 1.0 §6.2); a nonce for key proofs comes from the nonce endpoint alone.

        Raises TokenRequestInvalid, GrantTypeUnsupported, AuthorizationDetailsInvalid, DpopProofInvalid, and what the grant raises.
        """
        grant = self.grants.get(request.required("grant_type"))
        if grant is None:
            raise GrantTypeUnsupported("use one of the grant types in the metadata of this authorization server")
        with self.steps.watched("token") as subject:
            grant.before(request, subject)
            try:
                return self._given(grant, request, proof, subject)
            except AuthorizationCodeReplayed:
                grant.before(request, subject)  # another request used the code meanwhile: now it knows, and ends that token
                raise

    def _given(self, grant: Grant, request: TokenRequest, proof: DpopProof | None, subject: Subject) -> dict[str, Any]:
        with self.db.write() as session:
            self.authorizations.use_up_proof(session, proof)
            redemption = grant.redeem(session, request)
            subject.offer_id, subject.application_id = redemption.offer_id, redemption.application_id
            given = self.authorizations.give(
                session,
                redemption,
                jkt=None if proof is None else proof.jkt,
                details_asked=self._details_asked(request, redemption),
            )
            self.steps.note(session, subject, step="token", code="token_issued")
        return _token_response(given)

    def _details_asked(self, request: TokenRequest, redemption: Redemption) -> bool:
        text = request.form.get("authorization_details")
        if text is None:
            return False
        credential_issuer = self.authorizations.offers.credential_issuer(redemption.claim_issuer_id)
        if requested_configuration(text, credential_issuer=credential_issuer) != redemption.configuration_id:
            raise AuthorizationDetailsInvalid("this grant is for another credential configuration")
        return True


def _of_code(code: str) -> Select[AuthorizationRow]:
    return select(AuthorizationRow).where(AuthorizationRow.code_hash == digest_of(code))


def _token_response(given: GivenToken) -> dict[str, Any]:
    response: dict[str, Any] = {
        "access_token": given.access_token,
        "token_type": given.token_type,
        "expires_in": int(given.expires_in.total_seconds()),
    }
    if given.credential_identifier is not None:
        response["authorization_details"] = granted(given.configuration_id, given.credential_identifier)
    return response


def _given(row: AuthorizationRow, token: str, lifetime: timedelta) -> GivenToken:
    return GivenToken(
        access_token=token,
        token_type="Bearer" if row.dpop_jkt is None else "DPoP",
        expires_in=lifetime,
        configuration_id=row.configuration_id,
        credential_identifier=row.credential_identifier,
    )


def _authorization(row: AuthorizationRow) -> Authorization:
    return Authorization(
        id=row.id,
        offer_id=row.offer_id,
        application_id=row.application_id,
        claim_issuer_id=row.claim_issuer_id,
        configuration_id=row.configuration_id,
        credential_identifier=row.credential_identifier,
        dpop_jkt=row.dpop_jkt,
        expires_at=row.expires_at,
    )
