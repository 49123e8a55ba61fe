"""The parsing targets: whatever is written, each parser returns or refuses, and what it returns says what was written."""

import gzip
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Any

from claim_issuers import Account, Address, ChainId, Erc735Data, SiweMessage, StatusArray
from claim_issuers.account_proofs.siwe_grammar import checked
from claim_issuers.account_proofs.timestamp import Timestamp
from claim_issuers.errors import DomainError
from claim_issuers.formats import jose, sd_jwt_vc, vc_jwt
from claim_issuers.formats.sd_jwt import Disclosure, SdJwt, reveal
from claim_issuers.formats.strict_json import parse_array, parse_object
from claim_issuers.identifiers import base58, did, did_jwk, did_key, did_web
from claim_issuers.identifiers.did_document import DidDocument, Service, VerificationMethod
from claim_issuers.identifiers.document_keys import keys_of_document
from claim_issuers.keys import base64url
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.secp256k1 import compact_signature, eip191_digest, expand_compact
from claim_issuers.orders.evidence import evidence_of_documents
from claim_issuers.orders.order import Order
from claim_issuers.orders.signed import SignedOrder
from claim_issuers.orders.typed_data import OrderDomain
from claim_issuers.status import bitstring_status_list, token_status_list
from claim_issuers.status.bitstring import StatusPurpose
from claim_issuers.trust.accreditation import Root
from claim_issuers.trust.documents import decide_path_of_documents
from claim_issuers.verifiers.credentials import verify_vc_jwt
from claim_issuers.verifiers.presentations import KeyBindingDemand, verify_sd_jwt_vc
from claim_issuers.verifiers.token_checks import read_token
from tests.claim_issuers.builders import ACCOUNT, ISSUER, ROOT, STATUS_LIST, WALLET
from tests.fuzz.json_changes import respelt
from tests.fuzz.mutations import T, changed_base64url, changed_bytes, changed_text, either
from tests.fuzz.samples import (
    BITSTRING,
    IN_TIME,
    KEYS,
    SIGNERS,
    bitstring_tokens,
    credentials,
    issuer_keys,
    order_texts,
    siwe_samples,
    status_list_tokens,
    the_text,
)
from tests.fuzz.sd_jwt_changes import Presentation, joined
from tests.fuzz.sd_jwt_samples import AUDIENCE, NONCE, TYPES, disclosed_payloads, issued, kept_disclosures, presentations
from tests.fuzz.targets import Target
from tests.fuzz.token_changes import Signed, changed_token
from tests.fuzz.verifying_signatures import siwe_text

UNFAITHFUL = "read as something else"
NOT_A_REFUSAL = "raised where it promised to report"

_REPORTING = (
    "verifiers.credentials.verify_vc_jwt",
    "orders.evidence.evidence_of_documents",
    "trust.documents.decide_path_of_documents",
    "verifiers.token_checks.read_token",
)
_LEEWAY = timedelta(minutes=5)
_DEMAND = KeyBindingDemand(AUDIENCE, NONCE, max_age=_LEEWAY)

Change = Callable[[Random, Any, Sequence[Any]], Any]


# --- how mutants are made


def _once_or_more(change: Callable[[Random, T], T]) -> Change:
    def changed(rng: Random, original: T, others: Sequence[T]) -> T:
        mutant = change(rng, original)
        while rng.random() < 0.3:
            mutant = change(rng, mutant)
        return mutant

    return changed


def _text(rng: Random, text: str) -> str:
    return changed_text(rng, text)


def _base64url_text(rng: Random, text: str) -> str:
    return changed_base64url(rng, text) if rng.random() < 0.3 else changed_text(rng, text)


def _spliced_texts(rng: Random, text: str, others: Sequence[str]) -> str:
    if rng.random() < 0.2:
        other = either(rng, *others)
        return text[: int(rng.random() * len(text))] + other[int(rng.random() * len(other)) :]
    return _once_or_more(_base64url_text)(rng, text, others)


_TEXT = {"change": _spliced_texts}
_BYTES = {"change": _once_or_more(changed_bytes)}
_JSON = {"change": lambda rng, text, others: respelt(rng, text)}


def _resigned(rng: Random, token: Signed, _: Sequence[Signed]) -> str:
    """A token whose payload no issuer would write, signed by the issuer: only this reaches the code behind the signature."""
    return token.again(payload=respelt(rng, token.payload))


_RESIGNED = {"change": _resigned, "plain": the_text}


# --- how they are judged


def _faithful(holds: bool) -> str | None:
    return None if holds else UNFAITHFUL


def _same_text(read: Callable[[Any], Any], write: Callable[[Any], Any]) -> Callable[[Any], str | None]:
    """One text a value: what was read is written the same again."""
    return lambda text: _faithful(write(read(text)) == text)


class CannotBeWritten(Exception):
    """A parser returned a value that its own writer refuses."""


def _same_value(read: Callable[[Any], Any], write: Callable[[Any], Any]) -> Callable[[Any], str | None]:
    """Several texts a value: what is written of it reads as the same value."""

    def judge(text: Any) -> str | None:
        value = read(text)
        try:
            return _faithful(read(write(value)) == value)
        except DomainError as fault:
            raise CannotBeWritten(fault.code) from fault

    return judge


def _on_json(judge: Callable[[Any], str | None]) -> Callable[[bytes], str | None]:
    """A judge of JSON values for texts that may be none: a lax reader, because the values come from many."""

    def judged(text: bytes) -> str | None:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return judge(value) if isinstance(value, dict) else None

    return judged


def _exact(value: Any) -> str:
    """A text that tells 1, 1.0 and true apart, which == does not."""
    return json.dumps(value, sort_keys=True)


def _jose(text: bytes | str) -> str | None:
    jose.read_unverified(str(text))
    jose.read_compact(str(text))
    return None


def _json_object(text: bytes) -> str | None:
    value = parse_object(text)
    return _faithful(
        _exact(value) == _exact(json.loads(text)) and _exact(parse_object(json.dumps(value).encode())) == _exact(value)
    )


def _json_array(text: bytes) -> str | None:
    value = parse_array(b"[" + text + b"]")
    return _faithful(_exact(value) == _exact(json.loads(b"[" + text + b"]")))


def _claim_of(credential: Mapping[str, Any]) -> str | None:
    return _faithful(_exact(vc_jwt.credential_of(vc_jwt.claim_of(credential))) == _exact(credential))


def _decode_vc(token: str) -> str | None:
    claim = vc_jwt.decode(token, keys=issuer_keys)
    return _faithful(_exact(vc_jwt.credential_of(claim)) == _exact(jose.read_unverified(token).payload))


def _report_vc(token: str) -> str | None:
    """``verify_vc_jwt`` reports; it raises for no token."""
    try:
        report = verify_vc_jwt(token, keys=issuer_keys, instant=IN_TIME, leeway=_LEEWAY, status=_valid, account=ACCOUNT)
        evidence_of_documents([token], keys=issuer_keys, status=_valid)
        read_token(token)
        decide_path_of_documents(ISSUER, "INVESTOR", [Root(ROOT)], [token], IN_TIME, keys=issuer_keys, status=_valid)
    except Exception as fault:
        return f"{NOT_A_REFUSAL}: {type(fault).__name__}"
    return None if report.checks else UNFAITHFUL


def _report_presentation(text: str) -> str | None:
    """``verify_sd_jwt_vc`` reports; it raises for no text."""
    try:
        report = verify_sd_jwt_vc(
            text, keys=issuer_keys, types=TYPES, instant=IN_TIME, leeway=_LEEWAY, binding=_DEMAND, status=_valid
        )
    except Exception as fault:
        return f"{NOT_A_REFUSAL}: {type(fault).__name__}"
    return None if report.checks else UNFAITHFUL


def _valid(_uri: str, _index: int) -> int:
    return 0


def _status_list(token: str) -> str | None:
    found = token_status_list.verify(token, uri=STATUS_LIST, keys=KEYS.__getitem__, instant=IN_TIME)
    payload = jose.read_unverified(token).payload
    same_times = (found.issued_at.timestamp(), found.expires_at.timestamp()) == (payload["iat"], payload["exp"])
    return _faithful(same_times and found.issuer == payload.get("iss") and found.array.bits == payload["status_list"]["bits"])


def _lst(sample: tuple[int, bytes]) -> str | None:
    bits, packed = sample
    array = token_status_list.decode_lst(base64url.encode(packed), bits=bits)
    return _faithful(array.to_bytes() == zlib.decompress(packed))


def _bitstring(token: str) -> str | None:
    found = bitstring_status_list.verify(
        token, uri=BITSTRING, purpose=StatusPurpose.REVOCATION, keys=KEYS.__getitem__, instant=IN_TIME
    )
    encoded = jose.read_unverified(token).payload["credentialSubject"]["encodedList"]
    return _faithful(gzip.decompress(base64url.decode(encoded[1:])) == found.bits and found.valid_from < found.valid_until)


def _index(text: str) -> str | None:
    return _faithful(str(bitstring_status_list.parse_index(text)) == text)


def _stamp(text: str) -> str | None:
    return _faithful(bitstring_status_list.parse_date_time_stamp(text).utcoffset() == timedelta())


def _changed_lst(rng: Random, sample: tuple[int, bytes], others: Sequence[tuple[int, bytes]]) -> tuple[int, bytes]:
    bits, packed = sample
    if rng.random() < 0.2:
        return either(rng, 0, 1, 2, 3, 4, 8, 16, -1, 2**70), packed
    if rng.random() < 0.3:
        return bits, zlib.compress(changed_bytes(rng, zlib.decompress(packed)), either(rng, 0, 9))
    return bits, changed_bytes(rng, packed)


def _siwe(text: str) -> str | None:
    message = SiweMessage.parse(text)
    return _faithful(message.prepare() == text)


def _timestamp(text: str) -> str | None:
    stamp = Timestamp.parse(text)
    return _faithful(str(stamp) == text and stamp.instant.tzinfo is not None)


def _siwe_part(text: str) -> str | None:
    part, _, value = text.partition(" ")
    return _faithful(checked(part, value) == value) if part in ("domain", "uri", "nonce", "statement", "request_id") else None


def _order_domain(members: Mapping[str, Any]) -> str | None:
    domain = OrderDomain.from_json(members)
    return _faithful(OrderDomain.from_json(domain.as_json()) == domain and _exact(members["chainId"]) == str(domain.chain.number))


def _jwk(members: Mapping[str, Any]) -> str | None:
    key = public_key_from_jwk(members)
    return _faithful(public_key_from_jwk(key.jwk()) == key and key.jwk().items() <= members.items())


def _document_keys(document: Mapping[str, Any]) -> str | None:
    keys = keys_of_document(document, _DOCUMENT_DID)
    return _faithful(all(isinstance(kid, str) and public_key_from_jwk(key.jwk()) == key for kid, key in keys.items()))


def _disclosure(text: str) -> str | None:
    disclosure = Disclosure.parse(text)
    parts = json.loads(base64url.decode(text))
    named = parts[1:] if disclosure.name is None else parts[2:]
    return _faithful(_exact(named) == _exact([disclosure.value]) and len(disclosure.digest) == 43)


def _sd_jwt(text: str) -> str | None:
    parsed = SdJwt.parse(text)
    # The parts are not judged by parse; sd_hash is what a verifier computes next.
    return _faithful(str(parsed) == text)


def _reveal(payload: Mapping[str, Any]) -> str | None:
    revealed = reveal(payload, kept_disclosures(payload))
    return _faithful("_sd_alg" not in revealed and not _holds_digests(revealed))


def _holds_digests(value: Any) -> bool:
    if isinstance(value, dict):
        return "_sd" in value or "..." in value or any(map(_holds_digests, value.values()))
    return isinstance(value, list) and any(map(_holds_digests, value))


def _presented(payload: Mapping[str, Any]) -> str | None:
    sd_jwt_vc.issuer_of(payload)
    claim = sd_jwt_vc.presented(payload, SdJwt("", kept_disclosures(payload)), types=TYPES)
    stated = {**sd_jwt_vc.always_shown(claim, TYPES), "vct#integrity": payload["vct#integrity"]}
    sound = type(claim.status_list_index) is int and isinstance(claim.status_list_uri, str) and isinstance(claim.id, str)
    return _faithful(sound and _exact({name: payload[name] for name in stated}) == _exact(stated))


def _read_sd_jwt_vc(text: str) -> str | None:
    form = sd_jwt_vc.SdJwtVc(TYPES, secret=bytes(32))
    form.read(SdJwt.parse(text), keys=issuer_keys)
    form.decode(text, keys=issuer_keys)
    return None


def _shown_text(shown: Presentation) -> str:
    return shown.text


def _odd_presentation(rng: Random, shown: Presentation, _: Sequence[Presentation]) -> str:
    """Odd payloads behind good signatures, of the credential, of the key binding, or of both."""
    issuer_jwt, binding = shown.issued.text, shown.binding.text
    if rng.random() < 0.6:
        issuer_jwt = _resigned(rng, shown.issued, ())
    if rng.random() < 0.6:
        binding = _resigned(rng, shown.binding, ())
    return joined(issuer_jwt, shown.disclosures, binding)


def _changed_sd_jwt_payload(rng: Random, token: Signed, others: Sequence[Signed]) -> str:
    issuer_jwt, *rest = token.text.split("~")
    inner = Signed.read(issuer_jwt, token.signer)
    return "~".join((_resigned(rng, inner, ()), *rest))


# --- the originals

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


def _lists() -> tuple[tuple[int, bytes], ...]:
    arrays = (StatusArray.from_bytes(bytes.fromhex("b9a3"), bits=1), StatusArray(size=64), StatusArray(size=4096, bits=8))
    return tuple((array.bits, zlib.compress(array.to_bytes(), 9)) for array in arrays)


def _texts(prefix: str, dids: Sequence[str]) -> tuple[str, ...]:
    return tuple(text for text in dids if text.startswith(prefix))


def parsing_targets() -> tuple[Target, ...]:
    """Every parser of the library, with what it must do to any input."""
    return (*_identifier_targets(), *_json_targets(), *_token_targets(), *_wallet_targets(), *_sd_jwt_targets())


def _identifier_targets() -> tuple[Target, ...]:
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
            name="base64url", covers=("keys.base64url.decode",), judge=_same_text(base64url.decode, base64url.encode),
            originals=("", "AA", "AAA", "AAAA", "_-8", "eyJhbGciOiJFZERTQSJ9"), **_TEXT,
        ),
        Target(
            name="base58", covers=("identifiers.base58.decode",), judge=_same_text(base58.decode, base58.encode),
            originals=("", "1", "112", "2NEpo7TZRRrLZSi2U", "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"), **_TEXT,
        ),
        Target(
            name="address", covers=("identifiers.accounts.Address.parse",), judge=_same_value(Address.parse, str),
            originals=(str(ACCOUNT.address), str(ACCOUNT.address).lower(), "0x" + "0" * 40), **_TEXT,
        ),
        Target(
            name="address-bytes", covers=("identifiers.accounts.Address.from_bytes",), originals=(bytes(20), ACCOUNT.address.value),
            judge=_same_text(Address.from_bytes, lambda address: address.value), **_BYTES,
        ),
        Target(
            name="chain", covers=("identifiers.accounts.ChainId.parse",), judge=_same_text(ChainId.parse, str),
            originals=("eip155:0", "eip155:1", "eip155:31337", f"eip155:{2**63 - 1}"), **_TEXT,
        ),
        Target(
            name="account", covers=("identifiers.accounts.Account.parse",), judge=_same_value(Account.parse, str),
            originals=(account, account.lower()), **_TEXT,
        ),
        Target(
            name="did-pkh", covers=("identifiers.accounts.Account.from_did",), originals=(ACCOUNT.did,),
            judge=_same_value(Account.from_did, lambda found: found.did), **_TEXT,
        ),
        Target(
            name="did", covers=("identifiers.did.checked_did",), judge=_same_text(did.checked_did, str), originals=dids, **_TEXT,
        ),
        Target(
            name="did-identifier", covers=("identifiers.did.identifier_of",), originals=_texts("did:web:", dids),
            judge=_same_text(lambda text: did.identifier_of(text, "web"), lambda rest: f"did:web:{rest}"), **_TEXT,
        ),
        Target(
            name="did-key", covers=("identifiers.did_key.public_key_of_did_key",), originals=_texts("did:key:", dids),
            judge=_same_text(did_key.public_key_of_did_key, did_key.did_key), **_TEXT,
        ),
        Target(
            name="did-jwk", covers=("identifiers.did_jwk.public_key_of_did_jwk",), originals=_texts("did:jwk:", dids),
            judge=_same_value(did_jwk.public_key_of_did_jwk, lambda key: did_jwk.did_jwk(key.jwk())), **_TEXT,
        ),
        Target(
            name="did-jwk-json", covers=("identifiers.did_jwk.public_key_of_did_jwk",), originals=_jwks(),
            judge=lambda text: _faithful(bool(did_jwk.public_key_of_did_jwk("did:jwk:" + base64url.encode(text)).alg)), **_JSON,
        ),
        Target(
            name="did-web-issuer", covers=("identifiers.did_web.did_of_issuer",), originals=urls,
            judge=_same_text(did_web.did_of_issuer, did_web.issuer_url), **_TEXT,
        ),
        Target(
            name="did-web-document", covers=("identifiers.did_web.did_of_document_url",), originals=documents,
            judge=_same_text(did_web.did_of_document_url, did_web.document_url), **_TEXT,
        ),
        Target(
            name="did-document", covers=("identifiers.document_keys.keys_of_document",), originals=_did_documents(),
            judge=_on_json(_document_keys), **_JSON,
        ),
        Target(name="jwk", covers=("keys.jwk.public_key_from_jwk",), originals=_jwks(), judge=_on_json(_jwk), **_JSON),
    )  # fmt: skip


def _json_targets() -> tuple[Target, ...]:
    objects = (
        b"{}",
        b'{"a":1}',
        b'{"a":[1,-2.5,1e3,true,null,"\\u00e9\\n"],"b":{"c":{}}}',
        *(token.payload for token in credentials()[:3]),
    )
    orders = order_texts()
    order = tuple(json.dumps(json.loads(text)["order"]).encode() for text in orders)
    domain = tuple(json.dumps(json.loads(text)["domain"]).encode() for text in orders[:1])
    return (
        Target(name="json-object", covers=("formats.strict_json.parse_object",), originals=objects, judge=_json_object, **_JSON),
        Target(name="json-array", covers=("formats.strict_json.parse_array",), originals=objects, judge=_json_array, **_JSON),
        Target(
            name="signed-order", covers=("orders.signed.SignedOrder.parse",), originals=orders,
            judge=_same_value(SignedOrder.parse, SignedOrder.to_bytes), **_JSON,
        ),
        Target(
            name="signed-order-json", covers=("orders.signed.SignedOrder.from_json",), originals=orders,
            judge=_on_json(_same_value(SignedOrder.from_json, SignedOrder.as_json)), **_JSON,
        ),
        Target(
            name="order-json", covers=("orders.order.Order.from_json",), originals=order,
            judge=_on_json(_same_text(Order.from_json, Order.as_json)), **_JSON,
        ),
        Target(
            name="order-domain", covers=("orders.typed_data.OrderDomain.from_json",), originals=domain,
            judge=_on_json(_order_domain), **_JSON,
        ),
        Target(
            name="credential", covers=("formats.vc_jwt.claim_of", "formats.vc_jwt.issuer_of"), judge=_on_json(_claim_of),
            originals=tuple(dict.fromkeys(token.payload for token in credentials())), **_JSON,
        ),
    )  # fmt: skip


def _token_targets() -> tuple[Target, ...]:
    return (
        Target(
            name="jose-unverified", covers=("formats.jose.read_unverified", "formats.jose.read_compact"), judge=_jose,
            originals=credentials()[:4], change=changed_token, plain=the_text,
        ),
        Target(
            name="vc-jwt-signed", originals=credentials(), judge=_decode_vc,
            covers=("formats.vc_jwt.VcJwt.decode", "formats.vc_jwt.claim_of_token"), **_RESIGNED,
        ),
        Target(
            name="vc-jwt-reported", covers=_REPORTING,
            originals=credentials(), judge=_report_vc, **_RESIGNED,
        ),
        Target(
            name="status-list-signed", covers=("status.token_status_list.verify",), originals=status_list_tokens(),
            judge=_status_list, **_RESIGNED,
        ),
        Target(
            name="bitstring-signed", covers=("status.bitstring_status_list.verify", "status.bitstring.decode_list"),
            originals=bitstring_tokens(), judge=_bitstring, **_RESIGNED,
        ),
        Target(
            name="date-time-stamp", covers=("status.bitstring_status_list.parse_date_time_stamp",),
            originals=("2026-11-22T12:00:00Z", "2026-11-22T12:00:00.5+01:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
            judge=_stamp, change=_once_or_more(_text),
        ),
        Target(
            name="status-list-index", covers=("status.bitstring_status_list.parse_index",), originals=("0", "7", "131071"),
            judge=_index, **_TEXT,
        ),
        Target(
            name="lst", covers=("status.token_status_list.decode_lst", "status.array.StatusArray.from_bytes"), originals=_lists(),
            judge=_lst, change=_changed_lst,
        ),
        Target(
            name="erc735-data", covers=("formats.erc735.Erc735Data.unpack",), judge=_same_text(Erc735Data.unpack, Erc735Data.pack),
            originals=(
                Erc735Data(valid_from=1, valid_until=2, status_index=3, binding17=bytes(17)).pack(),
                Erc735Data(valid_from=0, valid_until=2**40 - 1, status_index=2**32 - 1, binding17=b"\xff" * 17).pack(),
            ),
            **_BYTES,
        ),
        Target(
            name="compact-signature", covers=("keys.secp256k1.expand_compact",),
            judge=_same_text(expand_compact, compact_signature),
            originals=tuple(compact_signature(WALLET.sign_digest(eip191_digest(bytes([n])))) for n in range(4)), **_BYTES,
        ),
    )  # fmt: skip


def _wallet_targets() -> tuple[Target, ...]:
    stamps = (
        "2026-11-22T12:00:00Z",
        "2026-11-22T12:00:00.500+01:00",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999-00:00",
    )
    parts = ("domain issuer.example:8443", "uri https://issuer.example/a%20b", "nonce K7vQ2mX9aB", "statement a b", "request_id a")
    return (
        Target(
            name="siwe-message", covers=("account_proofs.siwe.SiweMessage.parse", "account_proofs.siwe_grammar.resources_of"),
            originals=tuple(text for text, _ in siwe_samples()), judge=_siwe, change=_once_or_more(siwe_text),
        ),
        Target(
            name="siwe-part", covers=("account_proofs.siwe_grammar.checked",), originals=parts, judge=_siwe_part,
            change=_once_or_more(_text),
        ),
        Target(
            name="timestamp", covers=("account_proofs.timestamp.Timestamp.parse",), originals=stamps, judge=_timestamp,
            change=_once_or_more(_text),
        ),
        Target(
            name="vct", covers=("formats.type_metadata.CredentialTypes.claim_type_of",),
            originals=tuple(f"{TYPES.base_uri}/{name}" for name in ("INVESTOR", "CUSTODIAN", "CLAIM_ISSUER")),
            judge=_same_text(TYPES.claim_type_of, TYPES.vct), **_TEXT,
        ),
    )  # fmt: skip


def _sd_jwt_targets() -> tuple[Target, ...]:
    whole = issued()
    texts = tuple(token.text for token in whole)
    disclosures = tuple(dict.fromkeys(part for text in texts for part in text.split("~")[1:-1]))
    return (
        Target(name="disclosure", covers=("formats.sd_jwt.Disclosure.parse",), originals=disclosures, judge=_disclosure, **_TEXT),
        Target(
            name="disclosure-json", covers=("formats.sd_jwt.Disclosure.parse",),
            originals=tuple(base64url.decode(text) for text in disclosures),
            judge=lambda text: _disclosure(base64url.encode(text)), change=_once_or_more(changed_bytes),
        ),
        Target(name="sd-jwt", covers=("formats.sd_jwt.SdJwt.parse",), originals=texts, judge=_sd_jwt, change=_once_or_more(_text)),
        Target(
            name="sd-jwt-payload", covers=("formats.sd_jwt.reveal",), originals=disclosed_payloads(), judge=_on_json(_reveal), **_JSON,
        ),
        Target(
            name="sd-jwt-vc-payload", covers=("formats.sd_jwt_vc.presented", "formats.sd_jwt_vc.issuer_of"),
            originals=disclosed_payloads(), judge=_on_json(_presented), **_JSON,
        ),
        Target(
            name="sd-jwt-vc-signed",
            covers=("formats.sd_jwt_vc.read", "formats.sd_jwt_vc.SdJwtVc.read", "formats.sd_jwt_vc.SdJwtVc.decode"),
            originals=whole, judge=_read_sd_jwt_vc, change=_changed_sd_jwt_payload, plain=the_text,
        ),
        Target(
            name="sd-jwt-vc-reported", covers=("verifiers.presentations.verify_sd_jwt_vc",), originals=presentations(),
            judge=_report_presentation, change=_odd_presentation, plain=_shown_text,
        ),
    )  # fmt: skip
