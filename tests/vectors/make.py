"""Makes tests/vectors/ours.json: one claim under test keys in every form that we sign. Run it after a form changed on purpose.

.venv/bin/python tests/vectors/make.py
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from claim_issuers.claims.claim import Claim, Validity
from claim_issuers.claims.vocabulary import claim_type, validate_attributes
from claim_issuers.formats import eligibility, erc735, sd_jwt_vc, status_list_claim, vc_jwt
from claim_issuers.formats.eligibility import Eligibility
from claim_issuers.formats.erc735 import Erc735Data
from claim_issuers.formats.key_binding import bind
from claim_issuers.formats.sd_jwt import SdJwt
from claim_issuers.formats.type_metadata import CredentialTypes
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from claim_issuers.keys.signers import Ed25519Signer, P256Signer, Secp256k1Signer
from claim_issuers.status import bitstring_status_list, token_status_list
from claim_issuers.status.array import Status, StatusArray
from claim_issuers.status.bitstring import StatusPurpose

OURS = Path(__file__).with_name("ours.json")

# Test keys: 32 times one byte, so that nobody takes them for anybody's.
SECRETS = {"claim_issuer": b"\x07" * 32, "contract_signer": b"\x11" * 32, "wallet": b"\x66" * 32, "list_publisher": b"\x09" * 32}
CLAIM_ISSUER = Ed25519Signer(SECRETS["claim_issuer"])
CONTRACT_SIGNER = Secp256k1Signer(SECRETS["contract_signer"])
WALLET = Secp256k1Signer(SECRETS["wallet"])
LIST_PUBLISHER = P256Signer(SECRETS["list_publisher"])

ISSUER = "did:web:issuer.example"
STATUS_LIST = "https://issuer.example/status-lists/1"
TYPES = CredentialTypes("https://issuer.example/credential-types")
SD_JWT_SECRET = b"\x03" * 32
FROM = datetime(2026, 11, 22, 12, tzinfo=UTC)
CHAIN = 1
IDENTITY_CONTRACT, ISSUER_CONTRACT, REGISTRY, TOKEN = (Address(bytes([byte]) * 20) for byte in (0x22, 0x33, 0x44, 0x55))
SALT16 = b"\x05" * 16
STATUSES = {8: Status.INVALID, 100_001: Status.SUSPENDED}
KIND = claim_type("INVESTOR")
CLAIM = Claim(
    id="urn:uuid:00000000-0000-4000-8000-000000000007",
    claim_type=KIND,
    claim_issuer=ISSUER,
    account=Account(ChainId(CHAIN), WALLET.address),
    holder_jwk=WALLET.public_key.jwk(),
    attributes=validate_attributes(
        KIND, {"classification": "professional", "country": "CH", "name": "Zoë Müller 太郎", "birthdate": "1970-01-01"}
    ),
    validity=Validity(FROM, FROM + timedelta(days=365)),
    status_list_uri=STATUS_LIST,
    status_list_index=7,
)


def vectors() -> dict[str, Any]:
    """Everything in ours.json."""
    return {
        "source": {
            "document": "made by tests/vectors/make.py of this repository",
            "keys": "test keys: the secret of each is 32 times one byte",
        },
        "keys": keys(),
        "claim": {"json": CLAIM.as_json(), "digest": CLAIM.digest().hex()},
        "type_metadata": {TYPES.vct(KIND): TYPES.document(KIND).decode()},
        "dc+sd-jwt": sd_jwt(),
        "vc+jwt": {"text": vc_jwt.encode(CLAIM, CLAIM_ISSUER), "credential": vc_jwt.credential_of(CLAIM)},
        "erc735": on_chain("erc735"),
        "status_list_claim": on_chain("status_list_claim"),
        "eligibility": eligibility_answer(),
        "status_lists": status_lists(),
    }


def keys() -> dict[str, Any]:
    """Each key's secret and public JWK, and the address of those that have one."""
    signers: dict[str, Any] = {
        "claim_issuer": CLAIM_ISSUER,
        "contract_signer": CONTRACT_SIGNER,
        "wallet": WALLET,
        "list_publisher": LIST_PUBLISHER,
    }
    return {
        name: {
            "secret": SECRETS[name].hex(),
            "jwk": signer.public_jwk(),
            **({"address": str(signer.address)} if isinstance(signer, Secp256k1Signer) else {}),
        }
        for name, signer in signers.items()
    }


def sd_jwt() -> dict[str, Any]:
    """The credential, and a presentation of two of its attributes bound by the wallet's key."""
    text = sd_jwt_vc.encode(CLAIM, CLAIM_ISSUER, types=TYPES, secret=SD_JWT_SECRET)
    shown = SdJwt.parse(text).disclosing(["classification", "country"])
    proof = {"audience": "https://verifier.example", "nonce": "n-0S6_WzA2Mj"}
    return {
        "secret": SD_JWT_SECRET.hex(),
        "text": text,
        "presentation": {
            **proof,
            "disclosed": ["classification", "country"],
            "text": str(bind(shown, issued_at=FROM, signer=WALLET, **proof)),
        },
    }


def on_chain(form: str) -> dict[str, Any]:
    """The claim for a contract: its 31 bytes of data, what is signed, the signature."""
    valid_from, valid_until = CLAIM.validity.as_unix()
    binding17 = erc735.binding(
        chain_id=CHAIN,
        issuer_contract=ISSUER_CONTRACT,
        identity_contract=IDENTITY_CONTRACT,
        topic=KIND.topic,
        claim_digest=CLAIM.digest(),
        salt16=SALT16,
    )
    data = Erc735Data(valid_from=valid_from, valid_until=valid_until, status_index=7, binding17=binding17).pack()
    parts = (IDENTITY_CONTRACT, KIND.topic, data)
    domain = {"chain_id": CHAIN, "issuer_contract": ISSUER_CONTRACT}
    if form == "erc735":
        digest, signature = erc735.digest(*parts), erc735.sign(*parts, CONTRACT_SIGNER)
    else:
        digest = status_list_claim.digest(*parts, **domain)
        signature = status_list_claim.sign(*parts, **domain, signer=CONTRACT_SIGNER)
    return {
        "chain_id": CHAIN,
        "issuer_contract": str(ISSUER_CONTRACT),
        "identity_contract": str(IDENTITY_CONTRACT),
        "topic": str(KIND.topic),
        "salt16": SALT16.hex(),
        "data": data.hex(),
        "digest": digest.hex(),
        "signature": signature.hex(),
    }


def eligibility_answer() -> dict[str, Any]:
    """The attestation that the claim's account may hold a token."""
    issued_at, valid_until = CLAIM.validity.as_unix()
    answer = Eligibility(
        account=CLAIM.account.address,
        token=TOKEN,
        categories=KIND.category_mask,
        issued_at=issued_at,
        valid_until=valid_until,
        epoch=1,
    )
    domain: dict[str, Any] = {"chain_id": CHAIN, "verifying_contract": REGISTRY}
    return {
        "chain_id": CHAIN,
        "verifying_contract": str(REGISTRY),
        "account": str(answer.account),
        "token": str(TOKEN),
        "categories": str(answer.categories),
        "issued_at": str(issued_at),
        "valid_until": str(valid_until),
        "epoch": "1",
        "digest": eligibility.digest(answer, **domain).hex(),
        "signature": eligibility.sign(answer, signer=CONTRACT_SIGNER, **domain).hex(),
    }


def status_lists() -> dict[str, Any]:
    """The claim's list in its three publications; the compressed bytes may differ with another zlib, what they hold may not."""
    array = StatusArray()
    array.update(STATUSES.items())
    until, ttl = FROM + timedelta(hours=1), timedelta(minutes=5)
    token = token_status_list.publish(
        array, uri=STATUS_LIST, issuer=ISSUER, issued_at=FROM, expires_at=until, ttl=ttl, signer=LIST_PUBLISHER
    )
    bitstrings = {
        str(purpose): bitstring_status_list.publish(
            array,
            uri=bitstring_status_list.purpose_uri(STATUS_LIST, purpose),
            purpose=purpose,
            issuer=ISSUER,
            valid_from=FROM,
            valid_until=until,
            ttl=ttl,
            signer=LIST_PUBLISHER,
        )
        for purpose in StatusPurpose
    }
    return {
        "size": array.size,
        "statuses": {str(index): int(status) for index, status in STATUSES.items()},
        "statuslist+jwt": token,
        "bitstrings": bitstrings,
    }


def text_of(made: dict[str, Any]) -> str:
    """The file's text."""
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    OURS.write_text(text_of(vectors()), encoding="utf-8")
