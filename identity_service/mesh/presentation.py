"""A claim issuer as the world meets it: its DID document, the addresses of its keys, and its contract on chain."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from claim_issuers.identifiers.accounts import Address, ChainId
from claim_issuers.identifiers.did_document import DidDocument, VerificationMethod
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.signers import DigestSigner, Signer
from identity_service.chain import onchainid
from identity_service.chain.directory import ChainDirectory
from identity_service.chain.errors import CallReverted
from identity_service.chain.identity_reads import IdentityReads
from identity_service.mesh.model import ChainPresence, ClaimIssuer, ContractUnfit


class PresentedKeys(Protocol):
    """What this needs of the vault."""

    def signer(self, name: str) -> Signer: ...
    def digest_signer(self, name: str) -> DigestSigner: ...


@dataclass(frozen=True, slots=True)
class Presentation:
    """Shows public keys and checks contracts."""

    keys: PresentedKeys
    chains: ChainDirectory

    def require_known(self, wanted: Iterable[ChainId]) -> None:
        """Return when the service talks to every one of these chains. Raises ChainNotConfigured."""
        for chain in wanted:
            self.chains.on(chain)

    def address_of(self, key_name: str) -> str:
        """The account of a secp256k1 key, in EIP-55 form."""
        return str(self._address(key_name))

    def require_keys_on(self, presence: ChainPresence, contract: Address) -> None:
        """Return when the contract lets our claim key sign and our revocation key revoke. Raises ContractUnfit, NoContract."""
        client = self.chains.on(presence.chain)
        reads, head = IdentityReads(client), client.head()
        wanted = ((presence.claim_key_name, onchainid.CLAIM), (presence.revocation_key_name, onchainid.MANAGEMENT))
        try:
            # An identity contract holds keys too; only a claim issuer's knows revocations.
            reads.is_claim_revoked(contract, bytes(65), head)
            missing = [purpose for name, purpose in wanted if not reads.has_purpose(contract, self._address(name), purpose, head)]
        except CallReverted as error:
            raise ContractUnfit("name a claim-issuer contract (ONCHAINID 2.x)", pointer="/contract") from error
        if missing:
            purposes = " and ".join(map(str, missing))
            raise ContractUnfit(f"add our keys with purpose {purposes} to the contract first", pointer="/contract")

    def _address(self, key_name: str) -> Address:
        return self.keys.digest_signer(key_name).address

    def did_document(self, issuer: ClaimIssuer) -> dict[str, Any]:
        """The did:web document with the key that signs credentials (W3C DID Core §5)."""
        signer = self.keys.signer(issuer.key_name)
        method = VerificationMethod(kid=signer.kid, public_key=public_key_from_jwk(signer.public_jwk()))
        return DidDocument(id=issuer.did, assertion_method=(method,)).as_json()
