"""Claim issuers as members of the mesh, and the errors of this room. No I/O."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from claim_issuers.claims.vocabulary import claim_type
from claim_issuers.errors import Conflict, InvalidInput, NotFound
from claim_issuers.identifiers.accounts import Address, ChainId

MAXIMUM_VALIDITY: Final = timedelta(days=5 * 366)
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,120}")


class ClaimIssuerUnknown(NotFound):
    """No claim issuer has this id or DID."""

    code = "claim_issuer_unknown"


class ClaimIssuerInvalid(InvalidInput):
    """The claim issuer's description breaks a rule."""

    code = "claim_issuer_invalid"


class ClaimIssuerExists(Conflict):
    """The party is a claim issuer already."""

    code = "claim_issuer_exists"


class ContractAlreadyNamed(Conflict):
    """The claim issuer has another contract on this chain already."""

    code = "claim_issuer_contract_already_named"


class ContractUnfit(InvalidInput):
    """The contract does not know the claim issuer's keys, or is no claim-issuer contract."""

    code = "claim_issuer_contract_unfit"


class ContractMissing(Conflict):
    """The claim issuer has no contract on this chain yet."""

    code = "claim_issuer_contract_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainPresence:
    """A claim issuer on one chain: its contract, the key that signs claims there, the key that sends revocations.

    The revocation key is a management key of the contract, because the deployed contract lets nobody else revoke; the contract
    would also accept claims that it signs, so this service uses it for transactions alone.
    """

    chain: ChainId
    contract: Address | None
    claim_key_name: str
    revocation_key_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimIssuer:
    """An organisation that issues claims: its DID, its signing key's name in the vault, and where it stands on chain."""

    id: str
    party_id: str
    name: str
    did: str
    key_name: str
    claim_types: frozenset[str]
    maximum_validity: timedelta
    is_root: bool
    chains: tuple[ChainPresence, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ClaimIssuerInvalid("give a name of 1 to 120 printable characters", pointer="/name")
        if not self.claim_types:
            raise ClaimIssuerInvalid("name the claim types that it issues", pointer="/claim_types")
        for name in self.claim_types:
            claim_type(name)
        if not timedelta() < self.maximum_validity <= MAXIMUM_VALIDITY:
            raise ClaimIssuerInvalid("claims live between a second and five years", pointer="/maximum_validity_seconds")

    def on(self, chain: ChainId) -> ChainPresence:
        """Where the claim issuer stands on ``chain``. Raises ContractMissing."""
        for presence in self.chains:
            if presence.chain == chain:
                return presence
        raise ContractMissing("the claim issuer is not set up on this chain")

    def contract_on(self, chain: ChainId) -> Address:
        """Its claim-issuer contract on ``chain``. Raises ContractMissing."""
        contract = self.on(chain).contract
        if contract is None:
            raise ContractMissing("deploy a claim-issuer contract with these keys and name it first")
        return contract


@dataclass(frozen=True, slots=True, kw_only=True)
class AccreditationTerms:
    """What a CLAIM_ISSUER claim lets its holder do; ``jurisdictions`` are where (ISO 3166), None is everywhere."""

    topics: frozenset[str]
    jurisdictions: frozenset[str] | None
    may_accredit: bool
    path_length: int
    valid_from: datetime
    valid_until: datetime
