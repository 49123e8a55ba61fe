"""Claim types and reasons in the words of pages. A claim type without words of its own is shown by its name.

>>> claim_words("FAMILY_OFFICE").with_article
'a family office claim'
>>> claim_words("NOTARY").with_article
'a notary claim'
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from identity_service.web.messages import marked


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimWords:
    """A claim type for people: its name with its article, what the claim says, and what that is good for."""

    with_article: str
    says: str
    lets: str

    @property
    def name(self) -> str:
        """The name without article."""
        return self.with_article.partition(" ")[2]

    @property
    def title(self) -> str:
        """The name as a heading or label begins."""
        return self.name[:1].upper() + self.name[1:]

    def told(self, translate: Callable[[str], str]) -> "ClaimWords":
        """The same words in another language."""
        return ClaimWords(with_article=translate(self.with_article), says=translate(self.says), lets=translate(self.lets))


def _intermediary(with_article: str, says: str) -> ClaimWords:
    return ClaimWords(
        with_article=with_article,
        says=says,
        lets=marked(
            "Token contracts treat the wallet as an intermediary's. You may sign orders to a network, receive tokens, and pass "
            "them on to your clients, without telling anybody who these are."
        ),
    )


_WORDS: Final[Mapping[str, ClaimWords]] = MappingProxyType(
    {
        "INVESTOR": ClaimWords(
            with_article=marked("an investor claim"),
            says=marked("that whoever controls this wallet has been checked, and which class of investor that is"),
            lets=marked(
                "You may hold security tokens that accept investors, without being asked for your papers again for each of them."
            ),
        ),
        "FAMILY_OFFICE": _intermediary(
            marked("a family office claim"),
            marked("that whoever controls this wallet is a family office, on which licence, and under whose supervision"),
        ),
        "CUSTODIAN": _intermediary(
            marked("a custodian claim"),
            marked("that whoever controls this wallet is a custodian, on which licence, and under whose supervision"),
        ),
        "BROKER_DEALER": _intermediary(
            marked("a broker-dealer claim"),
            marked("that whoever controls this wallet is a broker-dealer, on which licence, and under whose supervision"),
        ),
        "INVESTMENT_MANAGER": _intermediary(
            marked("an investment manager claim"),
            marked("that whoever controls this wallet is a manager of investments, on which licence, and under whose supervision"),
        ),
        "CLAIM_ISSUER": ClaimWords(
            with_article=marked("an accreditation"),
            says=marked("that this firm may issue claims itself, and which ones"),
            lets=marked(
                "Claims that you issue are believed wherever the accreditor's word counts, as long as the accreditation lives."
            ),
        ),
    }
)

REJECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "evidence_insufficient": marked("The evidence does not show what the claim would say."),
        "identity_not_verified": marked("It could not be verified who the applicant is."),
        "licence_not_confirmed": marked("The supervisor does not confirm the licence."),
        "data_inconsistent": marked("What the application says contradicts itself or our records."),
        "not_eligible": marked("The applicant does not qualify for this claim."),
        "duplicate_application": marked("The same application was sent before."),
    }
)
"""Why an application is rejected: the code that is kept, and the sentence for people."""

REVOCATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "licence_withdrawn": "The licence was withdrawn or has lapsed.",
        "data_changed": "What the claim says is no longer true.",
        "holder_request": "The holder asked for it.",
        "wallet_lost": "The wallet was lost, or somebody else controls it.",
        "issued_in_error": "The claim should not have been issued.",
        "compliance_decision": "A compliance decision or an order of an authority.",
    }
)
"""Why a claim is revoked: the code that is kept, and the sentence for people."""


_NOT_ACCREDITED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "claim_without_jurisdiction": "its accreditation is for certain countries only, and the claim names none",
        "jurisdiction_not_covered": "its accreditation does not reach the country that the claim is about",
        "jurisdictions_exceed_accreditor": "its accreditation names countries that its accreditor's own does not reach",
    }
)


def accreditation_fault(code: str) -> str:
    """Why no accreditation counts (``PathReason``), to follow a colon; most codes are words enough.

    >>> accreditation_fault("no_path_to_root")
    'no path to root'
    """
    return _NOT_ACCREDITED.get(code, code.replace("_", " "))


def claim_words(name: str) -> ClaimWords:
    """The words for a claim type."""
    known = _WORDS.get(name)
    if known is not None:
        return known
    plain = name.lower().replace("_", " ")
    return ClaimWords(
        with_article=f"{'an' if plain[:1] in 'aeiou' else 'a'} {plain} claim",
        says="what its claim issuer has checked about whoever controls this wallet",
        lets="Tokens that accept this kind of claim accept your wallet.",
    )


def any_claim_of(names: Sequence[str]) -> str:
    """A claim of one of these types, without article.

    >>> any_claim_of(["INVESTOR", "FAMILY_OFFICE", "CUSTODIAN"])
    'investor, family office or custodian claim'
    >>> any_claim_of(["INVESTOR"])
    'investor claim'
    """
    kinds = [claim_words(name).name.removesuffix(" claim") for name in names]
    *others, last = kinds
    return f"{', '.join(others)} or {last} claim" if others else f"{last} claim"


def reason_in_words(code: str | None, sentences: Mapping[str, str]) -> str:
    """The sentence for a reason; a code of somebody's own is shown as words."""
    if code is None:
        return ""
    return sentences.get(code, code.replace("_", " ").capitalize() + ".")
