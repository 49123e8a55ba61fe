"""What happens behind each button of the page: real calls of the public API and real transactions, told line by line."""

from datetime import datetime, timedelta
from typing import Final

from claim_issuers.orders.order import Order, Side
from claim_issuers.orders.signed import sign_order
from identity_service.cap_table.view_model import shown_table
from identity_service.chain.errors import CallReverted
from identity_service.demo import actions
from identity_service.demo.page_people import AGENT
from identity_service.demo.playing import (
    MOST_ROWS,
    TRIED,
    NotWhatTheStorySays,
    accept,
    address_in,
    applied,
    approved,
    authorities,
    explained,
    fresh_uuid,
    invitation,
    invite,
    read_table,
    until,
)
from identity_service.demo.roles import CLIENT, NETWORK, OFFICE_DESK, OFFICER, PLATFORM, REGULATOR, STRANGER
from identity_service.demo.theatre import NotYet, Say, Theatre

SUPERVISION: Final = "supervision"
ORDERED: Final = 1000
GIVEN: Final = 400
ALLOWED: Final = 500

# One register, two readers


def look_in_public(theatre: Theatre, say: Say) -> None:
    say("Balances and allowances as anybody may read them from the chain; no name, no grant, nothing recorded.")
    with theatre.service.db.write() as session:
        page = theatre.service.cap_table.public(session, theatre.people.token, limit=MOST_ROWS)
    theatre.shown["public"] = shown_table(page, key="public", compact=True, reader="anybody")


def read_as_regulator(theatre: Theatre, say: Say) -> None:
    """For the purpose that the visitor names; only one of them is covered by the regulator's grant."""
    purpose = theatre.choice or SUPERVISION
    theatre.shown["regulator"] = read_table(theatre, say, REGULATOR, purpose, compact=True)
    if purpose != SUPERVISION:
        raise NotYet


def read_again(theatre: Theatre, say: Say) -> None:
    theatre.shown["regulator-again"] = read_table(theatre, say, REGULATOR, SUPERVISION)


def read_as_network(theatre: Theatre, say: Say) -> None:
    theatre.shown["network"] = read_table(theatre, say, NETWORK, "network_settlement")


# A client scans a code and receives a claim


def invite_client(theatre: Theatre, say: Say) -> None:
    theatre.shown["invitation"] = invite(theatre, say, "M-0117")


def accept_invitation(theatre: Theatre, say: Say) -> None:
    """With the test wallet; or not at all, when the visitor has applied in the pages meanwhile."""
    if invitation(theatre, "invitation")["application"] is None:
        accept(theatre, say, "invitation", CLIENT, country="CH", classification="professional")
    theatre.shown["application"] = applied(theatre, "invitation", CLIENT)


def approve_application(theatre: Theatre, say: Say) -> None:
    """As the officer; or not at all, when the visitor has decided at the desk meanwhile."""
    theatre.shown["claim"] = approved(theatre, say, theatre.shown["application"], CLIENT)


def put_client_on_chain(theatre: Theatre, say: Say) -> None:
    say("An identity contract from the trusted factory, the claim signed for it, the wallet in the token's registry …")
    theatre.people.put_on_chain(CLIENT, theatre.shown["claim"]["id"], officer=OFFICER, agent=PLATFORM)
    say("The token's registry now answers isVerified for this wallet: true.")


def approve_office(theatre: Theatre, say: Say) -> None:
    people, office = theatre.people, theatre.people.account(OFFICE_DESK)
    actions.approve(people.wallet(CLIENT), people.token.address, office.address, ALLOWED)
    say(f"approve({office.address}, {ALLOWED}) from the client's own wallet; no tokens have arrived yet, and none need to.")


# The office orders, receives and distributes


def send_order(theatre: Theatre, say: Say) -> None:
    people = theatre.people
    wallet, now = people.wallet(OFFICE_DESK), people.clock.now().replace(microsecond=0)
    order = Order(
        id=fresh_uuid(theatre),
        network=people.setting.network_party,
        token=people.token,
        side=Side.BUY,
        quantity=ORDERED,
        price="1000",
        currency="CHF",
        intermediary=wallet.account,
        signatory=wallet.account,
        issued_at=now,
        expires_at=now + timedelta(days=1),
    )
    signed = sign_order(order, wallet.signer)
    say("Signed as EIP-712 by the office's wallet; canonical JSON, no client anywhere in it.")
    answer = people.session(NETWORK).post("/v1/orders", signed.as_json())
    say("POST /v1/orders by DX: every check passed, and the answer is signed.")
    theatre.shown["order"] = {"sent": signed.as_json()["order"], "answer": answer}


def mint_for_order(theatre: Theatre, say: Say) -> None:
    people, order = theatre.people, theatre.shown["order"]["answer"]["id"]
    seen = people.session(PLATFORM).get(f"/v1/orders/{order}")
    call = seen["mint_call_data"]
    if call is None:
        raise NotWhatTheStorySays(f"no call to mint is offered: the order is {seen['state']}, its claim {seen['claim_now']}")
    people.wallet(AGENT).send(address_in(call["to"]), bytes.fromhex(call["data"][2:]))
    say(f"mint(office, {ORDERED}) with the order's id behind the arguments.")
    theatre.shown["minted"] = until(
        theatre,
        lambda: people.session(NETWORK).get(f"/v1/orders/{order}"),
        lambda one: one["mint"] is not None,
        "the mint to be found",
    )
    say("The service found the order's id in the transaction: the order is minted.")


def distribute(theatre: Theatre, say: Say) -> None:
    people = theatre.people
    actions.transfer(people.wallet(OFFICE_DESK), people.token.address, people.wallet(CLIENT).address, GIVEN)
    say(f"transfer(client, {GIVEN}) from the office's wallet. The client's allowance of {ALLOWED} was there before the tokens.")
    theatre.shown["distributed"] = {"given": GIVEN, "left": ORDERED - GIVEN}


# A stranger is refused, and told why


def try_stranger(theatre: Theatre, say: Say) -> None:
    people = theatre.people
    stranger = people.account(STRANGER)
    try:
        actions.transfer(people.wallet(OFFICE_DESK), people.token.address, stranger.address, TRIED)
    except CallReverted as error:
        reason = str(error.data.get("reason", ""))
    else:
        raise NotWhatTheStorySays("the transfer to the stranger passed: he was registered before")
    say(f"The token contract reverts with “{reason}”, and says no more than that.")
    theatre.shown["refused"] = {"reason": reason, "explained": explained(theatre, say)}


def mend_stranger(theatre: Theatre, say: Say) -> None:
    theatre.shown["invitation-2"] = invite(theatre, say, "M-0118")
    accept(theatre, say, "invitation-2", STRANGER, country="GB", classification="retail")
    application = applied(theatre, "invitation-2", STRANGER)
    claim = approved(theatre, say, application, STRANGER)
    say("Identity contract, claim on chain, entry in the registry …")
    theatre.people.put_on_chain(STRANGER, claim["id"], officer=OFFICER, agent=PLATFORM)
    theatre.shown["mended"] = explained(theatre, say)


def send_to_stranger(theatre: Theatre, say: Say) -> None:
    people = theatre.people
    actions.transfer(people.wallet(OFFICE_DESK), people.token.address, people.wallet(STRANGER).address, TRIED)
    say(f"The same transfer of {TRIED}: it passes.")


# Who saw my name?


def ask_who_saw(theatre: Theatre, say: Say) -> None:
    say("GET /v1/me/disclosures with the client's own wallet.")
    found = theatre.people.session(CLIENT).get("/v1/me/disclosures")["items"]
    theatre.shown["who-saw"] = [{**one, "at": datetime.fromisoformat(one["at"])} for one in reversed(found)]


# The office loses its licence


def revoke_office(theatre: Theatre, say: Say) -> None:
    desk, office = theatre.people.session(OFFICER), theatre.people.account(OFFICE_DESK)
    claims = [one for one in desk.get("/v1/claims", limit=200)["items"] if one["account"] == str(office)]
    claim = claims[-1]["id"]
    desk.post(f"/v1/claims/{claim}/revoke", {"reason": "licence_withdrawn"})
    say("POST /v1/claims/{id}/revoke: the service itself says no from this moment on.")
    until(
        theatre,
        lambda: desk.get(f"/v1/claims/{claim}")["revocation_places"],
        lambda places: bool(places) and all(one["state"] == "done" for one in places),
        "the revocation to reach every place",
    )
    say("The status list and the claim-issuer contract have it too, under every encoding of the signature.")
    path = f"/v1/tokens/{theatre.people.setting.token}/eligibility/{office}"
    theatre.shown["eligibility"] = theatre.people.session(PLATFORM).get(path)
    theatre.shown["after-revocation"] = read_table(theatre, say, REGULATOR, SUPERVISION)
    theatre.shown["authorities"] = authorities(theatre, say)


def cancel_allowance(theatre: Theatre, say: Say) -> None:
    """From the client's wallet; or not at all, when the visitor has cancelled on the page My claims meanwhile."""
    people = theatre.people
    for one in authorities(theatre, say):
        call = one["cancel"]
        people.wallet(CLIENT).send(address_in(call["to"]), bytes.fromhex(call["data"][2:]))
        say(f"approve({address_in(one['spender']['account'])}, 0): nobody else can move these tokens now.")
    theatre.shown["cancelled"] = until(theatre, lambda: authorities(theatre, None), lambda left: not left, "the table to follow")
    theatre.shown["after-revocation"] = read_table(theatre, say, REGULATOR, SUPERVISION)


# Who vouches for all this


def show_path(theatre: Theatre, say: Say) -> None:
    say("GET /v1/accreditations and /v1/claim-issuers: open to everybody, and enough to check a claim without us.")
    public = theatre.people.session(OFFICER)
    issuers = {one["did"]: one for one in public.get("/v1/claim-issuers")["items"]}
    theatre.shown["mesh"] = {"issuers": issuers, "accreditations": public.get("/v1/accreditations")["items"]}
