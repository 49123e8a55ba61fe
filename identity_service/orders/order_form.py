"""An order as a form: read from what people write, and its checks in words. No I/O."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal

from pydantic import Field

from claim_issuers.clock import Entropy
from claim_issuers.identifiers.accounts import Account
from claim_issuers.orders.currencies import CURRENCY_CODES
from claim_issuers.orders.errors import REFUSALS
from claim_issuers.orders.order import Order, Side
from claim_issuers.verifiers.checks import Check, Outcome
from identity_service.orders.model import ClaimNow
from identity_service.tokens.model import Token
from identity_service.web.problems import problem_of
from identity_service.web.quantities import base_units
from identity_service.web.requests import FieldError, InvalidField, JsonModel

LIFETIMES: Final[Mapping[str, tuple[str, timedelta]]] = MappingProxyType(
    {
        "hour": ("One hour", timedelta(hours=1)),
        "day": ("One day", timedelta(days=1)),
        "week": ("One week", timedelta(days=7)),
        "month": ("30 days", timedelta(days=30)),
    }
)

PASSED_IN_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "document": "The order is the one that was signed; nothing was changed afterwards.",
        "chain": "It was signed for the token's own chain.",
        "token": "It was signed for this token.",
        "network": "It is addressed to this network.",
        "time": "Its time has come and is not over.",
        "signature": "The intermediary's own wallet signed it.",
        "claim": "That wallet has an intermediary claim.",
        "claim_validity": "The claim is valid now, and was when the order was issued.",
        "claim_status": "The claim has not been revoked.",
        "accreditation": "The claim issuer is accredited, up to a root.",
        "signatory": "Whoever signed may act for the intermediary.",
    }
)


_ACCOUNT_ADVICE: Final = (
    "Choose one of your wallets in the list.",
    "This wallet holds no live intermediary claim, so the order would be refused. Sign with one that does.",
)


_OVERTAKEN: Final = "It was so when the order came in, and is so no longer."
_ENDED: Final[Mapping[ClaimNow, str]] = MappingProxyType(
    {
        ClaimNow.EXPIRED: "claim_validity",
        ClaimNow.REVOKED: "claim_status",
        ClaimNow.NOT_ACCREDITED: "accreditation",
    }
)


class OrderForm(JsonModel):
    """What the form sends."""

    token: str = Field(max_length=80)
    side: Literal["buy", "sell"]
    quantity: str = Field(max_length=100)
    price: str = Field(max_length=100)
    currency: str = Field(max_length=3)
    network: str = Field(max_length=64)
    intermediary: str = Field(max_length=80)
    lifetime: Literal[tuple(LIFETIMES)]  # type: ignore[valid-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What an intermediary may choose from: tokens, networks by party id with their names, its own accounts.

    ``accounts`` hold a live intermediary claim and can sign; of ``unlicensed`` a signature would be refused.
    """

    tokens: tuple[Token, ...]
    networks: tuple[tuple[str, str], ...]
    accounts: tuple[Account, ...]
    unlicensed: tuple[Account, ...]

    @property
    def token_options(self) -> list[tuple[str, str]]:
        """The tokens as a list to select from."""
        return [(str(one.id), f"{one.name} ({one.symbol})") for one in self.tokens]

    @property
    def account_options(self) -> list[tuple[str, str]]:
        """The accounts as a list to select from."""
        return [(str(one), str(one)) for one in self.accounts]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCheck:
    """One check in words; ``advice`` says what to do about one that failed."""

    outcome: Outcome
    sentence: str
    advice: str = ""


def order_of(form: OrderForm, choices: Choices, *, instant: datetime, entropy: Entropy) -> Order:
    """The order that the form describes, issued now under a fresh id. Raises InvalidField with every field at fault."""
    token = next((one for one in choices.tokens if str(one.id) == form.token), None)
    account = next((one for one in choices.accounts if str(one) == form.intermediary), None)
    quantity = None if token is None else base_units(form.quantity, token.decimals)
    price = _price(form.price)
    faults = (
        ("token", token is None, "Choose one of the tokens in the list."),
        ("intermediary", account is None, _ACCOUNT_ADVICE[form.intermediary in map(str, choices.unlicensed)]),
        ("network", form.network not in dict(choices.networks), "Choose one of the networks in the list."),
        ("quantity", token is not None and quantity is None, "Write a number above 0 that the token can hold, such as 250 or 0.5."),
        ("price", price is None, "Write a number such as 99.75, with at most 18 digits behind the point."),
        ("currency", form.currency.upper() not in CURRENCY_CODES, "Write the three letters of a currency, such as CHF."),
    )
    found = [FieldError(f"/{name}", sentence) for name, wrong, sentence in faults if wrong]
    if found or token is None or account is None or quantity is None or price is None:
        raise InvalidField(found)
    issued_at = instant.replace(microsecond=0)
    return Order(
        id=str(uuid.UUID(bytes=entropy.token_bytes(16), version=4)),
        network=form.network,
        token=token.id,
        side=Side(form.side),
        quantity=quantity,
        price=price,
        currency=form.currency.upper(),
        intermediary=account,
        signatory=account,
        issued_at=issued_at,
        expires_at=issued_at + LIFETIMES[form.lifetime][1],
    )


def checks_in_words(checks: Iterable[Check], claim_now: ClaimNow = ClaimNow.LIVE) -> tuple[ShownCheck, ...]:
    """Each check for people, in their order; one that passed and is overtaken by how the claim stands now says so."""
    return tuple(
        replace(_in_words(one), advice=_OVERTAKEN) if one.code == _ENDED.get(claim_now) else _in_words(one) for one in checks
    )


def _in_words(check: Check) -> ShownCheck:
    if check.outcome is Outcome.PASSED:
        return ShownCheck(
            outcome=check.outcome, sentence=PASSED_IN_WORDS.get(check.code, check.code.replace("_", " ").capitalize())
        )
    kind = REFUSALS.get(check.reason or "")
    if check.outcome is Outcome.NOT_CHECKED or kind is None:
        asked = check.code.replace("_", " ")
        return ShownCheck(outcome=Outcome.NOT_CHECKED, sentence=f"Not checked, because of what failed before: {asked}.")
    sentence = (kind.__doc__ or "").strip()
    return ShownCheck(outcome=check.outcome, sentence=sentence, advice=problem_of(kind()).advice)


def _price(text: str) -> str | None:
    """The price in its one canonical spelling, or None when it is no number above or equal to 0."""
    written = base_units(text, 18)
    if written is None:
        return None
    whole, rest = divmod(written, 10**18)
    fraction = str(rest).rjust(18, "0").rstrip("0")
    return f"{whole}.{fraction}" if fraction else str(whole)
