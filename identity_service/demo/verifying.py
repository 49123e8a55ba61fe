"""Verifies a credential as a stranger does: published DID documents, status lists and accreditations, and the pure library.

Which roots to trust is a choice of whoever verifies; a test wallet takes those that the service publishes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from claim_issuers.claims.claim import Validity
from claim_issuers.errors import Refused
from claim_issuers.formats.jose import read_unverified
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
from identity_service.demo.api import Transport, require_success


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
            status=lambda uri, index: self._status(uri, index, issuer, now),
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

    def _status(self, uri: str, index: int, issuer: str, now: datetime) -> int:
        """The status in a list that the credential's own claim issuer signed."""
        if not uri.startswith(f"{self.transport.base_url}/"):
            raise PublishedElsewhere("the status list lies on another host")
        listed = self._text(uri.removeprefix(self.transport.base_url))
        return verify_status_list(listed, uri=uri, keys=lambda kid: self._key(issuer, kid), instant=now).array.get(index)

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
