"""The words of a person's own page, in each language that it is there in."""

from collections.abc import Sequence
from typing import Final

from identity_service.cap_table.model import Standing, TransferAuthority
from identity_service.issuance.model import Liveness
from identity_service.issuance.wording import claim_words
from identity_service.web.languages import gettext, in_figures
from identity_service.web.messages import marked
from identity_service.web.pages import shown_quantity

STATES: Final = {
    Liveness.LIVE: (marked("valid"), "good"),
    Liveness.NOT_ISSUED: (marked("being signed"), "warn"),
    Liveness.NOT_YET_VALID: (marked("not valid yet"), "warn"),
    Liveness.EXPIRED: (marked("expired"), "bad"),
    Liveness.REVOKED: (marked("revoked"), "bad"),
    Liveness.ACCOUNT_UNLINKED: (marked("account unlinked"), "bad"),
    Liveness.ACCOUNT_UNLINKED: (marked("account unlinked"), "bad"),
}
BASES: Final = {
    "grant": marked("under a right to read the cap table"),
    "application": marked("to check your application"),
    "claim": marked("as the claim issuer of your claim"),
}
FIELDS: Final = {
    "legal_name": marked("your name"),
    "country": marked("your country"),
    "email": marked("your email address"),
    "claim_attributes": marked("what your claim states"),
}
MENDERS: Final = {
    "holder": marked("you"),
    "claim_issuer": marked("the claim issuer"),
    "token_agent": marked("the token's agent"),
    "token_issuer": marked("the token issuer"),
    "sender": marked("the sender"),
}
PURPOSES: Final = {
    "claim_administration": marked("Claim administration"),
    "claim_application": marked("Claim application"),
    "client_service": marked("Client service"),
    "dividend_payment": marked("Dividend payment"),
    "general_meeting": marked("General meeting"),
    "invitation": marked("Invitation"),
    "network_settlement": marked("Network settlement"),
    "notice": marked("Notice"),
    "register_keeping": marked("Register keeping"),
    "shareholder_identification": marked("Shareholder identification"),
    "supervision": marked("Supervision"),
}
STANDINGS: Final = {
    Standing.CUSTODIAN: marked("custodian"),
    Standing.LAPSED: marked("lapsed"),
    Standing.UNKNOWN: marked("unknown"),
}
ROLES: Final = (
    marked("Administrator"),
    marked("Claim issuer"),
    marked("Family office"),
    marked("Custodian"),
    marked("Network"),
    marked("Token issuer"),
    marked("Transfer agent"),
    marked("Regulator"),
)
"""How the layout names whoever acts in a role."""

_NOTHING: Final = (
    marked("%(spender)s can move nothing now, with an allowance without limit."),
    marked("%(spender)s can move nothing now, with an allowance of %(allowance)s."),
)
_SOMETHING: Final = (
    marked("%(spender)s can move %(amount)s of an allowance without limit."),
    marked("%(spender)s can move %(amount)s of an allowance of %(allowance)s."),
)
_STILL: Final = (
    marked("%(spender)s can still move %(amount)s of an allowance without limit."),
    marked("%(spender)s can still move %(amount)s of an allowance of %(allowance)s."),
)


def can_move(spender: str, one: TransferAuthority, decimals: int, symbol: str) -> str:
    """What a spender can move now, in a sentence."""
    standing = _STILL if one.standing is Standing.LAPSED else _SOMETHING
    unlimited, limited = _NOTHING if one.effective == 0 else standing
    shown = {
        "spender": spender,
        "amount": f"{in_figures(shown_quantity(one.effective, decimals))} {symbol}",
        "allowance": in_figures(shown_quantity(one.allowance, decimals)),
    }
    return gettext(unlimited if one.unlimited else limited) % shown


def titles_in_words(claim_types: Sequence[str]) -> tuple[str, ...]:
    """Claim types as headings name them."""
    return tuple(claim_words(name).told(gettext).title for name in claim_types)


def standing_in_words(standing: Standing) -> str:
    """What a spender is, in the language of the page."""
    return gettext(STANDINGS[standing])


def purpose_in_words(purpose: str) -> str:
    """What data were read for; a purpose without words of its own is told by its name."""
    known = PURPOSES.get(purpose)
    return purpose.replace("_", " ").capitalize() if known is None else gettext(known)
