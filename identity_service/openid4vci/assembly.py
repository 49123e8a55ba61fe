"""The room, put together from what lies below it: one call for ``bootstrap``."""

from dataclasses import dataclass
from typing import Self

from flask import Blueprint

from claim_issuers.clock import Clock, Entropy
from claim_issuers.formats.type_metadata import CredentialTypes
from identity_service.access.gate import Gate
from identity_service.access.single_use import SingleUse
from identity_service.audit.service import AuditLog
from identity_service.issuance.forms import Forms
from identity_service.issuance.service import Issuance
from identity_service.openid4vci.authorizations import Authorizations, PreAuthorizedGrant, TokenEndpoint
from identity_service.openid4vci.authorize import CodeGrant, CodeRequests
from identity_service.openid4vci.code_routes import blueprint as code_routes
from identity_service.openid4vci.credentials import CredentialEndpoint
from identity_service.openid4vci.issuer_documents import IssuerDocuments, SigningKeys
from identity_service.openid4vci.model import AUTHORIZATION_CODE, PRE_AUTHORIZED_CODE
from identity_service.openid4vci.nonces import Nonces
from identity_service.openid4vci.offer_routes import blueprint as offer_routes
from identity_service.openid4vci.offers import CodeVault, Notices, OfferCodes, Offers, TxCodes
from identity_service.openid4vci.routes import WalletCalls
from identity_service.openid4vci.routes import blueprint as wallet_routes
from identity_service.openid4vci.steps import OnboardingEvents, Steps
from identity_service.openid4vci.wallet_authorizations import WalletAuthorizations
from identity_service.storage import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the room stands on. ``loopback`` lets wallets be answered over http on this machine."""

    db: Database
    clock: Clock
    entropy: Entropy
    vault: CodeVault
    keys: SigningKeys
    issuance: Issuance
    forms: Forms
    single_use: SingleUse
    notices: Notices
    events: OnboardingEvents
    audit: AuditLog
    credential_types: CredentialTypes
    public_url: str
    loopback: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenId4Vci:
    """The use cases of the room; ``tx_codes`` is for whoever writes the mails."""

    nonces: Nonces
    steps: Steps
    offers: Offers
    tx_codes: TxCodes
    documents: IssuerDocuments
    authorizations: Authorizations
    tokens: TokenEndpoint
    code_requests: CodeRequests
    credentials: CredentialEndpoint

    @classmethod
    def on(cls, ground: Ground) -> Self:
        """The room on this ground."""
        codes = OfferCodes(vault=ground.vault)
        nonces = Nonces(hashes=ground.vault, clock=ground.clock, entropy=ground.entropy)
        steps = Steps(db=ground.db, events=ground.events)
        wallets = WalletAuthorizations(clock=ground.clock, issuance=ground.issuance, audit=ground.audit)
        offers = Offers(
            clock=ground.clock,
            entropy=ground.entropy,
            codes=codes,
            issuance=ground.issuance,
            notices=ground.notices,
            wallets=wallets,
            steps=steps,
            audit=ground.audit,
            public_url=ground.public_url,
        )
        authorizations = Authorizations(
            clock=ground.clock,
            entropy=ground.entropy,
            vault=ground.vault,
            issuance=ground.issuance,
            offers=offers,
            wallets=wallets,
            single_use=ground.single_use,
            audit=ground.audit,
        )
        pre_authorized = PreAuthorizedGrant(db=ground.db, clock=ground.clock, codes=codes, offers=offers)
        code_grant = CodeGrant(db=ground.db, single_use=ground.single_use, authorizations=authorizations)
        return cls(
            nonces=nonces,
            steps=steps,
            offers=offers,
            tx_codes=TxCodes(clock=ground.clock, entropy=ground.entropy, codes=codes),
            documents=_documents(ground),
            authorizations=authorizations,
            tokens=TokenEndpoint(
                db=ground.db,
                authorizations=authorizations,
                steps=steps,
                grants={PRE_AUTHORIZED_CODE: pre_authorized, AUTHORIZATION_CODE: code_grant},
            ),
            code_requests=_code_requests(ground, authorizations, steps),
            credentials=CredentialEndpoint(
                db=ground.db,
                clock=ground.clock,
                nonces=nonces,
                single_use=ground.single_use,
                issuance=ground.issuance,
                forms=ground.forms,
                offers=offers,
                authorizations=authorizations,
                steps=steps,
                audit=ground.audit,
            ),
        )

    def blueprints(self, gate: Gate) -> tuple[Blueprint, ...]:
        """What wallets and applicants call."""
        return (
            wallet_routes(gate, self.documents, self.offers, self.tokens, self.credentials),
            code_routes(self.code_requests, WalletCalls(self.credentials.clock, self.nonces, self.offers)),
            offer_routes(gate, self.offers),
        )


def _code_requests(ground: Ground, authorizations: Authorizations, steps: Steps) -> CodeRequests:
    return CodeRequests(
        db=ground.db,
        clock=ground.clock,
        single_use=ground.single_use,
        mesh=ground.issuance.mesh,
        issuance=ground.issuance,
        offers=authorizations.offers,
        authorizations=authorizations,
        steps=steps,
        audit=ground.audit,
        loopback=ground.loopback,
    )


def _documents(ground: Ground) -> IssuerDocuments:
    return IssuerDocuments(
        clock=ground.clock,
        mesh=ground.issuance.mesh,
        keys=ground.keys,
        vault=ground.vault,
        credential_types=ground.credential_types,
        public_url=ground.public_url,
    )
