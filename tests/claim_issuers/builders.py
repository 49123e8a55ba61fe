"""Small values that the tests of the library share."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from claim_issuers import Account, Address, Claim, Ed25519Signer, Secp256k1Signer, Validity, claim_type, validate_attributes

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ISSUER = "did:web:issuer.example"
ROOT = "did:web:root.example"
STATUS_LIST = "https://issuer.example/status-lists/1"
ACCOUNT = Account.parse("eip155:31337:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
ISSUER_SIGNER = Ed25519Signer(bytes([7]) * 32)
WALLET = Secp256k1Signer(bytes([0x11]) * 32)
INVESTOR_TOPIC = 0x5614E11CA6D7673C9C8DCEC913465D676494AAD1151BB2C1CF40B9D99BE4D935

LICENCE = {"licence_id": "L-1", "regulator": "FINMA", "jurisdiction": "CH"}
OFFICE = {"kind": "multi", "basis": "licensed", **LICENCE}
EXCLUDED = {"kind": "single", "basis": "excluded", "jurisdiction": "US-NY"}
ACCREDITATION = {"topics": ["INVESTOR", "CUSTODIAN"], "may_accredit": True, "path_length": 1}
VALID = [
    ("INVESTOR", {"classification": "retail"}),
    ("INVESTOR", {"classification": "eligible_counterparty", "country": "DE"}),
    ("INVESTOR", {"classification": "professional", "country": "GB", "name": "Ada Lovelace", "birthdate": "1815-12-10"}),
    ("FAMILY_OFFICE", OFFICE),
    ("FAMILY_OFFICE", {**OFFICE, "basis": "registered"}),
    ("FAMILY_OFFICE", EXCLUDED),
    ("FAMILY_OFFICE", {**EXCLUDED, "regulator": "SEC"}),
    ("CUSTODIAN", LICENCE),
    ("BROKER_DEALER", LICENCE),
    ("INVESTMENT_MANAGER", LICENCE),
    ("CLAIM_ISSUER", ACCREDITATION),
    ("CLAIM_ISSUER", {**ACCREDITATION, "jurisdictions": ["CH", "US-NY"]}),
]

addresses = st.binary(min_size=20, max_size=20).map(Address)
topics = st.integers(0, 2**256 - 1)
secrets = st.integers(1, 2**255).map(lambda number: number.to_bytes(32, "big"))


def year_from(instant: datetime = NOW) -> Validity:
    return Validity(instant, instant + timedelta(days=365))


def a_claim(**changes: Any) -> Claim:
    kind = claim_type(changes.pop("kind", "INVESTOR"))
    attributes = changes.pop("attributes", {"classification": "professional", "country": "CH"})
    parts: dict[str, Any] = {
        "id": "urn:example:claim:1",
        "claim_type": kind,
        "claim_issuer": ISSUER,
        "account": ACCOUNT,
        "holder_jwk": WALLET.public_jwk(),
        "attributes": validate_attributes(kind, attributes),
        "validity": year_from(),
        "status_list_uri": STATUS_LIST,
        "status_list_index": 7,
    }
    return Claim(**{**parts, **changes})
