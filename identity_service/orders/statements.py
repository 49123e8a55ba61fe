"""What we say about an accepted order, signed; and the public keys with which anybody can check it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from claim_issuers.claims.vocabulary import CLAIM_TYPES
from claim_issuers.formats.jose import sign_compact
from claim_issuers.keys.signers import Signer
from identity_service.orders.model import STATEMENT_TYPE, OrderRecord, statement

ORDERS_KEY: Final = "orders"


class StatementKeys(Protocol):
    """What this room needs of the vault."""

    def signer(self, name: str) -> Signer: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """Signs statements. ``issuer`` is our public address, ``published`` names the keys that the JWK set holds."""

    keys: StatementKeys
    issuer: str
    published: Sequence[str]

    def signed(self, record: OrderRecord) -> str:
        """The statement about an accepted order as a compact JWS.

        Only a committed record is signed, and the same record always gives the same bytes (Ed25519 is deterministic), so that
        nothing is lost when the process dies around the signature.
        """
        category_bit = CLAIM_TYPES[record.acceptance.claim_type].category_bit
        payload = statement(record, issuer=self.issuer, category_bit=category_bit)
        return sign_compact(STATEMENT_TYPE, payload, self.keys.signer(ORDERS_KEY))

    def key_set(self) -> dict[str, Any]:
        """The JWK set (RFC 7517 §5) of the service's own Ed25519 keys."""
        return {"keys": [{**self.keys.signer(name).public_jwk(), "use": "sig"} for name in self.published]}
