"""@sd-jwt/sd-jwt-vc, a wallet's library: as verifier, as holder and as issuer of our SD-JWT VCs."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claim_issuers import Claim, claim_type
from claim_issuers.encodings.base64url import decode, encode
from claim_issuers.formats import sd_jwt_vc
from claim_issuers.formats.key_binding import bind
from claim_issuers.formats.sd_jwt import Disclosure, DisclosureMismatch, SdJwt, reveal
from claim_issuers.keys.curves import P256_ORDER, is_low_s
from claim_issuers.verifiers.presentations import KeyBindingDemand, PresentationVerification, verify_sd_jwt_vc
from tests.claim_issuers.builders import ACCOUNT, NOW, STATUS_LIST, VALID, a_claim
from tests.wallets.issuing import (
    HOLDER_SECRET,
    HOLDERS,
    ISSUER_SECRET,
    ISSUERS,
    NOW_SECONDS,
    OTHER_SECRET,
    PUBLISHER,
    REVOKED,
    SALTS,
    SUSPENDED,
    TYPES,
    accredited,
    issuer_keys,
    status_of,
    token_list,
)
from tests.wallets.libraries import CURVES, LibraryRefused, private_jwk

INVESTOR = {"classification": "professional", "country": "CH", "name": "Zoë Müller-Łukasz 太郎", "birthdate": "1970-01-01"}
AUDIENCE, NONCE = "https://verifier.example", "n-0S6_WzA2Mj"
KIND = claim_type("INVESTOR")


def issued(curve: str = "Ed25519", holder: str = "Ed25519", **changes: Any) -> str:
    return sd_jwt_vc.encode(bound_claim(holder, **changes), ISSUERS[curve], types=TYPES, secret=SALTS)


def bound_claim(holder: str = "Ed25519", **changes: Any) -> Claim:
    return a_claim(**{"holder_jwk": HOLDERS[holder].public_key.jwk(), "attributes": INVESTOR, **changes})


def documents(kind: str = "INVESTOR") -> dict[str, str]:
    return {TYPES.vct(claim_type(kind)): TYPES.document(claim_type(kind)).decode()}


def library_verifies(libraries: Any, text: str, curve: str = "Ed25519", **changes: Any) -> dict[str, Any]:
    """The library's verification with everything it can check: signature, times, status, type metadata, key binding if asked."""
    usual = {
        "issuer": ISSUERS[curve].public_jwk(),
        "publisher": PUBLISHER.public_jwk(),
        "lists": {STATUS_LIST: token_list()},
        "documents": documents(),
        "now": NOW_SECONDS,
    }
    return libraries.ask("sd_jwt_verify", sdJwt=text, **{**usual, **changes})


def presented(libraries: Any, text: str, disclose: list[str], holder: str = "Ed25519", **changes: Any) -> str:
    """What a wallet with this library sends."""
    key = private_jwk(holder, changes.pop("secret", HOLDER_SECRET))
    usual = {"nonce": NONCE, "audience": AUDIENCE, "issuedAt": NOW_SECONDS, "holder": key}
    return libraries.ask("sd_jwt_present", sdJwt=text, disclose=disclose, **{**usual, **changes})


def presented_until(libraries: Any, *, low_s: bool, disclose: list[str]) -> str:
    """A presentation bound with P-256: WebCrypto gives a high s half of the time, so ask until it is the one wanted."""
    text = issued(holder="P-256")
    for _ in range(200):
        shown = presented(libraries, text, disclose, "P-256")
        if is_low_s(int.from_bytes(decode(shown.rsplit(".", 1)[1])[32:], "big"), P256_ORDER) is low_s:
            return shown
    pytest.fail("two hundred signatures and none of the wanted kind")


def demand(**changes: Any) -> KeyBindingDemand:
    return KeyBindingDemand(**{"audience": AUDIENCE, "nonce": NONCE, "max_age": timedelta(minutes=5), **changes})


def we_verify(text: str, **changes: Any) -> PresentationVerification:
    usual = {
        "keys": issuer_keys(),
        "types": TYPES,
        "instant": NOW,
        "binding": demand(),
        "status": status_of,
        "accreditation": accredited,
        "account": ACCOUNT,
    }
    return verify_sd_jwt_vc(text, **{**usual, **changes})


# The library verifies what we issue


@pytest.mark.parametrize("curve", CURVES)
def test_the_library_verifies_our_credential_with_status_type_metadata_and_integrity(libraries, curve):
    verified = library_verifies(libraries, issued(curve), curve)
    assert verified["header"] == {"alg": ISSUERS[curve].alg, "kid": ISSUERS[curve].kid, "typ": "dc+sd-jwt"}
    assert {name: verified["payload"][name] for name in INVESTOR} == INVESTOR
    assert verified["payload"]["cnf"] == {"jwk": HOLDERS["Ed25519"].public_key.jwk()}
    assert verified["typeMetadata"]["mergedTypeMetadata"]["vct"] == verified["payload"]["vct"] == TYPES.vct(KIND)


@pytest.mark.parametrize(("kind", "attributes"), VALID)
def test_the_library_verifies_every_claim_type_and_finds_all_its_attributes(libraries, kind, attributes):
    text = issued(kind=kind, attributes=attributes)
    payload = library_verifies(libraries, text, documents=documents(kind))["payload"]
    assert {name: payload[name] for name in attributes} == attributes


@pytest.mark.parametrize(("kind", "attributes"), VALID)
def test_the_library_finds_nothing_selectively_disclosable_but_the_attributes_its_metadata_calls_so(libraries, kind, attributes):
    keys = libraries.ask("sd_jwt_keys", sdJwt=issued(kind=kind, attributes=attributes))
    described = json.loads(documents(kind)[TYPES.vct(claim_type(kind))])["claims"]
    assert set(keys) == {claim["path"][0] for claim in described if claim["sd"] == "always"} & set(attributes)


def test_the_library_refuses_our_credential_under_another_key_once_expired_and_when_a_letter_changed(libraries):
    text = issued()
    with pytest.raises(LibraryRefused, match="Invalid JWT Signature"):
        library_verifies(libraries, text, issuer=CURVES["Ed25519"](OTHER_SECRET).public_jwk())
    with pytest.raises(LibraryRefused, match="expired"):
        library_verifies(libraries, text, now=NOW_SECONDS + 366 * 86400)
    with pytest.raises(LibraryRefused, match="not yet valid"):
        library_verifies(libraries, text, now=NOW_SECONDS - 1)


@pytest.mark.parametrize("index", [REVOKED, SUSPENDED])
def test_the_library_refuses_our_credential_once_our_list_says_revoked_or_suspended(libraries, index):
    with pytest.raises(LibraryRefused, match="Status is not valid"):
        library_verifies(libraries, issued(status_list_index=index))


def test_the_library_refuses_a_status_list_that_another_key_signed(libraries):
    with pytest.raises(LibraryRefused, match="Status List JWT verification failed"):
        library_verifies(libraries, issued(), publisher=CURVES["P-256"](OTHER_SECRET).public_jwk())


def test_the_library_refuses_type_metadata_of_which_a_letter_changed(libraries):
    ((uri, text),) = documents().items()
    with pytest.raises(LibraryRefused, match="integrity"):
        library_verifies(libraries, issued(), documents={uri: text + " "})


def test_the_librarys_own_fetching_compares_integrity_as_hex_where_the_draft_has_subresource_integrity(libraries):
    ((uri, text),) = documents().items()
    integrity = TYPES.integrity(KIND)
    with pytest.raises(LibraryRefused, match="Integrity check"):
        libraries.ask("sd_jwt_integrity", document=text, uri=uri, integrity=integrity)
    in_hex = decode(integrity.removeprefix("sha256-").translate(str.maketrans("+/", "-_")).rstrip("=")).hex()
    libraries.ask("sd_jwt_integrity", document=text, uri=uri, integrity=f"sha256-{in_hex}")


@pytest.mark.parametrize("holder", CURVES)
def test_the_library_verifies_a_presentation_that_we_bound(libraries, holder):
    shown = SdJwt.parse(issued(holder=holder)).disclosing(["country"])
    bound = str(bind(shown, audience=AUDIENCE, nonce=NONCE, issued_at=NOW, signer=HOLDERS[holder]))
    verified = library_verifies(libraries, bound, nonce=NONCE)
    assert verified["kb"]["payload"] == {"aud": AUDIENCE, "iat": NOW_SECONDS, "nonce": NONCE, "sd_hash": shown.sd_hash}
    assert INVESTOR.keys() & verified["payload"].keys() == {"country"}
    with pytest.raises(LibraryRefused, match="Nonce"):
        library_verifies(libraries, bound, nonce="another")


# The library holds and shows, we verify


@pytest.mark.parametrize("disclose", [[], ["country"], ["classification", "birthdate"], list(INVESTOR)], ids=len)
@pytest.mark.parametrize("holder", ["Ed25519", "secp256k1"])
def test_we_verify_what_a_wallet_chose_to_show(libraries, holder, disclose):
    verification = we_verify(presented(libraries, issued(holder=holder), disclose, holder))
    assert (verification.ok, verification.reasons) == (True, ())
    assert verification.credential is not None
    assert verification.credential.disclosed == {name: INVESTOR[name] for name in disclose}
    assert verification.credential.account == ACCOUNT


@pytest.mark.parametrize("curve", CURVES)
def test_we_verify_a_wallets_presentation_whatever_key_issued_it(libraries, curve):
    assert we_verify(presented(libraries, issued(curve), ["country"])).ok


@pytest.mark.parametrize("binding", [demand(), demand(accept_high_s=True)])
def test_we_verify_a_p256_wallets_low_s_with_and_without_the_switch(libraries, binding):
    verification = we_verify(presented_until(libraries, low_s=True, disclose=["country"]), binding=binding)
    assert (verification.ok, verification.reasons) == (True, ())


def test_a_p256_wallets_high_s_is_refused_unless_the_verifier_accepts_it(libraries):
    shown = presented_until(libraries, low_s=False, disclose=["country"])
    refused = we_verify(shown)
    assert (refused.ok, refused.reasons) == (False, ("non_canonical_signature",))
    accepted = we_verify(shown, binding=demand(accept_high_s=True))
    assert (accepted.ok, accepted.reasons) == (True, ())


def dropped(text: str) -> str:
    """The presentation without its first disclosure."""
    issuer_jwt, _, *rest = text.split("~")
    return "~".join([issuer_jwt, *rest])


def added(text: str) -> str:
    """The presentation with one more disclosure of the same credential."""
    shown = SdJwt.parse(text)
    more = SdJwt.parse(issued()).disclosing(["name"]).disclosures
    return str(replace(shown, disclosures=(*shown.disclosures, *more)))


def unbound(text: str) -> str:
    return str(replace(SdJwt.parse(text), key_binding=None))


def refused(libraries: Any, *, asked: dict[str, Any] | None = None, **sent: Any) -> PresentationVerification:
    verification = we_verify(presented(libraries, issued(), ["country", "classification"], **sent), **(asked or {}))
    assert not verification.ok
    return verification


def test_a_presentation_for_another_nonce_is_refused(libraries):
    assert refused(libraries, nonce="another").reasons == ("other_nonce",)


def test_a_presentation_for_another_verifier_is_refused(libraries):
    assert refused(libraries, audience="https://other.example").reasons == ("other_audience",)


def test_a_presentation_bound_by_another_key_is_refused(libraries):
    assert refused(libraries, holder="P-256").reasons == ("algorithm_not_allowed",)
    assert refused(libraries, secret=OTHER_SECRET).reasons == ("bad_signature",)


def test_a_presentation_bound_too_long_ago_or_in_the_future_is_refused(libraries):
    assert refused(libraries, issuedAt=NOW_SECONDS - 301).reasons == ("token_expired",)
    assert refused(libraries, issuedAt=NOW_SECONDS + 1).reasons == ("token_not_yet_valid",)


def test_a_presentation_of_an_expired_credential_is_refused(libraries):
    late = NOW + timedelta(days=366)
    verification = refused(libraries, issuedAt=NOW_SECONDS + 366 * 86400, asked={"instant": late, "accreditation": None})
    assert "claim_expired" in verification.reasons


@pytest.mark.parametrize("change", [dropped, added])
def test_a_presentation_of_which_the_disclosures_changed_after_binding_is_refused(libraries, change):
    verification = we_verify(change(presented(libraries, issued(), ["country", "classification"])))
    assert (verification.ok, verification.reasons) == (False, ("other_disclosures_bound",))


def test_a_presentation_without_key_binding_is_refused_where_it_is_demanded(libraries):
    verification = we_verify(unbound(presented(libraries, issued(), ["country"])))
    assert not verification.ok
    assert set(verification.reasons) == {"key_binding_missing"}


def test_a_presentation_is_refused_by_us_and_by_the_library_when_the_credential_is_revoked(libraries):
    shown = presented(libraries, issued(status_list_index=REVOKED), ["country"])
    assert we_verify(shown).reasons == ("claim_revoked",)
    with pytest.raises(LibraryRefused, match="Status is not valid"):
        library_verifies(libraries, shown)


# The library issues, we verify


def issued_by_the_library(libraries: Any, curve: str = "Ed25519", **changes: Any) -> str:
    claim = bound_claim()
    usual = {
        "payload": {**sd_jwt_vc.always_shown(claim, TYPES), **claim.attributes_json()},
        "disclose": list(INVESTOR),
        "decoys": 2,
        "header": {"kid": ISSUERS[curve].kid},
        "issuer": private_jwk(curve, ISSUER_SECRET),
    }
    return libraries.ask("sd_jwt_issue", **{**usual, **changes})


@pytest.mark.parametrize("curve", ["Ed25519", "secp256k1"])
def test_we_verify_a_credential_of_our_type_that_the_library_issued_and_a_wallet_presents(libraries, curve):
    text = issued_by_the_library(libraries, curve)
    verification = we_verify(presented(libraries, text, list(INVESTOR)))
    assert (verification.ok, verification.reasons) == (True, ())
    assert verification.credential is not None
    assert verification.credential.claim() == bound_claim()


def test_we_refuse_a_credential_that_the_library_issued_without_naming_its_key(libraries):
    text = issued_by_the_library(libraries, header={})
    assert "unknown_key" in we_verify(presented(libraries, text, ["country"])).reasons


@pytest.mark.parametrize(
    "change",
    [
        {"vct": "https://issuer.example/credential-types/WIZARD"},
        {"vct": "https://other.example/credential-types/INVESTOR"},
        {"vct#integrity": "md5-1B2M2Y8AsgTpgAmY7PhCfg=="},
        {"jti": "no URI"},
        {"iat": NOW_SECONDS},
        {"cnf": {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}}},
        {"status": {"status_list": {"idx": "7", "uri": STATUS_LIST}}},
    ],
    ids=str,
)
def test_we_refuse_a_credential_of_another_shape_that_the_library_issued(libraries, change):
    payload = {**sd_jwt_vc.always_shown(bound_claim(), TYPES), **INVESTOR, **change}
    text = issued_by_the_library(libraries, payload=payload)
    verification = we_verify(presented(libraries, text, ["country"]))
    assert (verification.ok, verification.credential) == (False, None)
    assert verification.check("credential").reason == "malformed_credential"


def test_what_we_issue_twice_is_the_same_text_and_what_the_library_issues_twice_is_not(libraries):
    assert issued() == issued()
    assert issued_by_the_library(libraries) != issued_by_the_library(libraries)


def test_a_disclosure_spelt_otherwise_after_issuance_is_refused_by_us_and_by_the_library(libraries):
    shown = SdJwt.parse(presented(libraries, issued_by_the_library(libraries), ["country"]))
    (disclosure,) = shown.disclosures
    spaced = encode(json.dumps(json.loads(decode(disclosure.text)), separators=(", ", ":")).encode())
    respelt = str(replace(shown, disclosures=(Disclosure.parse(spaced),)))
    assert "disclosure_mismatch" in we_verify(respelt).reasons
    with pytest.raises(LibraryRefused, match="sd_hash"):
        library_verifies(libraries, respelt, nonce=NONCE)


# Where the library is laxer than we are, and where both must say the same


def test_a_disclosure_that_no_digest_names_is_passed_over_by_the_library_and_refused_by_us(libraries):
    stray = SdJwt.parse(sd_jwt_vc.encode(bound_claim(), ISSUERS["Ed25519"], types=TYPES, secret=OTHER_SECRET)).disclosing(["name"])
    text = str(replace(SdJwt.parse(issued()).disclosing(["country"]), disclosures=stray.disclosures))
    assert INVESTOR.keys() & library_verifies(libraries, text)["payload"].keys() == set()
    assert "disclosure_mismatch" in we_verify(text).reasons


def test_the_library_looks_at_no_audience_and_at_no_type_and_we_do(libraries):
    header = {"kid": ISSUERS["Ed25519"].kid, "typ": "JWT"}
    shown = presented(libraries, issued_by_the_library(libraries, header=header), ["country"], audience="https://other.example")
    assert library_verifies(libraries, shown, nonce=NONCE)
    verification = we_verify(shown)
    assert not verification.ok
    assert (verification.check("typ").reason, verification.check("audience").reason) == ("wrong_token_type", "other_audience")


names = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=40)


@settings(max_examples=40, deadline=None)
@given(names, st.dates(date(1000, 1, 1)), st.sets(st.sampled_from(list(INVESTOR))))
def test_the_library_reads_of_any_claim_what_we_read(libraries, name, birthdate, shown):
    attributes = {**INVESTOR, "name": name, "birthdate": birthdate.isoformat()}
    presentation = presented(libraries, issued(attributes=attributes), sorted(shown))
    verification = we_verify(presentation)
    assert (verification.ok, verification.reasons) == (True, ())
    assert verification.credential is not None
    claims = libraries.ask("sd_jwt_claims", sdJwt=presentation)
    assert verification.credential.disclosed == {each: claims[each] for each in shown} == {each: attributes[each] for each in shown}


PUBLISHED = json.loads((Path(__file__).parents[1] / "vectors" / "rfc9901.json").read_text(encoding="utf-8"))["examples"]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([example for example in PUBLISHED if "issuance" in example]), st.data())
def test_the_library_reveals_of_the_published_credentials_what_we_reveal(libraries, example, data):
    issued_text = SdJwt.parse(example["issuance"])
    chosen = tuple(data.draw(st.lists(st.sampled_from(issued_text.disclosures), unique_by=lambda each: each.digest)))
    theirs = libraries.ask("sd_jwt_claims", sdJwt=str(replace(issued_text, disclosures=chosen)))
    try:
        ours = reveal(example["payload"], chosen)
    except DisclosureMismatch:
        # RFC 9901 §7.1 step 5 refuses a nested disclosure without the one around it; the library passes over it
        ours = reveal(example["payload"], reachable(example["payload"], chosen))
    assert theirs == ours


def reachable(payload: dict[str, Any], chosen: tuple[Disclosure, ...]) -> tuple[Disclosure, ...]:
    """Those disclosures whose digest stands in the payload, or in a disclosure that is reachable."""
    seen = json.dumps(payload)
    kept: list[Disclosure] = []
    for _ in chosen:
        kept = [disclosure for disclosure in chosen if disclosure.digest in seen]
        seen = json.dumps([payload, *(disclosure.value for disclosure in kept)])
    return tuple(kept)
