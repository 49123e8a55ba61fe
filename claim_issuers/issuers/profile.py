"""What a claim issuer may say, and the single-use token that proves it may say this.

>>> Profile(claim_issuer="did:web:issuer.example", claim_types=frozenset({"INVESTOR"}),
...         max_validity=timedelta(days=366)).claim_issuer
'did:web:issuer.example'
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from claim_issuers.claims.attributes import ClaimAttributes
from claim_issuers.claims.claim import Claim, Validity
from claim_issuers.claims.vocabulary import ClaimType, InvalidClaimAttributes, claim_type, validate_attributes
from claim_issuers.clock import aware
from claim_issuers.errors import InvalidInput, NotPermitted
from claim_issuers.formats.erc735 import Erc735Data, Erc735Form, binding
from claim_issuers.formats.onchain import OnChainForm
from claim_issuers.identifiers.accounts import Account, Address
from claim_issuers.identifiers.canonical_did import canonical_did
from claim_issuers.issuers.prepared import PreparedClaim, PreparedOnChainClaim, _prepared_claim, _prepared_on_chain
from claim_issuers.trust.accreditation import PathDecision
from claim_issuers.trust.jurisdictions import jurisdiction_of

_ERC735: Final = Erc735Form()


class InvalidProfile(InvalidInput):
    """The profile contradicts itself or the vocabulary."""

    code = "invalid_profile"


class ClaimTypeNotInProfile(NotPermitted):
    """This claim issuer does not issue claims of this type."""

    code = "claim_type_not_in_profile"


class ClaimIssuerNotAccredited(NotPermitted):
    """No accreditation path lets this claim issuer issue this claim type now, about the place that the claim is about."""

    code = "claim_issuer_not_accredited"


class ValidityNotPermitted(InvalidInput):
    """The validity is over, or longer than the profile allows."""

    code = "validity_not_permitted"


class HolderKeyRequired(InvalidInput):
    """The profile demands the wallet's proved public key."""

    code = "holder_key_required"


class FormForAnotherContract(InvalidInput):
    """The on-chain form is for another chain or claim-issuer contract than the target."""

    code = "form_for_another_contract"


class WrongClaimIssuer(NotPermitted):
    """The claim is another claim issuer's."""

    code = "wrong_claim_issuer"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRequest:
    """What somebody approved to be said: raw attributes, a checked account and validity."""

    id: str
    claim_type: str
    account: Account
    holder_jwk: Mapping[str, str] | None
    attributes: Mapping[str, Any]
    validity: Validity


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """The place reserved for one claim: the list's URI and the index in it."""

    uri: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OnChainTarget:
    """Where an on-chain claim will live, its index there, 16 fresh random bytes that make its data unique, and its form.

    The form is that of the stock contract unless told otherwise.
    """

    chain_id: int
    issuer_contract: Address
    identity_contract: Address
    status_index: int
    salt16: bytes
    topic: int | None = None
    form: OnChainForm = _ERC735


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What one claim issuer issues: claim types, longest validity, and what it demands beyond the vocabulary.

    ``required_attributes`` names, for a claim type, attributes that the vocabulary leaves optional. Raises InvalidProfile,
    MalformedDid, UnknownClaimType.
    """

    claim_issuer: str
    claim_types: frozenset[str]
    max_validity: timedelta
    required_attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    require_holder_key: bool = False

    def __post_init__(self) -> None:
        canonical_did(self.claim_issuer)
        if not self.claim_types or self.max_validity <= timedelta():
            raise InvalidProfile("a profile has claim types and a longest validity")
        for name in sorted(self.claim_types | self.required_attributes.keys()):
            unknown = self.required_attributes.get(name, frozenset()) - claim_type(name).attributes.model_fields.keys()
            if unknown or name not in self.claim_types:
                raise InvalidProfile("required_attributes names what no claim of the profile has", pointer=f"/{name}")

    def prepare(
        self, request: ClaimRequest, *, accreditation: PathDecision, status: StatusEntry, instant: datetime
    ) -> PreparedClaim:
        """The claim this profile lets its issuer make now, to be signed once by ``issue``.

        Raises ClaimTypeNotInProfile, ClaimIssuerNotAccredited (also for a decision about another issuer, topic, jurisdiction or
        instant), ValidityNotPermitted, HolderKeyRequired, InvalidClaimAttributes, and the errors of Claim.
        """
        kind = self._permitted(request.claim_type, accreditation, instant)
        self._check_validity(request.validity, instant)
        if self.require_holder_key and request.holder_jwk is None:
            raise HolderKeyRequired(pointer="/holder_jwk")
        self._check_required(kind, request.attributes)
        attributes = validate_attributes(kind, request.attributes)
        _check_jurisdiction(attributes, accreditation)
        return _prepared_claim(
            Claim(
                id=request.id,
                claim_type=kind,
                claim_issuer=self.claim_issuer,
                account=request.account,
                holder_jwk=request.holder_jwk,
                attributes=attributes,
                validity=request.validity,
                status_list_uri=status.uri,
                status_list_index=status.index,
            )
        )

    def prepare_on_chain(
        self, claim: Claim, *, target: OnChainTarget, accreditation: PathDecision, instant: datetime
    ) -> PreparedOnChainClaim:
        """The on-chain form of a claim this issuer made, to be signed once by ``issue_on_chain``.

        ``target.topic`` replaces the vocabulary's topic where the token's registry says otherwise. Leaves to the caller that a
        trusted factory made the identity contract and that the claim is not revoked. Raises WrongClaimIssuer,
        ClaimTypeNotInProfile, ClaimIssuerNotAccredited, ValidityNotPermitted, FormForAnotherContract, ValueOutOfRange.
        """
        if claim.claim_issuer != self.claim_issuer:
            raise WrongClaimIssuer
        if not target.form.is_for(target.chain_id, target.issuer_contract):
            raise FormForAnotherContract
        kind = self._permitted(claim.claim_type.name, accreditation, instant)
        _check_jurisdiction(claim.attributes, accreditation)
        self._check_validity(claim.validity, instant)
        topic = kind.topic if target.topic is None else target.topic
        valid_from, valid_until = claim.validity.as_unix()
        data = Erc735Data(
            valid_from=valid_from,
            valid_until=valid_until,
            status_index=target.status_index,
            binding17=binding(
                chain_id=target.chain_id,
                issuer_contract=target.issuer_contract,
                identity_contract=target.identity_contract,
                topic=topic,
                claim_digest=claim.digest(),
                salt16=target.salt16,
            ),
        )
        return _prepared_on_chain(claim, target.form, target.identity_contract, topic, data.pack())

    def _permitted(self, name: str, accreditation: PathDecision, instant: datetime) -> ClaimType:
        kind = claim_type(name)
        if name not in self.claim_types:
            raise ClaimTypeNotInProfile
        about = (accreditation.claim_issuer, accreditation.topic, accreditation.instant)
        if not accreditation.accredited or about != (self.claim_issuer, name, aware(instant)):
            raise ClaimIssuerNotAccredited(reason=str(accreditation.reason))
        return kind

    def _check_validity(self, validity: Validity, instant: datetime) -> None:
        if validity.valid_until <= aware(instant):
            raise ValidityNotPermitted("the validity is already over", pointer="/validity")
        if validity.duration > self.max_validity:
            raise ValidityNotPermitted("the validity is longer than the profile allows", pointer="/validity")

    def _check_required(self, kind: ClaimType, attributes: Mapping[str, Any]) -> None:
        for name in sorted(self.required_attributes.get(kind.name, ())):
            if attributes.get(name) is None:
                raise InvalidClaimAttributes("this claim issuer requires it", pointer=f"/{name}")


def _check_jurisdiction(attributes: ClaimAttributes, accreditation: PathDecision) -> None:
    if accreditation.jurisdiction != jurisdiction_of(attributes):
        raise ClaimIssuerNotAccredited("the accreditation was decided for another place", reason="decision_about_another_case")
