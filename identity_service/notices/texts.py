"""What the mails say, in English and German: plain text, no name, nothing that the address alone could not be told.

A subject never says more than that there is something, because it shows on locked screens. No I/O.

>>> tx_code("de", code="123456", service="https://claims.example").subject
'Ihr Code'
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and text of a mail."""

    subject: str
    text: str


_TX_CODE: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "en": Words(
            "Your code",
            """Your code is {code}.

Type it into the wallet app that asks for it. It works once, for the credential that you are fetching from {service}.

Nobody from us will ever ask you for this code. If you are not fetching a credential, do nothing.
""",
        ),
        "de": Words(
            "Ihr Code",
            """Ihr Code lautet {code}.

Geben Sie ihn in der Wallet-App ein, die danach fragt. Er gilt einmal, für den Nachweis, den Sie bei {service} abholen.

Niemand von uns wird Sie je nach diesem Code fragen. Wenn Sie keinen Nachweis abholen, tun Sie nichts.
""",
        ),
    }
)

_CLAIM_EXPIRING: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "en": Words(
            "A claim of yours ends soon",
            """A claim about your wallet ends on {day}.

Afterwards tokens that ask for it can no longer be sent to that wallet. You can see the claim, and who issued it, at
{service}/my-claims

If you need it longer, ask that claim issuer for a new one before that day.
""",
        ),
        "de": Words(
            "Einer Ihrer Nachweise endet bald",
            """Ein Nachweis über Ihre Wallet endet am {day}.

Danach können Token, die ihn verlangen, nicht mehr an diese Wallet gesendet werden. Den Nachweis und wer ihn ausgestellt hat,
sehen Sie unter
{service}/my-claims

Wenn Sie ihn länger brauchen, bitten Sie diesen Aussteller vor dem Tag um einen neuen.
""",
        ),
    }
)

_DATA_READ: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "en": Words(
            "Your data was read",
            """Somebody with a right to do so has read data about you.

Who it was, what was read, for which purpose and on which legal basis, you can see at
{service}/my-claims/readings

We write at most one such mail a day, however many readings there are.
""",
        ),
        "de": Words(
            "Ihre Daten wurden gelesen",
            """Jemand, der dazu berechtigt ist, hat Daten über Sie gelesen.

Wer es war, was gelesen wurde, zu welchem Zweck und auf welcher Rechtsgrundlage, sehen Sie unter
{service}/my-claims/readings

Wir schreiben höchstens eine solche Mail am Tag, gleich wie oft gelesen wurde.
""",
        ),
    }
)

_MOVE_OPENED: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "en": Words(
            "Was a wallet of yours lost?",
            """Somebody reported a wallet of yours lost and named another account that is to take its place. Nothing has changed
yet.

If it was you, you need do nothing.

If it was not: sign in with that wallet and object. Tell the claim issuers of your claims at once, for they can confirm such a
report; who they are, you can see at
{service}/my-claims
""",
        ),
        "de": Words(
            "Haben Sie eine Wallet verloren?",
            """Jemand hat eine Ihrer Wallets als verloren gemeldet und ein anderes Konto genannt, das an ihre Stelle treten soll.
Noch hat sich nichts geändert.

Wenn Sie es waren, brauchen Sie nichts zu tun.

Wenn nicht: Melden Sie sich mit dieser Wallet an und widersprechen Sie. Sagen Sie es sofort den Ausstellern Ihrer Nachweise, denn
sie können eine solche Meldung bestätigen; wer sie sind, sehen Sie unter
{service}/my-claims
""",
        ),
    }
)

_MOVE_CONFIRMED: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "en": Words(
            "An account of yours was replaced",
            """A wallet of yours was reported lost, and this was confirmed. Another account has taken its place, and the lost
one counts no more.

If that was not you, go to a claim issuer that knows you, with another account of your own: its officer can undo this.

{service}
""",
        ),
        "de": Words(
            "Eines Ihrer Konten wurde ersetzt",
            """Eine Ihrer Wallets wurde als verloren gemeldet, und das wurde bestätigt. Ein anderes Konto ist an ihre Stelle
getreten, und die verlorene zählt nicht mehr.

Wenn Sie das nicht waren, wenden Sie sich mit einem anderen eigenen Konto an einen Aussteller, der Sie kennt: Dort kann man es
rückgängig machen.

{service}
""",
        ),
    }
)

LANGUAGES: Final = frozenset(_TX_CODE)


def tx_code(language: str, *, code: str, service: str) -> Words:
    """The transaction code of a credential offer (OpenID4VCI 1.0 §3.5: by another channel than the offer)."""
    return _filled(_TX_CODE[language], code=code, service=service)


def claim_expiring(language: str, *, valid_until: datetime, service: str) -> Words:
    """A claim ends."""
    return _filled(_CLAIM_EXPIRING[language], day=_day(language, valid_until), service=service)


def data_read(language: str, *, service: str) -> Words:
    """Data were disclosed."""
    return _filled(_DATA_READ[language], service=service)


def move_opened(language: str, *, service: str) -> Words:
    """An account of the party was reported lost."""
    return _filled(_MOVE_OPENED[language], service=service)


def move_confirmed(language: str, *, service: str) -> Words:
    """An account of the party was replaced."""
    return _filled(_MOVE_CONFIRMED[language], service=service)


def _filled(words: Words, **values: str) -> Words:
    return Words(words.subject, words.text.format(**values))


def _day(language: str, instant: datetime) -> str:
    return f"{instant.day}.{instant.month}.{instant.year} (UTC)" if language == "de" else f"{instant:%Y-%m-%d} (UTC)"
