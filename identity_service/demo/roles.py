"""Who the visitor of the demo's page can be. Every name is invented; each wallet is a well-known development account."""

from dataclasses import dataclass
from typing import Final

from identity_service.access.model import Role
from identity_service.demo.cast import Intermediary


@dataclass(frozen=True, slots=True)
class Player:
    """One entry of the role switcher: ``index`` is the number of the development account."""

    key: str
    label: str
    who: str
    index: int
    seat: Role | None = None


OFFICE: Final = Intermediary(
    "office-meridian",
    "Meridian Family Office AG",
    "FAMILY_OFFICE",
    (("kind", "multi"), ("basis", "licensed"), ("licence_id", "FO-2044"), ("regulator", "FINMA"), ("jurisdiction", "CH")),
)
CLIENT: Final = Player("client", "Iris, a client", "Iris Calloway", 20)
STRANGER: Final = Player("stranger", "Jonas, a stranger", "Jonas Vale", 26)
OFFICE_DESK: Final = Player("office", "Family office", OFFICE.legal_name, 21, Role.FAMILY_OFFICE)
NETWORK: Final = Player("network", "DX, the network", "DX Network Operations", 22, Role.NETWORK)
OFFICER: Final = Player("officer", "Claim issuer", "Helvetia Claims AG", 23, Role.CLAIM_ISSUER)
REGULATOR: Final = Player("regulator", "Regulator", "Market Supervision Office", 24, Role.REGULATOR)
PLATFORM: Final = Player("platform", "Token issuer", "Alpine Infrastructure SA", 25, Role.TOKEN_ISSUER)
PLAYERS: Final = (CLIENT, OFFICE_DESK, NETWORK, OFFICER, REGULATOR, PLATFORM, STRANGER)

TOKEN_NAME: Final = "Alpine Bridge Notes 2033"  # noqa: S105 - a security's name
TOKEN_SYMBOL: Final = "ABN33"  # noqa: S105
OPENING: Final = {
    "office-harbour": 120,
    "custodian-fjord": 80,
    "client-anna": 200,
    "client-bruno": 150,
    "client-carla": 100,
    "client-david": 60,
    "client-elena": 50,
    "client-farid": 40,
}
"""Who holds how much of the token when the page opens."""


def player(key: str) -> Player | None:
    """The player of this name, if there is one."""
    return next((one for one in PLAYERS if one.key == key), None)
