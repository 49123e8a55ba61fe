"""What every page shares: where its templates lie, safe ways back, forms read once, how amounts and instants are shown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from flask import Response, request
from markupsafe import Markup
from pydantic import BaseModel

from identity_service.web.countries import country_in_words
from identity_service.web.languages import (
    PageBlueprint,
    date_in_words,
    duration_in_words,
    gettext,
    in_figures,
    instant_in_words,
    language,
)
from identity_service.web.messages import marked
from identity_service.web.refusals import MalformedRequest
from identity_service.web.requests import FieldError, InvalidField, read_strings

HOME: Final = "/"
_SHORT: Final = marked("less than a minute")
_LOCAL: Final = re.compile(r"/(?![/\\])[A-Za-z0-9_\-./?&=%:~+]{0,500}")
_WORD: Final = re.compile(r"[\w.:~+\- ]{0,500}")
"""What a query of ours holds besides paths: accounts, ids, numbers, names; nothing in it begins another address."""

Model = TypeVar("Model", bound=BaseModel)


def pages(name: str, module: str, *, multilingual: bool = False) -> PageBlueprint:
    """A blueprint for pages of one room; its templates lie in the room's ``templates/``.

    The name ends in ``_pages``: what is meant for people is not described in openapi.yaml. ``multilingual`` pages are there in
    every language, all others in English alone.
    """
    blueprint = PageBlueprint(f"{name}_pages", module, template_folder="templates")
    blueprint.multilingual = multilingual
    return blueprint


def local_path(path: str | None, otherwise: str) -> str:
    """``path`` when it leads to this service and nowhere else, or else ``otherwise``."""
    return path if path is not None and _LOCAL.fullmatch(path) else otherwise


def this_page() -> str:
    """Where the page being answered may be asked for again, so that a form in it can lead back here.

    What the query says is repeated only where it leads nowhere else itself, and names nothing that a page of ours would not.
    """
    path = local_path(request.path, HOME)
    if request.method != "GET" or not all(_WORD.fullmatch(value) or _LOCAL.fullmatch(value) for value in _asked()):
        return path
    return local_path(request.full_path.rstrip("?"), path)


def _asked() -> list[str]:
    return [part for pair in request.args.items(multi=True) for part in pair]


def see_other(path: str) -> Response:
    """To another page of ours, by GET: what follows a form that was taken (RFC 9110 §15.4.4)."""
    return Response(status=303, headers={"Location": path})


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was sent: what stands in each field, and what is wrong with it."""

    values: Mapping[str, str]
    faults: Mapping[str, str]

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    def fault(self, name: str) -> str:
        return self.faults.get(name, "")


EMPTY: Final = Filled({}, {})


def form(model: type[Model]) -> Model:
    """The sent form as ``model``; an empty field counts as not given. Raises InvalidField, MalformedRequest."""
    return read_strings(model, {name: value for name, value in form_values().items() if value != ""}, InvalidField)


def form_values() -> dict[str, str]:
    """Every field of the sent form. Raises MalformedRequest for a field that is given twice, and for a NUL character."""
    if any(len(values) > 1 for _, values in request.form.lists()):
        raise MalformedRequest("a field is given more than once")
    if any("\x00" in text for pair in request.form.items() for text in pair):
        raise MalformedRequest("the form holds a NUL character")
    return {name: value.strip() for name, value in request.form.items()}


def refilled(values: Mapping[str, str], errors: Sequence[FieldError]) -> Filled:
    """The form to show again: what was sent, with each fault beside its field."""
    return Filled(dict(values), {pointer.strip("/").replace("/", "."): detail for pointer, detail in errors})


def shown_quantity(quantity: int, decimals: int) -> str:
    """Base units as whole tokens, thousands apart, no trailing zeros: 1234500 with 3 decimals is "1 234.5" (thin spaces)."""
    whole, rest = divmod(abs(quantity), 10**decimals)
    fraction = str(rest).rjust(decimals, "0").rstrip("0") if decimals else ""
    sign = "-" if quantity < 0 else ""
    return sign + f"{whole:,}".replace(",", "\u202f") + (f".{fraction}" if fraction else "")


def shown_decimal(written: str) -> str:
    """A plain decimal number with its thousands apart, as quantities are shown: "1234.50" is "1 234.50" (thin spaces)."""
    whole, point, fraction = written.partition(".")
    return f"{int(whole):,}".replace(",", "\u202f") + point + fraction


def shown_instant(instant: datetime) -> str:
    """A date and time in UTC to the minute, as people write them."""
    return f"{instant.day} {instant.strftime('%B %Y, %H:%M')} UTC"


def shown_date(instant: datetime) -> str:
    """A date in UTC."""
    return f"{instant.day} {instant.strftime('%B %Y')}"


def time_left(until: datetime, now: datetime) -> str:
    """How long something still lasts, rounded to the largest unit that says enough: "6 days", "3 hours", "12 minutes".

    In the language of the page being answered.

    >>> from datetime import UTC
    >>> time_left(datetime(2026, 1, 8, tzinfo=UTC), datetime(2026, 1, 1, 13, tzinfo=UTC))
    '6 days'
    """
    seconds = max(0, int((until - now).total_seconds()))
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (unit == "minute" and seconds >= size):
            rounded = (seconds + size // 2) // size
            return duration_in_words(rounded, unit)
    return gettext(_SHORT)


def shortened(text: str) -> str:
    """An address or hash by its first and last digits; the whole stands in the title beside it."""
    tail = text.rpartition(":")[2]
    return text if len(tail) <= 14 else f"{tail[:8]}…{tail[-6:]}"


def shown_account(account: object) -> Markup:
    """An account as pages show it: short, with the whole of it in the title."""
    return Markup('<code title="{}">{}</code>').format(account, shortened(str(account)))


def install_filters(filters: dict[str, Any]) -> None:
    """Give the templates these ways of showing things."""
    filters.update(
        quantity=lambda quantity, decimals: in_figures(shown_quantity(quantity, decimals)),
        grouped=lambda written: in_figures(shown_decimal(written)),
        instant=instant_in_words,
        date=date_in_words,
        short=shortened,
        grouped_number=lambda number: shown_quantity(number, 0),
        wallet=shown_account,
        code=lambda text: Markup("<code>{}</code>").format(text),
        country=lambda code: country_in_words(code, language()),
        words=lambda text: text.replace("_", " "),
    )
