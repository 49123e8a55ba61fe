"""Verifies a credential as a stranger does: published DID documents, status lists and accreditations, and the pure library.

Which roots to trust is a choice of whoever verifies; a test wallet takes those that the service publishes.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from claim_issuers.claims.claim import Validity
from claim_issuers.errors import Refused
from claim_issuers.formats.jose import read_unverified
from claim_issuers.formats.key_binding import bind
from claim_issuers.formats.presented_claim import issuer_of
from claim_issuers.formats.sd_jwt import SdJwt
from claim_issuers.formats.type_metadata import CredentialTypes
from claim_issuers.identifiers.accounts import Account
from claim_issuers.identifiers.did import MalformedDid
from claim_issuers.identifiers.did_web import document_url
from claim_issuers.identifiers.document_keys import keys_of_document
from claim_issuers.keys.public_keys import PublicKey
from claim_issuers.status.token_status_list import verify as verify_status_list
from claim_issuers.trust.accreditation import Accreditation, PathDecision, Root, decide_path
from claim_issuers.trust.jurisdictions import ClaimJurisdiction
from claim_issuers.verifiers.checks import Verification
from claim_issuers.verifiers.credentials import verify_vc_jwt
from claim_issuers.verifiers.presentations import KeyBindingDemand, PresentationVerification, verify_sd_jwt_vc
from identity_service.demo.api import Transport, require_success
from identity_service.demo.credential_wallet import HeldCredential

_VERIFIER: Final = "https://verifier.example"
_FRESH: Final = timedelta(minutes=5)


class PublishedElsewhere(Refused):
    """The credential points to a document of another host, which a test wallet does not ask."""

    code = "published_elsewhere"


@dataclass(frozen=True, slots=True)
class Verifier:
    """Asks one service for what it publishes to everybody."""

    transport: Transport

    def verify(self, credential: str, account: Account) -> Verification:
        """Every check of a ``vc+jwt`` that is to be about ``account``, now. Raises MalformedToken."""
        now, issuer = self.transport.clock.now(), str(read_unverified(credential).payload.get("issuer"))
        return verify_vc_jwt(
            credential,
            keys=self._key,
            instant=now,
            status=lambda uri, index: self._status(uri, index, issuer),
            accreditation=lambda did, topic, place: self._accreditation(did, topic, place, now),
            account=account,
        )

    def present(self, held: HeldCredential, *, disclose: Collection[str], account: Account) -> PresentationVerification:
        """Show a held credential to a verifier of this moment's making, and every check that it makes. Raises MalformedSdJwt."""
        now, nonce = self.transport.clock.now(), self.transport.idempotency_key()
        sd_jwt = SdJwt.parse(held.credential).disclosing(disclose)
        shown = bind(sd_jwt, audience=_VERIFIER, nonce=nonce, issued_at=now, signer=held.key)
        issuer = issuer_of(read_unverified(sd_jwt.issuer_jwt).payload)
        return verify_sd_jwt_vc(
            str(shown),
            keys=self._key,
            types=CredentialTypes(f"{self.transport.base_url}/credential-types"),
            instant=now,
            binding=KeyBindingDemand(audience=_VERIFIER, nonce=nonce, max_age=_FRESH),
            status=lambda uri, index: self._status(uri, index, issuer),
            accreditation=lambda did, topic, place: self._accreditation(did, topic, place, now),
            account=account,
        )

    def _key(self, did: str, kid: str) -> PublicKey:
        """The key that the DID document of a did:web names. Raises PublishedElsewhere; KeyError when it names no such key."""
        return keys_of_document(self._json(self._did_path(did)), did)[kid]

    def _did_path(self, did: str) -> str:
        try:
            place = urlsplit(document_url(did))
        except MalformedDid as fault:
            raise PublishedElsewhere("the claim issuer has no did:web") from fault
        if place.netloc != urlsplit(self.transport.base_url).netloc:
            raise PublishedElsewhere("the claim issuer's DID document lies on another host")
        return place.path

    def _status(self, uri: str, index: int, issuer: str) -> int:
        """The status in a list that the credential's own claim issuer signed."""
        if not uri.startswith(f"{self.transport.base_url}/"):
            raise PublishedElsewhere("the status list lies on another host")
        listed = self._text(uri.removeprefix(self.transport.base_url))
        asked = self.transport.clock.now()  # the list may be younger than the question
        return verify_status_list(listed, uri=uri, keys=lambda kid: self._key(issuer, kid), instant=asked).array.get(index)

    def _accreditation(self, did: str, topic: str, place: ClaimJurisdiction, now: datetime) -> PathDecision:
        roots = [Root(one["did"]) for one in self._items("/v1/claim-issuers") if one["root"]]
        links = map(_accreditation, self._items("/v1/accreditations"))
        return decide_path(did, topic, roots, links, now, jurisdiction=place)

    def _items(self, path: str) -> Iterator[dict[str, Any]]:
        cursor = ""
        while cursor is not None:
            page = self._json(path if not cursor else f"{path}?cursor={cursor}")
            yield from page["items"]
            cursor = page["next"]

    def _json(self, path: str) -> Any:
        return require_success(self.transport.send("GET", path, headers={}), path).json()

    def _text(self, path: str) -> str:
        return require_success(self.transport.send("GET", path, headers={}), path).body.decode()


def _accreditation(one: dict[str, Any]) -> Accreditation:
    return Accreditation(
        id=one["id"],
        accreditor=one["accreditor"],
        claim_issuer=one["claim_issuer"],
        topics=frozenset(one["topics"]),
        jurisdictions=None if one["jurisdictions"] is None else frozenset(one["jurisdictions"]),
        may_accredit=one["may_accredit"],
        path_length=one["path_length"],
        validity=Validity(datetime.fromisoformat(one["valid_from"]), datetime.fromisoformat(one["valid_until"])),
        revoked_at=None if one["revoked_at"] is None else datetime.fromisoformat(one["revoked_at"]),
    )
