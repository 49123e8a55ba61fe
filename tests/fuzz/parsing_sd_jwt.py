"""Parsing targets: credentials with selective disclosure."""

import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from claim_issuers.encodings import base64url
from claim_issuers.formats import sd_jwt_vc
from claim_issuers.formats.sd_jwt import Disclosure, SdJwt, reveal
from claim_issuers.verifiers.presentations import KeyBindingDemand, verify_sd_jwt_vc
from tests.fuzz.judging import (
    JSON_CHANGES,
    LEEWAY,
    NOT_A_REFUSAL,
    TEXT_CHANGES,
    UNFAITHFUL,
    always_valid,
    any_text,
    exact_text,
    faithful,
    on_json,
    once_or_more,
    resigned_by_issuer,
)
from tests.fuzz.mutations import changed_bytes
from tests.fuzz.samples import (
    IN_TIME,
    issuer_keys,
    the_text,
)
from tests.fuzz.sd_jwt_changes import Presentation, joined
from tests.fuzz.sd_jwt_samples import AUDIENCE, NONCE, TYPES, disclosed_payloads, issued, kept_disclosures, presentations
from tests.fuzz.targets import Target
from tests.fuzz.token_changes import Signed

_DEMAND = KeyBindingDemand(AUDIENCE, NONCE, max_age=LEEWAY)


def _report_presentation(text: str) -> str | None:
    """``verify_sd_jwt_vc`` reports; it raises for no text."""
    try:
        report = verify_sd_jwt_vc(
            text, keys=issuer_keys, types=TYPES, instant=IN_TIME, leeway=LEEWAY, binding=_DEMAND, status=always_valid
        )
    except Exception as fault:
        return f"{NOT_A_REFUSAL}: {type(fault).__name__}"
    return None if report.checks else UNFAITHFUL


def _disclosure(text: str) -> str | None:
    disclosure = Disclosure.parse(text)
    parts = json.loads(base64url.decode(text))
    named = parts[1:] if disclosure.name is None else parts[2:]
    return faithful(exact_text(named) == exact_text([disclosure.value]) and len(disclosure.digest) == 43)


def _sd_jwt(text: str) -> str | None:
    parsed = SdJwt.parse(text)
    # The parts are not judged by parse; sd_hash is what a verifier computes next.
    return faithful(str(parsed) == text)


def _reveal(payload: Mapping[str, Any]) -> str | None:
    revealed = reveal(payload, kept_disclosures(payload))
    return faithful("_sd_alg" not in revealed and not _holds_digests(revealed))


def _holds_digests(value: Any) -> bool:
    if isinstance(value, dict):
        return "_sd" in value or "..." in value or any(map(_holds_digests, value.values()))
    return isinstance(value, list) and any(map(_holds_digests, value))


def _presented(payload: Mapping[str, Any]) -> str | None:
    sd_jwt_vc.issuer_of(payload)
    claim = sd_jwt_vc.presented(payload, SdJwt("", kept_disclosures(payload)), types=TYPES)
    stated = {**sd_jwt_vc.always_shown(claim, TYPES), "vct#integrity": payload["vct#integrity"]}
    sound = type(claim.status_list_index) is int and isinstance(claim.status_list_uri, str) and isinstance(claim.id, str)
    return faithful(sound and exact_text({name: payload[name] for name in stated}) == exact_text(stated))


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
        issuer_jwt = resigned_by_issuer(rng, shown.issued, ())
    if rng.random() < 0.6:
        binding = resigned_by_issuer(rng, shown.binding, ())
    return joined(issuer_jwt, shown.disclosures, binding)


def _changed_sd_jwt_payload(rng: Random, token: Signed, others: Sequence[Signed]) -> str:
    issuer_jwt, *rest = token.text.split("~")
    inner = Signed.read(issuer_jwt, token.signer)
    return "~".join((resigned_by_issuer(rng, inner, ()), *rest))


def sd_jwt_targets() -> tuple[Target, ...]:
    whole = issued()
    texts = tuple(token.text for token in whole)
    disclosures = tuple(dict.fromkeys(part for text in texts for part in text.split("~")[1:-1]))
    return (
        Target(
            name="disclosure", covers=("formats.sd_jwt.Disclosure.parse",), originals=disclosures, judge=_disclosure, **TEXT_CHANGES
        ),
        Target(
            name="disclosure-json",
            covers=("formats.sd_jwt.Disclosure.parse",),
            originals=tuple(base64url.decode(text) for text in disclosures),
            judge=lambda text: _disclosure(base64url.encode(text)),
            change=once_or_more(changed_bytes),
        ),
        Target(
            name="sd-jwt", covers=("formats.sd_jwt.SdJwt.parse",), originals=texts, judge=_sd_jwt, change=once_or_more(any_text)
        ),
        Target(
            name="sd-jwt-payload",
            covers=("formats.sd_jwt.reveal",),
            originals=disclosed_payloads(),
            judge=on_json(_reveal),
            **JSON_CHANGES,
        ),
        Target(
            name="sd-jwt-vc-payload",
            covers=("formats.sd_jwt_vc.presented", "formats.sd_jwt_vc.issuer_of"),
            originals=disclosed_payloads(),
            judge=on_json(_presented),
            **JSON_CHANGES,
        ),
        Target(
            name="sd-jwt-vc-signed",
            covers=("formats.sd_jwt_vc.read", "formats.sd_jwt_vc.SdJwtVc.read", "formats.sd_jwt_vc.SdJwtVc.decode"),
            originals=whole,
            judge=_read_sd_jwt_vc,
            change=_changed_sd_jwt_payload,
            plain=the_text,
        ),
        Target(
            name="sd-jwt-vc-reported",
            covers=("verifiers.presentations.verify_sd_jwt_vc",),
            originals=presentations(),
            judge=_report_presentation,
            change=_odd_presentation,
            plain=_shown_text,
        ),
    )
