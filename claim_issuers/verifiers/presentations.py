"""Verifies the presentation of a ``dc+sd-jwt``: the credential, what is disclosed of it, and that the holder shows it here and now.

>>> from datetime import UTC
>>> report = verify_sd_jwt_vc("x", keys=lambda issuer, kid: {}[kid], instant=datetime(2026, 1, 1, tzinfo=UTC),
...                           types=CredentialTypes("https://issuer.example/credential-types"),
...                           binding=KeyBindingDemand("https://verifier.example", nonce="n-1", max_age=timedelta(minutes=5)))
>>> report.ok, report.check("form").reason, report.check("sd_hash").reason
(False, 'malformed_sd_jwt', 'token_not_read')
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, Final

from claim_issuers.clock import aware, unix_seconds
from claim_issuers.errors import DomainError, InvalidInput
from claim_issuers.formats import jose, key_binding, sd_jwt_vc
from claim_issuers.formats.credential import IssuerKeys
from claim_issuers.formats.sd_jwt import SdJwt
from claim_issuers.formats.sd_jwt_vc import PresentedClaim
from claim_issuers.formats.type_metadata import CredentialTypes
from claim_issuers.identifiers.accounts import Account
from claim_issuers.verifiers.checks import Check, Report
from claim_issuers.verifiers.claim_checks import CLAIM_CHECKS, AccreditationLookup, Circumstances, StatusLookup
from claim_issuers.verifiers.token_checks import TOKEN_CHECKS, checks_of_token, not_read, read_token

_PREFIX: Final = "key_binding_"
BINDING_CHECKS: Final = (
    "key_binding",
    *(_PREFIX + name for name in TOKEN_CHECKS),
    "audience",
    "nonce",
    "key_binding_time",
    "sd_hash",
)


class InvalidKeyBindingDemand(InvalidInput):
    """A verifier names itself, a nonce of its own, and how old a proof may be."""

    code = "invalid_key_binding_demand"


@dataclass(frozen=True, slots=True)
class KeyBindingDemand:
    """What the holder must sign to show a credential here: this audience and this nonce, not longer than ``max_age`` ago.

    ``accept_high_s`` takes the ES256 signatures of phones, half of which have a high s, and so both twins of each: only where
    the nonce is used up with the presentation. Raises InvalidKeyBindingDemand.
    """

    audience: str
    nonce: str
    max_age: timedelta
    accept_high_s: bool = False

    def __post_init__(self) -> None:
        texts = isinstance(self.audience, str) and isinstance(self.nonce, str)
        if not texts or not self.audience or not self.nonce or self.max_age <= timedelta():
            raise InvalidKeyBindingDemand("give audience, nonce and a max_age above zero")


@dataclass(frozen=True, slots=True)
class BearerAccepted:
    """Says that whoever has the text may show it: no proof of the wallet's key is asked for, and none is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentationVerification(Report):
    """The checks of a presentation, and what it shows once the issuer's signature held."""

    credential: PresentedClaim | None


def verify_sd_jwt_vc(
    text: str,
    *,
    keys: IssuerKeys,
    types: CredentialTypes,
    instant: datetime,
    binding: KeyBindingDemand | BearerAccepted | None,
    leeway: timedelta = timedelta(),
    algorithms: Collection[str] = jose.ALGORITHMS,
    status: StatusLookup | None = None,
    accreditation: AccreditationLookup | None = None,
    account: Account | None = None,
) -> PresentationVerification:
    """Every check of a presentation at ``instant``, each made even where another failed (RFC 9901 §7.3, SD-JWT VC §3.5).

    In order: form, typ, algorithm, header, key, signature, credential; key_binding (it is there, and the credential names a
    key), its typ, algorithm, header, key and signature with the prefix ``key_binding_``, audience, nonce, key_binding_time
    (``iat`` within ``max_age`` and not ahead, both with leeway), sd_hash; validity, status, accreditation, account. With
    ``binding`` None those of key binding are not checked, and nothing is ok; BearerAccepted leaves them out. ``algorithms``
    holds for both signatures. ``accreditation`` is asked about the place that is disclosed: where the holder withholds it there
    is none, and no restricted accreditation covers it. Leaves to the caller that the nonce is used once. Raises NaiveInstant, and
    nothing for any text.
    """
    circumstances = Circumstances(
        instant=aware(instant), leeway=leeway, status=status, accreditation=accreditation, account=account
    )
    shown, read, checks = _read(text)
    if shown is None or read is None:
        later = ("credential", *_binding_codes(binding), *CLAIM_CHECKS)
        return PresentationVerification(checks=(*checks, *not_read(later, "token_not_read")), credential=None)
    faults = jose.examine(
        read, keys=lambda kid: keys(sd_jwt_vc.issuer_of(read.payload), kid), algorithms=algorithms, typ=sd_jwt_vc.TYP
    )
    claim, credential = _credential(read, shown, types, holder_key_verifies=isinstance(binding, KeyBindingDemand))
    genuine = faults.first() is None
    return PresentationVerification(
        checks=(
            *checks,
            *checks_of_token(faults),
            credential,
            *_binding_checks(shown, claim, binding, circumstances, algorithms),
            *circumstances.checks_of(claim, genuine=genuine),
        ),
        credential=claim if genuine else None,
    )


def _read(text: str) -> tuple[SdJwt | None, jose.ReadToken | None, tuple[Check, ...]]:
    try:
        shown = SdJwt.parse(text)
    except DomainError as fault:
        return None, None, (Check.of_fault("form", fault), *not_read(TOKEN_CHECKS, "token_not_read"))
    return shown, *read_token(shown.issuer_jwt)


def _credential(
    read: jose.ReadToken, shown: SdJwt, types: CredentialTypes, *, holder_key_verifies: bool
) -> tuple[PresentedClaim | None, Check]:
    try:
        claim = sd_jwt_vc.presented(read.payload, shown, types=types, holder_key_verifies=holder_key_verifies)
    except DomainError as fault:
        return None, Check.of_fault("credential", fault)
    return claim, Check.of_fault("credential", None)


def _binding_codes(binding: KeyBindingDemand | BearerAccepted | None) -> tuple[str, ...]:
    return () if isinstance(binding, BearerAccepted) else BINDING_CHECKS


def _binding_checks(
    shown: SdJwt,
    claim: PresentedClaim | None,
    binding: KeyBindingDemand | BearerAccepted | None,
    circumstances: Circumstances,
    algorithms: Collection[str],
) -> tuple[Check, ...]:
    if not isinstance(binding, KeyBindingDemand):
        return not_read(_binding_codes(binding), "no_key_binding_demanded")
    if claim is None:
        return not_read(BINDING_CHECKS, "claim_not_read")
    first, *later = BINDING_CHECKS
    holder = claim.holder_key
    if shown.key_binding is None or holder is None:
        reason = "key_binding_missing" if shown.key_binding is None else "holder_key_missing"
        return (Check.passed_if(False, first, reason), *not_read(later, reason))
    read, form = read_token(shown.key_binding)
    if read is None:
        return (Check.passed_if(False, first, form[0].reason or ""), *not_read(later, "token_not_read"))
    faults = jose.examine(
        read,
        keys=lambda _: holder,
        algorithms=algorithms,
        typ=key_binding.TYP,
        require_kid=False,
        accept_high_s=binding.accept_high_s,
    )
    return (Check.of_fault(first, None), *checks_of_token(faults, prefix=_PREFIX), *_said(read, shown, binding, circumstances))


def _said(read: jose.ReadToken, shown: SdJwt, binding: KeyBindingDemand, circumstances: Circumstances) -> tuple[Check, ...]:
    payload = read.payload
    return (
        Check.passed_if(payload.get("aud") == binding.audience, "audience", "other_audience"),
        Check.passed_if(_same(payload.get("nonce"), binding.nonce), "nonce", "other_nonce"),
        _time(payload.get("iat"), binding.max_age, circumstances),
        Check.passed_if(_same(payload.get("sd_hash"), shown.sd_hash), "sd_hash", "other_disclosures_bound"),
    )


def _time(issued_at: Any, max_age: timedelta, circumstances: Circumstances) -> Check:
    code, now, leeway = "key_binding_time", unix_seconds(circumstances.instant), circumstances.leeway
    if type(issued_at) is not int:
        return Check.passed_if(False, code, "malformed_token")
    if issued_at > now + leeway.total_seconds():
        return Check.passed_if(False, code, "token_not_yet_valid")
    return Check.passed_if(issued_at >= now - (max_age + leeway).total_seconds(), code, "token_expired")


def _same(given: Any, expected: str) -> bool:
    return isinstance(given, str) and compare_digest(given.encode("utf-8", "replace"), expected.encode())
