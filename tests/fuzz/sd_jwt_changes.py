"""Presentations of SD-JWTs, and what thieves, forgers and dishonest holders would make of them.

A holder may show fewer disclosures and sign that anew; what is made here goes beyond that, and nobody may accept it.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from claim_issuers.encodings.base64url import decode, encode
from claim_issuers.formats.sd_jwt import SdJwt, digest_of
from claim_issuers.keys.signers import Signer
from tests.fuzz.json_changes import ODD_VALUES, respelt
from tests.fuzz.mutations import changed_base64url, changed_text, either, place
from tests.fuzz.token_changes import Signed, changed_token


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """A presentation that must be accepted, taken apart.

    ``withheld`` are the disclosures that the holder has and does not show; ``foreign`` are key bindings that the holder made for
    other verifiers, nonces, instants or disclosures.
    """

    issued: Signed
    disclosures: tuple[str, ...]
    withheld: tuple[str, ...]
    binding: Signed
    foreign: tuple[str, ...]

    @property
    def text(self) -> str:
        return joined(self.issued.text, self.disclosures, self.binding.text)

    def bound_anew(self, issuer_jwt: str, disclosures: Sequence[str], holder: Signer) -> str:
        """Other parts, with a key binding that the holder makes for them: a dishonest holder's attack."""
        payload = {**json.loads(self.binding.payload), "sd_hash": digest_of_any(issuer_jwt, disclosures)}
        token = replace(self.binding, signer=holder).again(payload=json.dumps(payload).encode())
        return joined(issuer_jwt, disclosures, token)


def joined(issuer_jwt: str, disclosures: Sequence[str], binding: str) -> str:
    return "~".join((issuer_jwt, *disclosures, binding))


def digest_of_any(issuer_jwt: str, disclosures: Sequence[str]) -> str:
    """The sd_hash, also of texts that no ASCII holds."""
    text = "".join(f"{part}~" for part in (issuer_jwt, *disclosures))
    return digest_of(text.encode("ascii", "replace").decode())


def changed_presentation(rng: Random, shown: Presentation, others: Sequence[Presentation]) -> str | None:
    """A presentation that nobody may accept who demands key binding; None where nothing was left to change."""
    return either(rng, *_CHANGES)(rng, shown, others)


def _anywhere(rng: Random, shown: Presentation, _: Sequence[Presentation]) -> str:
    return changed_text(rng, shown.text)


def _tildes(rng: Random, shown: Presentation, _: Sequence[Presentation]) -> str:
    text = shown.text
    at = either(rng, *(at for at, character in enumerate(text) if character == "~"))
    return either(
        rng, text[:at] + text[at + 1 :], text[:at] + "~" + text[at:], text + "~", "~" + text, text[:at] + "." + text[at + 1 :]
    )


def _disclosures_without_binding_anew(rng: Random, shown: Presentation, _: Sequence[Presentation]) -> str:
    """Dropped, doubled, reordered, revealed: honest changes, but the holder signed something else."""
    shown_now, more = list(shown.disclosures), list(shown.withheld)
    kind = int(rng.random() * 4)
    if kind == 0 and shown_now:
        del shown_now[int(rng.random() * len(shown_now))]
    elif kind == 1 and more:
        shown_now.insert(place(rng, shown_now), either(rng, *more))
    elif kind == 2:
        rng.shuffle(shown_now)
    else:
        shown_now += shown_now[:1]
    return joined(shown.issued.text, shown_now, shown.binding.text)


def _forged_disclosures(rng: Random, shown: Presentation, others: Sequence[Presentation]) -> str | None:
    """A disclosure that the issuer did not make for this credential, bound by the holder."""
    kept = list(shown.disclosures)
    own = (*shown.disclosures, *shown.withheld)
    other = either(rng, *others)
    strangers = [text for text in (*other.disclosures, *other.withheld) if text not in own]
    kind = int(rng.random() * 4)
    if kind == 0 and strangers:
        kept.insert(place(rng, kept), either(rng, *strangers))
    elif kind == 1 and kept:
        at = int(rng.random() * len(kept))
        kept[at] = either(rng, changed_base64url, _other_disclosure, changed_text)(rng, kept[at])
    elif kind == 2 and kept:
        kept.append(either(rng, *kept))
    else:
        name = either(rng, "iss", "sub", "exp", "cnf", "vct", "status", "_sd", "...", "country", "name", "_sd_alg", "x")
        kept.append(encode(json.dumps([encode(bytes(16)), name, either(rng, *ODD_VALUES)]).encode()))
    return None if set(kept) <= set(own) and len(set(kept)) == len(kept) else _anew(rng, shown, shown.issued.text, kept)


def _other_disclosure(rng: Random, text: str) -> str:
    members = respelt(rng, b'{"":' + decode(text) + b"}")
    return encode(members[members.find(b":") + 1 : members.rfind(b"}")])


def _forged_credential(rng: Random, shown: Presentation, others: Sequence[Presentation]) -> str | None:
    """A credential that the issuer did not sign, bound by the holder."""
    issuer_jwt = changed_token(rng, shown.issued, [other.issued for other in others])
    genuine = any(issuer_jwt == other.issued.text for other in others)
    return None if genuine else _anew(rng, shown, issuer_jwt, shown.disclosures)


def _anew(rng: Random, shown: Presentation, issuer_jwt: str, disclosures: Sequence[str]) -> str:
    return shown.bound_anew(issuer_jwt, disclosures, shown.binding.signer)


def _other_binding(rng: Random, shown: Presentation, others: Sequence[Presentation]) -> str:
    strangers = [other.binding.text for other in others if other.text != shown.text]
    token = either(rng, either(rng, *shown.foreign), either(rng, *strangers), "", shown.issued.text, "e30.e30.e30")
    return joined(shown.issued.text, shown.disclosures, token)


def _changed_binding(rng: Random, shown: Presentation, others: Sequence[Presentation]) -> str:
    token = changed_token(rng, shown.binding, [other.binding for other in others])
    return joined(shown.issued.text, shown.disclosures, token)


def _binding_says_other(rng: Random, shown: Presentation, _: Sequence[Presentation]) -> str | None:
    """A key binding that the holder signed, about another audience, nonce, instant or presentation."""
    payload = json.loads(shown.binding.payload)
    name = either(rng, "aud", "nonce", "iat", "sd_hash")
    value = payload[name]
    if name == "iat":
        odd = either(rng, value - 10_000, value + 10_000, float(value), str(value), None, True, 0, -1, 10**40, [value])
    else:
        texts = (value + " ", value[:-1], value.swapcase(), value + "/", value + "=", "", "\ud800", "é")
        odd = either(rng, *texts, None, [value], {value: 1}, 0, True)
    payload[name] = odd
    if rng.random() < 0.2:
        del payload[name]
    # Not a text that differs: swapcase of digits and the like.
    if payload.get(name) == value and type(payload.get(name)) is type(value):
        return None
    return joined(shown.issued.text, shown.disclosures, shown.binding.again(payload=json.dumps(payload).encode()))


_CHANGES: tuple[Callable[[Random, Presentation, Sequence[Presentation]], str | None], ...] = (
    _anywhere,
    _anywhere,
    _tildes,
    _disclosures_without_binding_anew,
    _forged_disclosures,
    _forged_disclosures,
    _forged_credential,
    _forged_credential,
    _other_binding,
    _changed_binding,
    _changed_binding,
    _binding_says_other,
)


def is_part_of(text: str, originals: Sequence[Presentation]) -> bool:
    """Whether a text shows some of what an original's holder may show: the same credential, its own disclosures, each once."""
    read = SdJwt.parse(text)
    shown = [disclosure.text for disclosure in read.disclosures]
    return len(set(shown)) == len(shown) and any(
        read.issuer_jwt == one.issued.text and set(shown) <= {*one.disclosures, *one.withheld} for one in originals
    )
