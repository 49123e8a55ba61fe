"""Which of a token's compliance modules look at a holder's country, and what they say to one.

Modules are other people's code: one that reverts, answers nothing or answers nonsense counts as not looking at countries.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from claim_issuers.identifiers.accounts import Address
from identity_service.chain import trex
from identity_service.chain.asking import Question
from identity_service.chain.blocks import BlockRef
from identity_service.chain.client import ChainClient
from identity_service.chain.errors import CallReverted, ChainAnswerMalformed

MOST_MODULES: Final = 25
"""What a modular compliance of T-REX 4.1 binds at most."""
_LONGEST_NAME: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryModule:
    """A bound module that judges the receiver's country; ``takes`` is its answer for the country that was asked about."""

    module: Address
    name: str
    takes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryRules:
    """What the modules say to a country (ISO 3166-1 numeric; 0 is "none said").

    ``other_modules`` are the names of those in which no rule about countries was recognised.
    """

    country: int
    modules: tuple[CountryModule, ...] = ()
    other_modules: tuple[str, ...] = ()

    @property
    def takes(self) -> bool:
        """Whether no recognised module refuses the country."""
        return all(module.takes for module in self.modules)


class ComplianceReads:
    """Asks a modular compliance of T-REX 4.1 and its modules."""

    def __init__(self, client: ChainClient) -> None:
        self._client = client

    def country_rules(self, compliance: Address, country: int, block: BlockRef) -> CountryRules:
        """CountryAllowModule and CountryRestrictModule, and whatever answers like one of them."""
        modules = self._modules(compliance, block)
        questions: list[Question] = []
        for module in modules:
            questions += [
                (module, trex.MODULE_NAME, ()),
                (module, trex.IS_COUNTRY_ALLOWED, (compliance, country)),
                (module, trex.IS_COUNTRY_RESTRICTED, (compliance, country)),
            ]
        said = iter(self._tolerated(questions, block))
        found: list[CountryModule] = []
        others: list[str] = []
        for module, (name, allowed, restricted) in zip(modules, zip(*[said] * 3, strict=True), strict=True):
            shown = _shown(name) or str(module)
            if allowed is None and restricted is None:
                others.append(shown)
            else:
                found.append(CountryModule(module=module, name=shown, takes=allowed is not False and restricted is not True))
        return CountryRules(country=country, modules=tuple(found), other_modules=tuple(others))

    def _modules(self, compliance: Address, block: BlockRef) -> tuple[Address, ...]:
        (modules,) = self._tolerated([(compliance, trex.GET_MODULES, ())], block)
        return tuple(modules or ())[:MOST_MODULES]

    def _tolerated(self, questions: Sequence[Question], block: BlockRef) -> list[Any]:
        """The decoded answers, None for what is no answer."""
        calls = [(contract, function.encode(*arguments)) for contract, function, arguments in questions]
        answers = self._client.call_many(calls, block) if calls else []
        decoders: list[Callable[[bytes], Any]] = [function.decode for _, function, _ in questions]
        return [_decoded(decode, answer) for decode, answer in zip(decoders, answers, strict=True)]


def _decoded(decode: Callable[[bytes], Any], answer: bytes | CallReverted) -> Any:
    if isinstance(answer, CallReverted):
        return None
    try:
        return decode(answer)
    except ChainAnswerMalformed:
        return None


def _shown(name: str | None) -> str:
    """A module's own name, cut short and without control characters: it is shown to people."""
    return "".join(letter for letter in (name or "")[:_LONGEST_NAME] if letter.isprintable()).strip()
