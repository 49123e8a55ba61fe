"""The languages of what invited people and holders see: which one a page is shown in, its messages, its dates and numbers.

A message is written in English where it is used, and is its own key in the catalogue (``translations/<language>.po``, read when
the app is built). A blueprint says whether its pages are there in every language; those of the others stay English as a whole.

Templates say ``{% trans %}`` and ``_("a literal")``; a text that comes in a variable goes through the filter ``told``, since
``_`` would take it for markup. Modules mark with ``messages.marked`` what is translated only when it is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from babel.dates import format_datetime
from babel.messages.pofile import read_po
from babel.numbers import get_decimal_symbol
from babel.units import format_unit
from flask import Blueprint, Flask, Response, current_app, g, has_request_context, request
from jinja2 import pass_context
from jinja2.runtime import Context

ENGLISH: Final = "en"
LANGUAGES: Final[Mapping[str, str]] = MappingProxyType({ENGLISH: "English", "de": "Deutsch"})
"""Each language by its tag (BCP 47), with its own name for itself."""
COOKIE: Final = "language"
PROBLEMS_OF_VISITORS: Final = frozenset(
    {
        "account_already_bound",
        "account_unknown",
        "address_limit_reached",
        "already_enrolled",
        "applicant_data_missing",
        "application_pending",
        "application_turned_down",
        "application_unknown",
        "chain_unavailable",
        "claim_not_live",
        "claim_unknown",
        "country_not_taken",
        "credential_offer_ended",
        "credential_offer_unknown",
        "form_unknown",
        "identity_contract_missing",
        "identity_contract_shared",
        "internal_error",
        "invitation_expired",
        "invitation_not_permitted",
        "invitation_unknown",
        "invitation_used",
        "invitation_withdrawn",
        "inviter_not_licensed",
        "malformed_request",
        "method_not_allowed",
        "no_claim_for_token",
        "notice_limit_reached",
        "page_for_another_role",
        "qr_code_too_fine",
        "relayer_not_permitted",
        "request_from_elsewhere",
        "route_unknown",
        "session_missing",
        "token_unknown",
        "too_many_credential_offers",
        "too_many_requests",
        "unavailable",
    }
)
"""The codes of problems that invited people and holders can meet on their pages; their titles and advice are translated."""

_DATES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {ENGLISH: ("d MMMM y", "d MMMM y, HH:mm 'UTC'"), "de": ("d. MMMM y", "d. MMMM y, HH:mm 'UTC'")}
)
_YEAR: Final = 365 * 24 * 60 * 60


class PageBlueprint(Blueprint):
    """A blueprint of pages; ``multilingual`` says that they are there in every language, those of others in English alone."""

    multilingual = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The messages of one language. ``scripts`` are those that the scripts of pages say."""

    messages: Mapping[str, tuple[str, ...]]
    scripts: Mapping[str, str]

    @classmethod
    def read(cls, language: str) -> "Catalogue":
        """The catalogue that comes with the package; a message that is not translated, or doubtfully so, is left out."""
        with (files("identity_service.web") / "translations" / f"{language}.po").open("rb") as stream:
            read = [one for one in read_po(stream, locale=language) if one.id and not one.fuzzy]
        texts = {_key(one.id): _texts(one.string) for one in read if all(_texts(one.string))}
        spoken = {_key(one.id) for one in read if any(str(place).endswith(".js") for place, _ in one.locations)}
        return cls(messages=texts, scripts={key: texts[key][0] for key in sorted(spoken & texts.keys())})

    def one(self, message: str) -> str:
        """``message`` in this language, or else as it is."""
        return self.messages.get(message, (message,))[0]

    def counted(self, singular: str, plural: str, count: int) -> str:
        """The form for ``count`` things. Both languages tell one from everything else."""
        forms = self.messages.get(singular, (singular, plural))
        return forms[0] if count == 1 else forms[-1]


_OWN: Final = Catalogue(messages={}, scripts={})


def install_languages(app: Flask) -> None:
    """Read the catalogues and give the templates their ways of saying things."""
    app.extensions["catalogues"] = {ENGLISH: _OWN} | {tag: Catalogue.read(tag) for tag in LANGUAGES if tag != ENGLISH}
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(language=language, languages=LANGUAGES, is_multilingual=is_multilingual, script_words=script_words)
    app.jinja_env.filters.update(told=_told, is_told=_is_told)


@pass_context  # without it jinja would translate a literal once, when it compiles the template
def _told(_: Context, message: str) -> str:
    return gettext(message)


@pass_context
def _is_told(_: Context, message: str) -> bool:
    """Whether ``message`` can be said in the language of the page."""
    return language() == ENGLISH or message in _catalogue().messages


def language() -> str:
    """The language of the page being answered; English where none is, and where its blueprint knows no other."""
    if not has_request_context():
        return ENGLISH
    if "language" not in g:
        g.language = _wanted() if is_multilingual() else ENGLISH
    return str(g.language)


def is_multilingual() -> bool:
    """Whether the page is there in every language; so is the one that says that a page is not there."""
    if request.blueprint is None:
        return True
    return bool(getattr(current_app.blueprints[request.blueprint], "multilingual", False))


def gettext(message: str) -> str:
    """``message`` in the language of the page."""
    return _catalogue().one(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The message for ``count`` things in the language of the page."""
    return _catalogue().counted(singular, plural, count)


def script_words() -> Mapping[str, str]:
    """What the scripts of the page say, by the English of it; empty on an English page."""
    return _catalogue().scripts


def only_in_english(*messages: str) -> None:
    """Answer in English after all when one of these messages is not translated: a page speaks one language."""
    if any(message not in _catalogue().messages for message in messages):
        g.language = ENGLISH


def declare_language(response: Response) -> Response:
    """``response`` with the language that it is in, and what that depends on (RFC 9110 §8.5, §12.5.5)."""
    response.headers["Content-Language"] = language()
    if is_multilingual():
        response.vary.update(("Accept-Language", "Cookie"))
    return response


def remember_language(response: Response, wanted: str, *, secure: bool) -> Response:
    """``response`` with the language chosen for a year; a language that we do not speak changes nothing."""
    if wanted in LANGUAGES:
        response.set_cookie(COOKIE, wanted, max_age=_YEAR, secure=secure, httponly=True, samesite="Lax", path="/")
    return response


def in_figures(written: str) -> str:
    """A decimal number, written with a point, with the decimal sign of the language.

    >>> in_figures("1234.5")
    '1234.5'
    """
    return written.replace(".", get_decimal_symbol(language()))


def instant_in_words(instant: datetime) -> str:
    """A date and time in UTC to the minute, as people write them in the language of the page."""
    return str(format_datetime(instant, _DATES[language()][1], locale=language()))


def date_in_words(instant: datetime) -> str:
    """A date in UTC, in the language of the page."""
    return str(format_datetime(instant, _DATES[language()][0], locale=language()))


def duration_in_words(number: int, unit: str) -> str:
    """So many units (``day``, ``hour``, ``minute``) in the language of the page.

    >>> duration_in_words(1, "day"), duration_in_words(6, "hour")
    ('1 day', '6 hours')
    """
    return str(format_unit(number, f"duration-{unit}", locale=language()))


def _catalogue() -> Catalogue:
    tag = language()
    if tag == ENGLISH:
        return _OWN
    catalogues: Mapping[str, Catalogue] = current_app.extensions["catalogues"]
    return catalogues[tag]


def _wanted() -> str:
    chosen = request.cookies.get(COOKIE)
    if chosen is not None and chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(tuple(LANGUAGES)) or ENGLISH


def _key(message: Any) -> str:
    return str(message[0] if isinstance(message, tuple) else message)


def _texts(translated: Any) -> tuple[str, ...]:
    return tuple(translated) if isinstance(translated, tuple | list) else (str(translated),)
