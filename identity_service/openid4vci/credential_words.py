"""What wallets show for claim types and what they state, in English and German.

>>> in_each_language(CLAIM_TYPE_WORDS, "FAMILY_OFFICE")
[{'locale': 'en', 'name': 'Family office'}, {'locale': 'de', 'name': 'Family Office'}]
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

Words = Mapping[str, tuple[str, str]]

CLAIM_TYPE_WORDS: Final[Words] = MappingProxyType(
    {
        "INVESTOR": ("Investor", "Anleger"),
        "FAMILY_OFFICE": ("Family office", "Family Office"),
        "CUSTODIAN": ("Custodian", "Verwahrstelle"),
        "BROKER_DEALER": ("Broker-dealer", "Wertpapierhändler"),
        "INVESTMENT_MANAGER": ("Investment manager", "Vermögensverwalter"),
        "CLAIM_ISSUER": ("Accreditation as a claim issuer", "Akkreditierung als Aussteller"),
    }
)
CLAIM_WORDS: Final[Words] = MappingProxyType(
    {
        "sub": ("Wallet account", "Konto der Wallet"),
        "classification": ("Classification", "Einstufung"),
        "country": ("Country", "Land"),
        "name": ("Name", "Name"),
        "birthdate": ("Date of birth", "Geburtsdatum"),
        "kind": ("Kind of office", "Art des Büros"),
        "basis": ("Basis of its activity", "Grundlage der Tätigkeit"),
        "licence_id": ("Licence or registration number", "Lizenz- oder Registernummer"),
        "regulator": ("Supervisor", "Aufsichtsbehörde"),
        "jurisdiction": ("Country of the licence", "Land der Lizenz"),
        "authorised_signatories": ("Authorised signatories", "Zeichnungsberechtigte"),
        "claim_issuer": ("Accredited claim issuer", "Akkreditierter Aussteller"),
        "topics": ("Claim types it may issue", "Arten von Nachweisen, die er ausstellen darf"),
        "may_accredit": ("May accredit others", "Darf andere akkreditieren"),
        "path_length": ("Accreditors that may follow", "Akkreditierende, die folgen dürfen"),
        "jurisdictions": ("Countries in which it issues", "Länder, in denen er ausstellt"),
    }
)


def in_each_language(words: Words, name: str) -> list[dict[str, str]]:
    """The ``display`` of ``name``; one without words of its own is shown as it is called, in English."""
    english, german = words.get(name, (name.replace("_", " ").capitalize(), None))
    shown = [{"locale": "en", "name": english}]
    return shown if german is None else [*shown, {"locale": "de", "name": german}]
