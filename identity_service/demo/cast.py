"""Who plays in the demo. Every name is invented."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Intermediary:
    """A firm that stands between investors and tokens."""

    name: str
    legal_name: str
    claim_type: str
    attributes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Client:
    """An investor; ``office`` is the intermediary that brought them, if any."""

    name: str
    legal_name: str
    country: str
    classification: str
    office: str | None
    email: str | None = None


ROOT: Final = "Mesh Root Authority"
CLAIM_ISSUERS: Final = ("Helvetia Claims AG", "Nordic Identity ASA")
NETWORK: Final = "DX Network Operations"
TOKEN_ISSUER: Final = "Alpine Infrastructure SA"  # noqa: S105 - a firm, not a secret
TRANSFER_AGENT: Final = "Register & Transfer Services"
REGULATOR: Final = "Market Supervision Office"

INTERMEDIARIES: Final = (
    Intermediary(
        "office-linden",
        "Linden Family Office AG",
        "FAMILY_OFFICE",
        (("kind", "multi"), ("basis", "licensed"), ("licence_id", "FO-1207"), ("regulator", "FINMA"), ("jurisdiction", "CH")),
    ),
    Intermediary(
        "office-harbour",
        "Harbour Single Family Office Ltd",
        "FAMILY_OFFICE",
        (("kind", "single"), ("basis", "excluded"), ("jurisdiction", "SG")),
    ),
    Intermediary(
        "custodian-fjord",
        "Fjord Custody AS",
        "CUSTODIAN",
        (("licence_id", "CU-88"), ("regulator", "Finanstilsynet"), ("jurisdiction", "NO")),
    ),
)

CLIENTS: Final = (
    Client("client-anna", "Anna Maria Feldkirch", "CH", "professional", "office-linden", "anna@example.org"),
    Client("client-bruno", "Bruno Castellani", "IT", "retail", "office-linden"),
    Client("client-carla", "Carla Oliveira Santos", "PT", "professional", "office-linden"),
    Client("client-david", "David Okonkwo", "NG", "professional", "office-linden"),
    Client("client-elena", "Elena Petrova", "BG", "retail", "office-harbour"),
    Client("client-farid", "Farid Haddad", "LB", "professional", "office-harbour"),
    Client("client-greta", "Greta Lindqvist", "SE", "retail", None),
    Client("client-henri", "Henri Duvallier", "FR", "retail", None),
)
REVOKED_CLIENT: Final = "client-greta"
EXPIRED_CLIENT: Final = "client-henri"
