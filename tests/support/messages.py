"""The messages of the pages that are there in several languages, read out of templates, modules and scripts.

``python -m tests.support.messages`` writes them into the catalogues, keeps every translation that is still needed, and leaves
what is new empty, for somebody to translate.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from identity_service.web.languages import ENGLISH, LANGUAGES, PROBLEMS_OF_VISITORS
from identity_service.web.problems import PROBLEMS

ROOT: Final = Path(__file__).parents[2]
SERVICE: Final = ROOT / "identity_service"
CATALOGUES: Final = SERVICE / "web" / "translations"
_JINJA: Final = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true"}
_MODULE_KEYWORDS: Final = {"marked": None, "gettext": None, "ngettext": (1, 2)}
_TEMPLATE_KEYWORDS: Final = {"_": None, "gettext": None, "ngettext": (1, 2)}


def extracted() -> Catalog:
    """Every message, with the files that it stands in; those of problems are at the problem table."""
    found = Catalog(fuzzy=False)
    for path, message in sorted(_messages(), key=lambda one: one[0]):
        found.add(message, locations=[(path, None)])
    for code in sorted(PROBLEMS_OF_VISITORS):
        for message in (PROBLEMS[code].title, PROBLEMS[code].advice):
            found.add(message, locations=[("identity_service/web/problem_table/__init__.py", None)])
    return found


def catalogue(language: str) -> Catalog:
    """The catalogue as it stands in the tree."""
    with (CATALOGUES / f"{language}.po").open("rb") as stream:
        return read_po(stream, locale=language)


def write(language: str) -> int:
    """Bring a catalogue up to date; how many of its messages are not translated."""
    kept = catalogue(language)
    fresh = Catalog(locale=language, project="identity-information-service", fuzzy=False, header_comment="")
    for one in extracted():
        if one.id:
            known = kept.get(one.id)
            fresh.add(one.id, known.string if known else None, locations=one.locations)
    with (CATALOGUES / f"{language}.po").open("wb") as stream:
        write_po(stream, fresh, width=120, omit_header=True, sort_by_file=True)
    text = (CATALOGUES / f"{language}.po").read_text(encoding="utf-8")
    (CATALOGUES / f"{language}.po").write_text(_header(language) + text.lstrip(), encoding="utf-8")
    return sum(not all(one.string if isinstance(one.string, tuple) else (one.string,)) for one in fresh if one.id)


def _header(language: str) -> str:
    plural = "nplurals=2; plural=(n != 1);"
    lines = ("Content-Type: text/plain; charset=utf-8", f"Language: {language}", f"Plural-Forms: {plural}")
    return 'msgid ""\nmsgstr ""\n' + "".join(f'"{line}\\n"\n' for line in lines) + "\n"


def _messages() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for path in sorted(SERVICE.rglob("*.html")):
        yield from _of(path, "jinja2.ext:babel_extract", _TEMPLATE_KEYWORDS, _JINJA)
    for path in sorted(SERVICE.rglob("*.py")):
        yield from _of(path, "python", _MODULE_KEYWORDS, {})
    for path in sorted((SERVICE / "web" / "assets").glob("*.js")):
        yield from _of(path, "javascript", {"say": None}, {})


def _of(
    path: Path, method: str, keywords: dict[str, tuple[int, int] | None], options: dict[str, str]
) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for _, message, _, _ in extract_from_file(method, path, keywords=keywords, options=options):  # type: ignore[arg-type]
        if message:
            yield path.relative_to(ROOT).as_posix(), message


if __name__ == "__main__":
    for tag in LANGUAGES:
        if tag != ENGLISH:
            print(f"{tag}: {write(tag)} messages are not translated")
