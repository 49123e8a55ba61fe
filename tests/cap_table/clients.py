"""An office, its clients, and DX: everything that happens in a twin before the network asks.

``OffChain`` holds the facts in which twins differ; all else is the same. On chain nothing differs at all.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from flask.testing import FlaskClient

from claim_issuers import Order, sign_order
from claim_issuers.identifiers.accounts import Account, ChainId
from claim_issuers.orders.order import Side
from identity_service.demo.api import Session
from identity_service.demo.wallets import Wallet
from tests.cap_table.twins import Twin

PURPOSE: Final = "network_settlement"
ORDER_ID: Final = "5f0c7d0e-8a41-4b36-9a55-0c2f6c1d9e77"
ORDERED: Final = 600
OFFICE_ATTRIBUTES: Final = {"kind": "single", "basis": "excluded", "jurisdiction": "CH"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFacts:
    """What a service knows off chain about one client of the office; ``invited_by`` whom: "office", "desk" or nobody."""

    legal_name: str = "Anna Feldkirch"
    country: str | None = None
    email: str | None = None
    capacity: str = "own"
    intermediary: str | None = "office"
    classification: str = "retail"
    invited_by: str | None = None
    reference: str | None = None
    allowance: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentInvitation:
    """An invitation that led to no application yet: "open", "seen", "proved" or "withdrawn"; ``allowance`` if it asks for one."""

    state: str = "open"
    reference: str | None = None
    allowance: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBatch:
    """Invitations sent together, and whether somebody opened the first of them."""

    references: tuple[str, ...] = ("mandate-bulk-1",)
    allowance: str | None = None
    opened: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OffChain:
    """The facts in which two worlds differ.

    Two clients have claims, ``second_first`` in that order; a third may not even have enrolled; the office invited others, one by
    one or in bulk; a regulator or the office has read the names.
    """

    clients: tuple[ClientFacts, ClientFacts] = (ClientFacts(), ClientFacts(legal_name="Bruno Castellani"))
    second_first: bool = False
    third: ClientFacts | None = None
    third_applied: bool = False
    invitations: tuple[SentInvitation, ...] = ()
    batches: tuple[SentBatch, ...] = ()
    regulator_reads: bool = False
    office_reads: bool = False


@dataclass(frozen=True, slots=True)
class Network:
    """DX: its machine client; and an officer who has a seat for it, with her wallet, its token, and her browser signed in."""

    machine: Session
    wallet: Wallet
    officer: Session
    browser: FlaskClient


def officer_wallet(twin: Twin) -> Wallet:
    """The wallet of DX's officer."""
    return twin.onchain.devchain.wallet(16)


def settle(twin: Twin, facts: OffChain) -> Network:
    """Play all of it."""
    admin = twin.client("administrator", None)
    for name in ("network", "regulator", "issuer", "root", "desk"):
        firm = {"kind": "organisation", "legal_name": f"The {name.title()} Ltd"}
        twin.ids[name] = twin.post(admin, "/v1/parties", firm, doing=f"party {name}")["id"]
    _enrol_firms(twin)
    desk = _accredited_desk(twin, admin)
    _register_token(twin, admin)
    for name, wallet in (("office", twin.onchain.actors.office), ("harbour", twin.onchain.actors.stranger)):
        _claim_for(twin, desk, name, wallet, "FAMILY_OFFICE", OFFICE_ATTRIBUTES, {})
    office = twin.client("family_office", twin.ids["party office"])
    dx = _dx(twin, admin, desk)
    _clients(twin, desk, office, facts)
    twin.work()
    if facts.regulator_reads:
        _reads(twin, facts, twin.client("regulator", twin.ids["regulator"]), "supervision")
    if facts.office_reads:
        _reads(twin, facts, office, "client_service")
    _order(twin, dx.machine)
    _desk_looks_at_the_officer(twin, desk)
    return dx


def _enrol_firms(twin: Twin) -> None:
    actors = twin.onchain.actors
    for name, wallet in (("office", actors.office), ("harbour", actors.stranger)):
        firm = {"kind": "organisation", "legal_name": f"{name} AG"}
        twin.ids[name] = twin.post(twin.person(wallet), "/v1/me", firm, doing=f"enrol {name}")["party"]


def _accredited_desk(twin: Twin, admin: Session) -> Session:
    """A root that accredits the one claim issuer, whose own wallet is the claim issuer's manager's."""
    desk_person = twin.person(twin.onchain.actors.claim_issuer_manager)
    me = {"kind": "organisation", "legal_name": "The Desk's Wallet Ltd"}
    party = twin.post(desk_person, "/v1/me", me, doing="enrol desk")["party"]
    made = {}
    for name, kinds, owner in (("root", ["CLAIM_ISSUER"], twin.ids["root"]), ("desk", ["INVESTOR", "FAMILY_OFFICE"], party)):
        issuer = {"party": owner, "name": f"The {name}", "claim_types": kinds, "root": name == "root"}
        made[name] = twin.post(admin, "/v1/claim-issuers", issuer, doing=f"claim issuer {name}")["id"]
    twin.ids["claim_issuer"] = made["desk"]
    terms = {"topics": ["INVESTOR", "FAMILY_OFFICE"], "may_accredit": False, "path_length": 0}
    request = {"claim_issuer": made["root"], "claim_type": "CLAIM_ISSUER", "attributes": terms}
    applied = twin.post(desk_person, "/v1/applications", request, doing="desk applies")["id"]
    root = twin.client("claim_issuer", twin.ids["root"])
    twin.post(root, f"/v1/applications/{applied}/decision", {"outcome": "approve"}, doing="root accredits")
    return twin.client("claim_issuer", party)


def _register_token(twin: Twin, admin: Session) -> None:
    token = {
        "token": twin.token,
        "token_issuer": twin.ids["issuer"],
        "accepted_claim_types": ["INVESTOR", "FAMILY_OFFICE"],
        "trusted_factories": [str(twin.onchain.suite.id_factory)],
    }
    twin.post(admin, "/v1/tokens", token, doing="token")
    # DX's officer holds too little to be named: she may well see who read her own name.
    for name, role, purpose in (
        ("network", "network", PURPOSE),
        ("regulator", "regulator", "supervision"),
        ("office", "family_office", "client_service"),
    ):
        terms = {
            "token": twin.token,
            "viewer": twin.ids[name],
            "role": role,
            "purposes": [purpose],
            "legal_basis": "Statute",
            "case_number": "A-1",
            "threshold": str(twin.onchain.token.balance(officer_wallet(twin).address, twin.onchain.client.head()) + 1),
            "valid_until": (twin.transport.clock.now() + timedelta(days=30)).isoformat(),
        }
        twin.ids[f"grant {name}"] = twin.post(admin, "/v1/grants", terms, doing=f"grant {name}")["id"]


def _claim_for(
    twin: Twin, desk: Session, name: str, wallet: Wallet, kind: str, attributes: Mapping[str, Any], more: Mapping[str, Any]
) -> None:
    request = {"claim_issuer": twin.ids["claim_issuer"], "claim_type": kind, "attributes": attributes, **more}
    applied = twin.post(twin.person(wallet), "/v1/applications", request, doing=f"{name} applies")["id"]
    _approve(twin, desk, name, applied)


def _approve(twin: Twin, desk: Session, name: str, application: str) -> None:
    path = f"/v1/applications/{application}/decision"
    decided = twin.post(desk, path, {"outcome": "approve"}, doing=f"{name} is approved")
    twin.ids[f"application {name}"] = application
    twin.ids[f"claim {name}"] = decided["claim"]
    twin.ids[f"party {name}"] = decided["party"]


def _dx(twin: Twin, admin: Session, desk: Session) -> Network:
    """DX's machine client; and its officer, known here in her own right, with a seat."""
    wallet = officer_wallet(twin)
    officer = twin.person(wallet)
    me = {"party": {"kind": "natural_person", "legal_name": "Dora Xaver"}}
    _claim_for(twin, desk, "officer", wallet, "INVESTOR", {"classification": "professional"}, me)
    seat = {"account": str(wallet.account), "role": "network", "party": twin.ids["network"]}
    twin.post(admin, "/v1/seats", seat, doing="seat")
    return Network(twin.client("network", twin.ids["network"]), wallet, officer, twin.browser(wallet))


def _clients(twin: Twin, desk: Session, office: Session, facts: OffChain) -> None:
    actors = twin.onchain.actors
    known = list(zip(("alice", "bob"), (actors.alice, actors.bob), facts.clients, strict=True))
    for name, wallet, client in reversed(known) if facts.second_first else known:
        _approve(twin, desk, name, _applied(twin, desk, office, name, wallet, client))
    for number, sent in enumerate(facts.invitations):
        _invited(twin, office, sent, doing=f"invitation {number}")
    for number, batch in enumerate(facts.batches):
        _bulk(twin, office, batch, doing=f"batch {number}")
    if facts.third is None:
        return
    if facts.third_applied:
        _applied(twin, desk, office, "carol", actors.carol, facts.third)
    else:
        me = {**_party(facts.third), "capacity": facts.third.capacity}
        twin.post(twin.person(actors.carol), "/v1/me", me, doing="carol enrols")


def _party(known: ClientFacts) -> dict[str, Any]:
    given = {"legal_name": known.legal_name, "country": known.country, "email": known.email}
    return {"kind": "natural_person"} | {name: value for name, value in given.items() if value is not None}


def _applied(twin: Twin, desk: Session, office: Session, name: str, wallet: Wallet, known: ClientFacts) -> str:
    """The client's application: through an invitation or without one."""
    said = {"attributes": {"classification": known.classification}, "party": _party(known), "capacity": known.capacity}
    person = twin.person(wallet)
    if known.invited_by is not None:
        inviter = office if known.invited_by == "office" else desk
        allowance = known.allowance if known.invited_by == "office" else None
        code = _code(twin, inviter, known.reference, allowance, doing=f"{name} is invited")
        twin.post(person, f"/v1/invitation-codes/{code}/proved", doing=f"{name} came by the invitation")
        return str(twin.post(person, f"/v1/invitation-codes/{code}/application", said, doing=f"{name} applies")["id"])
    intermediary = None if known.intermediary is None else twin.ids[known.intermediary]
    asked = {"claim_issuer": twin.ids["claim_issuer"], "claim_type": "INVESTOR", "intermediary": intermediary}
    return str(twin.post(person, "/v1/applications", {**asked, **said}, doing=f"{name} applies")["id"])


def _code(twin: Twin, inviter: Session, reference: str | None, allowance: str | None, *, doing: str) -> str:
    asked = None if allowance is None else {"token": twin.token, "amount": allowance}
    terms = {"claim_issuer": twin.ids["claim_issuer"], "claim_type": "INVESTOR", "reference": reference, "allowance": asked}
    made = twin.post(inviter, "/v1/invitations", terms, doing=doing)
    twin.ids[doing] = made["id"]
    return str(made["url"]).rpartition("/")[2]


def _invited(twin: Twin, office: Session, sent: SentInvitation, *, doing: str) -> None:
    code = _code(twin, office, sent.reference, sent.allowance, doing=doing)
    if sent.state in ("seen", "proved"):
        twin.open(f"/v1/invitation-codes/{code}", doing=f"{doing} is seen")
    if sent.state == "proved":
        somebody = twin.person(twin.onchain.devchain.wallet(17))
        twin.post(somebody, f"/v1/invitation-codes/{code}/proved", doing=f"{doing} is proved")
    if sent.state == "withdrawn":
        twin.post(office, f"/v1/invitations/{twin.ids[doing]}/withdraw", doing=f"{doing} is withdrawn")


def _bulk(twin: Twin, office: Session, sent: SentBatch, *, doing: str) -> None:
    asked = {} if sent.allowance is None else {"token": twin.token, "allowance": sent.allowance}
    rows = [{"reference": reference, **asked} for reference in dict.fromkeys(sent.references)]
    content = {"claim_issuer": twin.ids["claim_issuer"], "rows": rows}
    made = twin.post(office, "/v1/invitations/batches", content, doing=doing)
    twin.ids[doing] = made["id"]
    for row in made["rows"]:
        twin.ids[f"invitation {doing} {row['row']}"] = row["invitation"]
    if sent.opened:
        twin.open(f"/v1/invitation-codes/{made['rows'][0]['url'].rpartition('/')[2]}", doing=f"{doing} is seen")


def _reads(twin: Twin, facts: OffChain, reader: Session, purpose: str) -> None:
    table = twin.get(reader, f"/v1/tokens/{twin.token}/cap-table?purpose={purpose}", doing=f"a reading for {purpose}")
    assert purpose != "supervision" or facts.clients[0].legal_name in json.dumps(table, ensure_ascii=False)


def order_of(twin: Twin, *, order_id: str = ORDER_ID, intermediary: Account | None = None) -> Order:
    """A purchase by the office, or in the name of somebody else."""
    now = twin.transport.clock.now().replace(microsecond=0)
    account = intermediary or twin.onchain.actors.office.account
    return Order(
        id=order_id,
        network=twin.ids["network"],
        token=Account(ChainId(31337), twin.onchain.suite.token),
        side=Side.BUY,
        quantity=ORDERED,
        price="99.75",
        currency="CHF",
        intermediary=account,
        signatory=account,
        issued_at=now,
        expires_at=now + timedelta(days=1),
    )


def _order(twin: Twin, dx: Session) -> None:
    """The office's order: accepted, and matched to its mint, which the shared chain has already."""
    signed = sign_order(order_of(twin), twin.onchain.actors.office.signer)
    twin.ids["order"] = twin.post(dx, "/v1/orders", signed.as_json(), doing="the office orders")["id"]
    twin.work()


def _desk_looks_at_the_officer(twin: Twin, desk: Session) -> None:
    """Two readings of the officer's own data, which she finds among her disclosures."""
    for number in range(2):
        twin.get(desk, f"/v1/applications/{twin.ids['application officer']}", doing=f"the desk reads {number}")
