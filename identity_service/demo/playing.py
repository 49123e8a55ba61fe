"""What the acts of the page have in common: reading as somebody, inviting, applying, deciding, waiting."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, TypeVar

from claim_issuers.identifiers.accounts import Account, Address
from identity_service.access.model import Caller
from identity_service.cap_table.view_model import ShownTable, shown_table
from identity_service.demo.page_people import JobFailed
from identity_service.demo.roles import CLIENT, OFFICE_DESK, OFFICER, PLATFORM, STRANGER, Player
from identity_service.demo.test_wallet import TestWallet
from identity_service.demo.theatre import Say, Theatre

TRIED: Final = 50
MOST_ROWS: Final = 500
_YEAR: Final = int(timedelta(days=365).total_seconds())
_PATIENCE: Final = timedelta(seconds=40)
_POLL: Final = timedelta(milliseconds=200)
_T = TypeVar("_T")


class NotWhatTheStorySays(JobFailed):
    """Somebody went another way than the story: start the demo again to hear it from the beginning."""

    code = "not_what_the_story_says"


def read_table(theatre: Theatre, say: Say, reader: Player, purpose: str, *, compact: bool = False) -> ShownTable:
    """The cap table as this reader may see it, once the register has reached the chain's head; the reading is recorded."""
    wait_for_register(theatre)
    say(f"GET /v1/tokens/{{token}}/cap-table?purpose={purpose} as {reader.who}: the reading is recorded before the answer.")
    with theatre.service.db.write() as session:
        page = theatre.service.cap_table.read(
            session, caller_of(theatre, reader), theatre.people.token, purpose=purpose, block=None, cursor=None, limit=MOST_ROWS
        )
    number = len(theatre.shown)
    return shown_table(page, key=f"{reader.key}-{number}", compact=compact, reader=reader.who)


def caller_of(theatre: Theatre, player: Player) -> Caller:
    """The player as the service knows a signed-in person."""
    token = theatre.people.session(player).token()
    with theatre.service.db.read() as session:
        return theatre.service.access.caller(session, token)


def wait_for_register(theatre: Theatre) -> None:
    """Return once the register has reached the chain's present head. Raises JobFailed."""
    service, people = theatre.service, theatre.people
    head = people.chain.head().number

    def indexed() -> int:
        with service.db.read() as session:
            token = service.tokens.get(session, people.token)
            return service.register.progress(session, token).indexed_to.block_number

    until(theatre, indexed, lambda block: block >= head, "the register to reach the chain's head")


def invite(theatre: Theatre, say: Say, reference: str) -> dict[str, Any]:
    """A new invitation by the office, under its own reference."""
    content = {"claim_issuer": theatre.people.setting.claim_issuer, "claim_type": "INVESTOR", "reference": reference}
    made = theatre.people.session(OFFICE_DESK).post("/v1/invitations", content)
    say(f"POST /v1/invitations by Meridian, under its own reference {reference}. The code works once.")
    return dict(made)


def invitation(theatre: Theatre, key: str) -> dict[str, Any]:
    """The invitation as it stands now."""
    return dict(theatre.people.session(OFFICE_DESK).get(f"/v1/invitations/{theatre.shown[key]['id']}"))


def accept(theatre: Theatre, say: Say, key: str, player: Player, *, country: str, classification: str) -> None:
    """The player applies through the invitation that stands under ``key``."""
    wallet = TestWallet.of(theatre.people.transport, theatre.people.wallet(player))
    wallet.apply(
        theatre.shown[key]["url"],
        party={"kind": "natural_person", "legal_name": player.who, "country": country, "email": f"{player.key}@example.org"},
        attributes={"classification": classification},
    )
    say(f"{player.who} proved {wallet.account} by a signature, and applied.")


def applied(theatre: Theatre, key: str, player: Player) -> dict[str, Any]:
    """The application that came through the invitation. Raises NotWhatTheStorySays when somebody else sent it."""
    application = invitation(theatre, key)["application"]
    found = dict(theatre.people.session(OFFICER).get(f"/v1/applications/{application}"))
    if found["account"] != str(theatre.people.account(player)):
        raise NotWhatTheStorySays(
            f"the invitation was accepted with another wallet than that of {player.who}: start the demo again"
        )
    return found


def approved(theatre: Theatre, say: Say, application: Mapping[str, Any], player: Player) -> dict[str, Any]:
    """The player's claim, once the officer has decided. Raises NotWhatTheStorySays."""
    desk, people = theatre.people.session(OFFICER), theatre.people
    if desk.get(f"/v1/applications/{application['id']}")["state"] == "submitted":
        desk.post(f"/v1/applications/{application['id']}/decision", {"outcome": "approve", "valid_for_seconds": _YEAR})
    mine = people.session(player).get("/v1/me/claims")["items"]
    if not mine or mine[-1]["state"] != "live":
        raise NotWhatTheStorySays("the application was not approved: start the demo again")
    say(f"Decided by the officer: an investor claim, valid until {mine[-1]['valid_until'][:10]}.")
    return dict(mine[-1])


def explained(theatre: Theatre, say: Say) -> dict[str, Any]:
    """Why the office could or could not send to the stranger."""
    people = theatre.people
    say("GET /v1/tokens/{token}/explain?account=…&sender=…&quantity=50")
    asked = {"account": str(people.account(STRANGER)), "sender": str(people.account(OFFICE_DESK)), "quantity": str(TRIED)}
    return dict(people.session(PLATFORM).get(f"/v1/tokens/{people.setting.token}/explain", **asked))


def authorities(theatre: Theatre, say: Say | None) -> list[dict[str, Any]]:
    """Who else may move the client's tokens."""
    wait_for_register(theatre)
    if say is not None:
        say("GET /v1/me/transfer-authorities with the client's own wallet.")
    found = theatre.people.session(CLIENT).get("/v1/me/transfer-authorities")["items"]
    return [one for token in found if token["token"] == theatre.people.setting.token for one in token["transfer_authorities"]]


def until(theatre: Theatre, look: Callable[[], _T], done: Callable[[_T], bool], what: str) -> _T:
    """What ``look`` sees once it is ``done``. Raises JobFailed."""
    clock = theatre.people.clock
    deadline = clock.now() + _PATIENCE
    while True:
        seen = look()
        if done(seen):
            return seen
        if clock.now() > deadline:
            raise JobFailed(f"waited for {what}")
        clock.sleep(_POLL)


def address_in(text: str) -> Address:
    """The address of a CAIP-10 account, or of itself."""
    return Account.parse(text).address if ":" in text else Address.parse(text)


def fresh_uuid(theatre: Theatre) -> str:
    """A random UUID, version 4 (RFC 9562)."""
    random = bytearray(theatre.people.transport.entropy.token_bytes(16))
    random[6], random[8] = random[6] & 0x0F | 0x40, random[8] & 0x3F | 0x80
    text = random.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
