"""Parsing targets: encodings, accounts, DIDs, keys."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from claim_issuers import Account, Address, ChainId
from claim_issuers.encodings import base58, base64url
from claim_issuers.identifiers import did, did_jwk, did_key, did_web
from claim_issuers.identifiers.did_document import DidDocument, Service, VerificationMethod
from claim_issuers.identifiers.document_keys import keys_of_document
from claim_issuers.keys.jwk import MalformedJwk, public_key_from_jwk, verifying_key_from_jwk
from tests.claim_issuers.builders import ACCOUNT
from tests.fuzz.judging import BYTES_CHANGES, JSON_CHANGES, TEXT_CHANGES, faithful, on_json, same_text, same_value
from tests.fuzz.samples import (
    SIGNERS,
)
from tests.fuzz.targets import Target


def _jwk(members: Mapping[str, Any]) -> str | None:
    key = public_key_from_jwk(members)
    return faithful(public_key_from_jwk(key.jwk()) == key and key.jwk().items() <= members.items())


# R of small order, S = 0: verifies wherever a key is not looked at
_FORGED = b"\x01" + bytes(63)


def _verifying_jwk(members: Mapping[str, Any]) -> str | None:
    key = verifying_key_from_jwk(members)
    try:
        return faithful(public_key_from_jwk(members) == key)
    except MalformedJwk:
        key.verify(b"message", _FORGED)
        return "verifies with what is no key"


def _document_keys(document: Mapping[str, Any]) -> str | None:
    keys = keys_of_document(document, _DOCUMENT_DID)
    return faithful(all(isinstance(kid, str) and public_key_from_jwk(key.jwk()) == key for kid, key in keys.items()))


_DOCUMENT_DID = "did:web:issuer.example"


def _did_documents() -> tuple[bytes, ...]:
    methods = tuple(VerificationMethod(kid=f"key-{number}", public_key=signer.public_key) for number, signer in enumerate(SIGNERS))
    service = Service(name="orders", type="Orders", endpoint="https://issuer.example/orders")
    documents = (
        DidDocument(id=_DOCUMENT_DID, assertion_method=methods, authentication=methods[:1], services=(service,)),
        DidDocument(id=_DOCUMENT_DID, assertion_method=methods[:1], also_known_as=("https://issuer.example",)),
    )
    return tuple(json.dumps(document.as_json()).encode() for document in documents)


def _jwks() -> tuple[bytes, ...]:
    return tuple(json.dumps({**signer.public_jwk(), **more}).encode() for signer in SIGNERS for more in ({}, {"use": "sig"}))


def _dids() -> tuple[str, ...]:
    return (
        *(did_key.did_key(signer.public_key) for signer in SIGNERS),
        *(did_jwk.did_jwk(signer.public_key.jwk()) for signer in SIGNERS),
        "did:web:issuer.example",
        "did:web:issuer.example%3A8443:claims:a",
        ACCOUNT.did,
    )


def _texts(prefix: str, dids: Sequence[str]) -> tuple[str, ...]:
    return tuple(text for text in dids if text.startswith(prefix))


def identifier_targets() -> tuple[Target, ...]:
    dids = _dids()
    urls = (
        "https://issuer.example",
        "https://issuer.example:8443/claims",
        "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
    )
    documents = ("https://issuer.example/.well-known/did.json", "https://issuer.example:8443/a/b/did.json")
    account = str(ACCOUNT)
    return (
        Target(
            name="base64url",
            covers=("encodings.base64url.decode",),
            judge=same_text(base64url.decode, base64url.encode),
            originals=("", "AA", "AAA", "AAAA", "_-8", "eyJhbGciOiJFZERTQSJ9"),
            **TEXT_CHANGES,
        ),
        Target(
            name="base58",
            covers=("encodings.base58.decode",),
            judge=same_text(base58.decode, base58.encode),
            originals=("", "1", "112", "2NEpo7TZRRrLZSi2U", "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"),
            **TEXT_CHANGES,
        ),
        Target(
            name="address",
            covers=("identifiers.accounts.Address.parse",),
            judge=same_value(Address.parse, str),
            originals=(str(ACCOUNT.address), str(ACCOUNT.address).lower(), "0x" + "0" * 40),
            **TEXT_CHANGES,
        ),
        Target(
            name="address-bytes",
            covers=("identifiers.accounts.Address.from_bytes",),
            originals=(bytes(20), ACCOUNT.address.value),
            judge=same_text(Address.from_bytes, lambda address: address.value),
            **BYTES_CHANGES,
        ),
        Target(
            name="chain",
            covers=("identifiers.accounts.ChainId.parse",),
            judge=same_text(ChainId.parse, str),
            originals=("eip155:0", "eip155:1", "eip155:31337", f"eip155:{2**63 - 1}"),
            **TEXT_CHANGES,
        ),
        Target(
            name="account",
            covers=("identifiers.accounts.Account.parse",),
            judge=same_value(Account.parse, str),
            originals=(account, account.lower()),
            **TEXT_CHANGES,
        ),
        Target(
            name="did-pkh",
            covers=("identifiers.accounts.Account.from_did",),
            originals=(ACCOUNT.did,),
            judge=same_value(Account.from_did, lambda found: found.did),
            **TEXT_CHANGES,
        ),
        Target(
            name="did",
            covers=("identifiers.did.checked_did",),
            judge=same_text(did.checked_did, str),
            originals=dids,
            **TEXT_CHANGES,
        ),
        Target(
            name="did-identifier",
            covers=("identifiers.did.identifier_of",),
            originals=_texts("did:web:", dids),
            judge=same_text(lambda text: did.identifier_of(text, "web"), lambda rest: f"did:web:{rest}"),
            **TEXT_CHANGES,
        ),
        Target(
            name="did-key",
            covers=("identifiers.did_key.public_key_of_did_key",),
            originals=_texts("did:key:", dids),
            judge=same_text(did_key.public_key_of_did_key, did_key.did_key),
            **TEXT_CHANGES,
        ),
        Target(
            name="did-jwk",
            covers=("identifiers.did_jwk.public_key_of_did_jwk",),
            originals=_texts("did:jwk:", dids),
            judge=same_value(did_jwk.public_key_of_did_jwk, lambda key: did_jwk.did_jwk(key.jwk())),
            **TEXT_CHANGES,
        ),
        Target(
            name="did-jwk-json",
            covers=("identifiers.did_jwk.public_key_of_did_jwk",),
            originals=_jwks(),
            judge=lambda text: faithful(bool(did_jwk.public_key_of_did_jwk("did:jwk:" + base64url.encode(text)).alg)),
            **JSON_CHANGES,
        ),
        Target(
            name="did-web-issuer",
            covers=("identifiers.did_web.did_of_issuer",),
            originals=urls,
            judge=same_text(did_web.did_of_issuer, did_web.issuer_url),
            **TEXT_CHANGES,
        ),
        Target(
            name="did-web-document",
            covers=("identifiers.did_web.did_of_document_url",),
            originals=documents,
            judge=same_text(did_web.did_of_document_url, did_web.document_url),
            **TEXT_CHANGES,
        ),
        Target(
            name="did-document",
            covers=("identifiers.document_keys.keys_of_document",),
            originals=_did_documents(),
            judge=on_json(_document_keys),
            **JSON_CHANGES,
        ),
        Target(name="jwk", covers=("keys.jwk.public_key_from_jwk",), originals=_jwks(), judge=on_json(_jwk), **JSON_CHANGES),
        Target(
            name="verifying-jwk",
            covers=("keys.jwk.verifying_key_from_jwk",),
            originals=_jwks(),
            judge=on_json(_verifying_jwk),
            **JSON_CHANGES,
        ),
    )
