"""Who may do what: every route against every role, and every object against everybody it does not belong to."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import pytest

from identity_service.access.model import SEAT_ROLES, Role
from identity_service.demo import acts, cast
from identity_service.demo.api import Session
from identity_service.demo.story import accredit
from identity_service.demo.world import World
from tests.conftest import ONE_ENGINE
from tests.orders.floor import Floor
from tests.support.desk import Desk
from tests.support.stand import Stand

ENGINES = ONE_ENGINE

ADMIN, DESK, ISSUER = Role.ADMINISTRATOR, Role.CLAIM_ISSUER, Role.TOKEN_ISSUER
READERS: Final = frozenset(
    {Role.FAMILY_OFFICE, Role.CUSTODIAN, Role.NETWORK, Role.TOKEN_ISSUER, Role.TRANSFER_AGENT, Role.REGULATOR}
)
INVITERS: Final = frozenset({DESK, Role.FAMILY_OFFICE, Role.CUSTODIAN})
TRADERS: Final = frozenset({Role.FAMILY_OFFICE, Role.CUSTODIAN, Role.NETWORK})
WALLET: Final = "wallet"
NOBODY: Final = "nobody"
EVERYBODY: Final = frozenset({*Role, WALLET, NOBODY})

# Every route under /v1, and who may enter: written down here by hand, so that a new route or a wider scope fails the test.
RIGHTS: Final[dict[tuple[str, str], frozenset[str]]] = {
    ("POST", "/v1/clients"): frozenset({ADMIN}),
    ("GET", "/v1/clients/<client_id>"): frozenset({ADMIN}),
    ("POST", "/v1/seats"): frozenset({ADMIN}),
    ("GET", "/v1/seats"): frozenset({ADMIN}),
    ("GET", "/v1/seats/<seat_id>"): frozenset({ADMIN}),
    ("POST", "/v1/seats/<seat_id>/end"): frozenset({ADMIN}),
    ("POST", "/v1/parties"): frozenset({ADMIN}),
    ("GET", "/v1/parties/<party_id>"): frozenset({ADMIN}),
    ("POST", "/v1/account-proofs/challenges"): EVERYBODY,
    ("POST", "/v1/account-proofs"): EVERYBODY,
    ("POST", "/v1/account-proofs/batches"): frozenset({Role.FAMILY_OFFICE, Role.CUSTODIAN}),
    ("GET", "/v1/account-proofs/batches"): frozenset({Role.FAMILY_OFFICE, Role.CUSTODIAN}),
    ("GET", "/v1/account-proofs/batches/<batch_id>"): frozenset({Role.FAMILY_OFFICE, Role.CUSTODIAN}),
    ("GET", "/v1/account-proofs/batches/<batch_id>/messages.csv"): frozenset({Role.FAMILY_OFFICE, Role.CUSTODIAN}),
    ("POST", "/v1/account-proofs/batches/<batch_id>/answers"): frozenset({Role.FAMILY_OFFICE, Role.CUSTODIAN}),
    ("POST", "/v1/me/accounts/challenges"): frozenset({WALLET}),
    ("POST", "/v1/me/accounts"): frozenset({WALLET}),
    ("POST", "/v1/me/accounts/<account>/unlink"): frozenset({WALLET}),
    ("GET", "/v1/me/account-acts/<act_id>"): frozenset({WALLET}),
    ("POST", "/v1/me/moves"): frozenset({WALLET}),
    ("GET", "/v1/me/moves"): frozenset({WALLET}),
    ("GET", "/v1/me/moves/<move_id>"): frozenset({WALLET}),
    ("POST", "/v1/me/moves/<move_id>/confirm"): frozenset({WALLET}),
    ("POST", "/v1/me/moves/<move_id>/object"): frozenset({WALLET}),
    ("POST", "/v1/me/moves/<move_id>/withdraw"): frozenset({WALLET}),
    ("GET", "/v1/moves"): frozenset({DESK}),
    ("GET", "/v1/moves/<move_id>"): frozenset({DESK}),
    ("POST", "/v1/moves/<move_id>/confirm"): frozenset({DESK}),
    ("POST", "/v1/moves/<move_id>/reject"): frozenset({DESK}),
    ("GET", "/v1/tokens/<token>/recoveries"): frozenset({ISSUER}),
    ("POST", "/v1/tokens/<token>/recoveries"): frozenset({ISSUER}),
    ("POST", "/v1/grants"): frozenset({ADMIN, ISSUER}),
    ("GET", "/v1/grants"): READERS | {ADMIN},
    ("GET", "/v1/grants/<grant_id>"): READERS | {ADMIN},
    ("POST", "/v1/grants/<grant_id>/withdraw"): frozenset({ADMIN, ISSUER}),
    ("GET", "/v1/audit"): frozenset({ADMIN}),
    ("GET", "/v1/audit/export"): frozenset({ADMIN}),
    ("GET", "/v1/jobs/<job_id>"): frozenset({ADMIN, DESK, ISSUER}),
    ("POST", "/v1/me"): frozenset({WALLET}),
    ("GET", "/v1/me"): frozenset({WALLET}),
    ("GET", "/v1/me/disclosures"): frozenset({WALLET}),
    ("GET", "/v1/me/notices"): frozenset({WALLET}),
    ("GET", "/v1/me/applications/<application_id>"): frozenset({WALLET}),
    ("POST", "/v1/me/applications/<application_id>/offers"): frozenset({WALLET}),
    ("GET", "/v1/me/offers/<offer_id>"): frozenset({WALLET}),
    ("POST", "/v1/me/offers/<offer_id>/withdraw"): frozenset({WALLET}),
    ("GET", "/v1/me/wallet-authorizations"): frozenset({WALLET}),
    ("POST", "/v1/me/wallet-authorizations/<authorization_id>/withdraw"): frozenset({WALLET}),
    ("GET", "/v1/offers/<code>/state"): EVERYBODY,
    ("GET", "/v1/offers/<code>/qr.svg"): EVERYBODY,
    ("GET", "/v1/me/claims"): frozenset({WALLET}),
    ("GET", "/v1/me/claims/<claim_id>"): frozenset({WALLET}),
    ("GET", "/v1/me/claims/<claim_id>/forms/vc+jwt"): frozenset({WALLET}),
    ("GET", "/v1/me/claims/<claim_id>/forms/<form_id>"): frozenset({WALLET}),
    ("GET", "/v1/me/claims/<claim_id>/forms/<form_id>/call-data"): frozenset({WALLET}),
    ("GET", "/v1/me/claims/<claim_id>/on-chain"): frozenset({WALLET}),
    ("POST", "/v1/me/claims/<claim_id>/on-chain"): frozenset({WALLET}),
    ("GET", "/v1/me/registrations"): frozenset({WALLET}),
    ("POST", "/v1/me/registrations"): frozenset({WALLET}),
    ("GET", "/v1/me/transfer-authorities"): frozenset({WALLET}),
    ("GET", "/v1/me/tokens/<token>/explain"): frozenset({WALLET}),
    ("GET", "/v1/claim-types"): EVERYBODY,
    ("GET", "/v1/claim-issuers"): EVERYBODY,
    ("POST", "/v1/claim-issuers"): frozenset({ADMIN}),
    ("GET", "/v1/claim-issuers/<claim_issuer_id>"): EVERYBODY,
    ("POST", "/v1/claim-issuers/<claim_issuer_id>/contracts"): frozenset({ADMIN}),
    ("GET", "/v1/accreditations"): EVERYBODY,
    ("GET", "/v1/chains"): EVERYBODY,
    ("POST", "/v1/applications"): frozenset({WALLET}),
    ("GET", "/v1/applications"): frozenset({DESK}),
    ("GET", "/v1/applications/<application_id>"): frozenset({DESK}),
    ("POST", "/v1/applications/<application_id>/decision"): frozenset({DESK}),
    ("GET", "/v1/claims"): frozenset({DESK}),
    ("GET", "/v1/claims/<claim_id>"): frozenset({DESK}),
    ("POST", "/v1/claims/<claim_id>/forms"): frozenset({DESK}),
    ("GET", "/v1/claims/<claim_id>/forms/vc+jwt"): frozenset({DESK}),
    ("GET", "/v1/claims/<claim_id>/forms/<form_id>"): frozenset({DESK}),
    ("POST", "/v1/claims/<claim_id>/forms/<form_id>/relay"): frozenset({DESK}),
    ("POST", "/v1/claims/<claim_id>/revoke"): frozenset({DESK}),
    ("POST", "/v1/invitations"): INVITERS,
    ("GET", "/v1/invitations"): INVITERS,
    ("GET", "/v1/invitations/<invitation_id>"): INVITERS,
    ("POST", "/v1/invitations/batches"): INVITERS,
    ("GET", "/v1/invitations/batches"): INVITERS,
    ("GET", "/v1/invitations/batches/<batch_id>"): INVITERS,
    ("GET", "/v1/invitations/batches/<batch_id>/addresses.csv"): INVITERS,
    ("GET", "/v1/invitations/batches/<batch_id>/errors.csv"): INVITERS,
    ("GET", "/v1/invitations/<invitation_id>/events"): INVITERS,
    ("POST", "/v1/invitations/<invitation_id>/withdraw"): INVITERS,
    ("GET", "/v1/invitation-codes/<code>"): EVERYBODY,
    ("GET", "/v1/invitation-codes/<code>/state"): EVERYBODY,
    ("GET", "/v1/invitation-codes/<code>/qr.svg"): EVERYBODY,
    ("POST", "/v1/invitation-codes/<code>/proved"): frozenset({WALLET}),
    ("GET", "/v1/invitation-codes/<code>/allowance"): frozenset({WALLET}),
    ("POST", "/v1/invitation-codes/<code>/application"): frozenset({WALLET}),
    ("POST", "/v1/identity-contracts"): frozenset({DESK}),
    ("GET", "/v1/tokens"): READERS | {ADMIN, DESK},
    ("POST", "/v1/tokens"): frozenset({ADMIN}),
    ("GET", "/v1/tokens/<token>"): READERS | {ADMIN, DESK},
    ("POST", "/v1/tokens/<token>/registrations"): frozenset({ISSUER}),
    ("GET", "/v1/tokens/<token>/registrations"): frozenset({ISSUER}),
    ("GET", "/v1/tokens/<token>/registration-batch"): frozenset({ISSUER}),
    ("GET", "/v1/tokens/<token>/eligibility/<account>"): READERS | {DESK},
    ("GET", "/v1/tokens/<token>/explain"): READERS | {DESK},
    ("GET", "/v1/tokens/<token>/cap-table"): READERS,
    ("POST", "/v1/orders"): TRADERS,
    ("GET", "/v1/orders"): TRADERS | {ISSUER},
    ("GET", "/v1/orders/<order_id>"): TRADERS | {ISSUER},
}
SOMETHING: Final = {"token": "eip155:31337:0x" + "11" * 20, "account": "eip155:31337:0x" + "22" * 20}


@pytest.fixture
def floor(desk: Desk) -> Floor:
    return Floor.at(desk)


def routes_of(stand: Stand) -> Iterator[tuple[str, str]]:
    for rule in stand.http.application.url_map.iter_rules():
        if rule.rule.startswith("/v1"):
            yield from ((method, rule.rule) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))


def filled(rule: str) -> str:
    return re.sub(r"<([a-z_]+)>", lambda match: SOMETHING.get(match[1], "xyz_none"), rule)


def code_of(answer: Any) -> str:
    body = answer.get_json(silent=True)
    return str(body.get("code", "")) if isinstance(body, dict) else ""


def test_every_route_opens_for_its_roles_and_for_nobody_else(stand: Stand) -> None:
    assert sorted(routes_of(stand)) == sorted(RIGHTS)
    callers: dict[str, Session | None] = {role: stand.machine(role) for role in Role}
    callers |= {WALLET: stand.person(stand.onchain.actors.alice), NOBODY: None}
    for (method, rule), admitted in RIGHTS.items():
        for who, session in callers.items():
            sent = {"json": {}, "headers": {"Idempotency-Key": f"a-key-for-{who}"}} if method == "POST" else {}
            answer = stand.request(method, filled(rule), session, **sent)
            seen = (answer.status_code, code_of(answer))
            assert answer.status_code < 500, (method, rule, who, seen)
            if who in admitted:
                assert seen[1] not in {"access_token_missing", "access_token_invalid", "scope_missing"}, (method, rule, who, seen)
            else:
                expected = (401, "access_token_missing") if who == NOBODY else (403, "scope_missing")
                assert seen == expected, (method, rule, who, seen)


def _outcomes(stand: Stand) -> Callable[..., str]:
    """Gives the code of the problem with which a request is answered, or "ok"."""
    keys = iter(range(1000))

    def outcome(session: Session, method: str, path: str, content: dict[str, Any] | None = None) -> str:
        sent = {} if method == "GET" else {"json": content or {}, "headers": {"Idempotency-Key": f"test-key-{next(keys)}"}}
        answer = stand.request(method, path, session, **sent)
        return code_of(answer) if answer.status_code >= 400 else "ok"

    return outcome


def test_a_seat_opens_what_its_role_opens_beside_the_wallet_s_own_and_nothing_else(stand: Stand) -> None:
    admin = stand.machine("administrator")
    party = admin.post("/v1/parties", {"kind": "organisation", "legal_name": "Somebody's Employer AG"})["id"]
    for number, role in enumerate(sorted(SEAT_ROLES)):
        wallet = stand.onchain.devchain.wallet(10 + number)
        admin.post("/v1/seats", {"account": str(wallet.account), "role": role, "party": party})
        seated = stand.person(wallet)
        for (method, rule), admitted in RIGHTS.items():
            sent = {"json": {}, "headers": {"Idempotency-Key": "a-key"}} if method == "POST" else {}
            answer = stand.request(method, filled(rule), seated, **sent)
            assert (code_of(answer) == "scope_missing") is admitted.isdisjoint({role, WALLET}), (method, rule, role)


def test_what_belongs_to_one_is_unknown_to_the_others(stand: Stand, scene: World) -> None:
    terms = {"topics": ["INVESTOR"], "may_accredit": False, "path_length": 0}
    for name in ("claim_issuer", "claim_issuer_2"):
        acts.obtain_claim(scene, name, desk="root", claim_type="CLAIM_ISSUER", attributes=terms, party=None)
    anna, bruno = cast.CLIENTS[0].name, cast.CLIENTS[1].name
    claim = acts.obtain_investor_claim(scene, cast.CLIENTS[0], desk="claim_issuer")
    other_claim = acts.obtain_investor_claim(scene, cast.CLIENTS[1], desk="claim_issuer")
    acts.deploy_identities(scene, [anna])
    desk, other_desk = scene.machines["claim_issuer"], scene.machines["claim_issuer_2"]
    form = desk.post(f"/v1/claims/{claim}/forms", {"format": "erc735"})["id"]
    greta = scene.people["client-greta"].post(
        "/v1/applications",
        {
            "claim_issuer": scene.claim_issuers["claim_issuer"]["id"],
            "claim_type": "INVESTOR",
            "attributes": {"classification": "retail"},
            "party": {"kind": "natural_person", "legal_name": "Greta Lindqvist"},
        },
    )["id"]
    outcome = _outcomes(stand)
    _other_desks_know_neither_applications_nor_claims(outcome, other_desk, greta, claim, form)
    _a_claim_s_forms_are_not_another_claim_s(outcome, desk, scene.people[bruno], other_claim, form)
    _people_see_their_own(outcome, scene, claim, form, greta)
    _tokens_and_grants_have_one_issuer(outcome, stand, scene)
    assert greta not in [one["id"] for one in other_desk.get("/v1/applications")["items"]]
    assert claim not in [one["id"] for one in other_desk.get("/v1/claims")["items"]]
    stranger = stand.machine("claim_issuer")
    assert outcome(stranger, "GET", "/v1/claims") == "claim_issuer_unknown", "a desk without a claim issuer"
    assert outcome(desk, "GET", f"/v1/claims/{claim}") == "ok"
    assert outcome(desk, "POST", f"/v1/applications/{greta}/decision", {"outcome": "reject"}) == "ok"


def _other_desks_know_neither_applications_nor_claims(
    outcome: Any, other: Session, application: str, claim: str, form: str
) -> None:
    for method, path, content, code in (
        ("GET", f"/v1/applications/{application}", None, "application_unknown"),
        ("POST", f"/v1/applications/{application}/decision", {"outcome": "approve"}, "application_unknown"),
        ("POST", f"/v1/applications/{application}/decision", {"outcome": "reject"}, "application_unknown"),
        ("GET", f"/v1/claims/{claim}", None, "claim_unknown"),
        ("GET", f"/v1/claims/{claim}/forms/vc+jwt", None, "claim_unknown"),
        ("GET", f"/v1/claims/{claim}/forms/{form}", None, "claim_unknown"),
        ("POST", f"/v1/claims/{claim}/forms", {"format": "erc735"}, "claim_unknown"),
        ("POST", f"/v1/claims/{claim}/forms/{form}/relay", {}, "claim_unknown"),
        ("POST", f"/v1/claims/{claim}/revoke", {"reason": "licence_withdrawn"}, "claim_unknown"),
    ):
        assert outcome(other, method, path, content) == code, path


def _a_claim_s_forms_are_not_another_claim_s(outcome: Any, desk: Session, person: Session, claim: str, form: str) -> None:
    assert outcome(desk, "GET", f"/v1/claims/{claim}/forms/{form}") == "form_unknown"
    assert outcome(desk, "POST", f"/v1/claims/{claim}/forms/{form}/relay") == "form_unknown"
    assert outcome(person, "GET", f"/v1/me/claims/{claim}/forms/{form}") == "form_unknown"
    assert outcome(person, "GET", f"/v1/me/claims/{claim}/forms/{form}/call-data") == "form_unknown"


def test_invitations_are_known_to_whoever_sent_them_and_to_no_other(stand: Stand, scene: World) -> None:
    outcome = _outcomes(stand)
    accredit(scene)
    acts.obtain_intermediary_claim(scene, cast.INTERMEDIARIES[0])
    admin, office = scene.machines["administrator"], scene.machines["family_office"]
    terms = {"claim_issuer": scene.claim_issuers["claim_issuer"]["id"], "claim_type": "INVESTOR", "reference": "mandate-7"}
    made = office.post("/v1/invitations", terms)
    code = made["url"].rpartition("/")[2]
    elsewhere = admin.post("/v1/parties", {"kind": "organisation", "legal_name": "Another Office AG"})["id"]
    others = {
        "another office": stand.machine("family_office", elsewhere),
        "a custodian": stand.machine("custodian", elsewhere),
        "an office without a party": stand.machine("family_office"),
        "the claim issuer that is to decide": scene.machines["claim_issuer"],
    }
    for who, session in others.items():
        assert outcome(session, "GET", f"/v1/invitations/{made['id']}") == "invitation_unknown", who
        assert outcome(session, "POST", f"/v1/invitations/{made['id']}/withdraw") == "invitation_unknown", who
        assert session.get("/v1/invitations")["items"] == [], who
    assert outcome(office, "POST", "/v1/invitations", {**terms, "claim_type": "CUSTODIAN"}) == "invitation_not_permitted"
    foreign = {**terms, "claim_issuer": scene.claim_issuers["claim_issuer_2"]["id"]}
    assert outcome(scene.machines["claim_issuer"], "POST", "/v1/invitations", foreign) == "invitation_not_permitted"
    assert outcome(others["an office without a party"], "POST", "/v1/invitations", terms) == "invitation_not_permitted"
    opened = stand.request("GET", f"/v1/invitation-codes/{code}").get_data(as_text=True)
    assert "mandate-7" not in opened, "the reference is the inviter's own"
    assert outcome(office, "POST", f"/v1/invitations/{made['id']}/withdraw") == "ok"


def test_orders_are_known_to_their_network_their_intermediary_and_their_token_s_issuer(floor: Floor) -> None:
    stand, administrator = floor.desk.stand, floor.desk.administrator
    outcome = _outcomes(stand)
    order = floor.accepted()["id"]
    elsewhere = administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Somebody Else AG"})["id"]
    strangers = [stand.machine(role, party) for role in sorted(TRADERS | {ISSUER}) for party in (elsewhere, None)]
    # A right is a role's: the same party in another role has another inbox.
    strangers += [stand.machine("network", floor.party), stand.machine("family_office", floor.network)]
    for session in strangers:
        assert outcome(session, "GET", f"/v1/orders/{order}") == "order_unknown"
        assert session.get("/v1/orders")["items"] == []
        assert outcome(session, "GET", f"/v1/orders?cursor={order}") == "cursor_invalid"
    for session in (floor.dx, floor.office, floor.desk.agent):
        assert outcome(session, "GET", f"/v1/orders/{order}") == "ok"
        assert [one["id"] for one in session.get("/v1/orders")["items"]] == [order]
    another = stand.machine("custodian", elsewhere)
    assert outcome(another, "POST", "/v1/orders", floor.signed().as_json()) == "order_not_yours"
    other_network = stand.machine("network", elsewhere)
    assert outcome(other_network, "POST", "/v1/orders", floor.signed().as_json()) == "order_wrong_network"


def test_a_person_explains_only_transfers_of_their_own(floor: Floor) -> None:
    stand, actors = floor.desk.stand, floor.desk.onchain.actors
    outcome = _outcomes(stand)
    path = f"/v1/me/tokens/{floor.desk.token}/explain?account={actors.alice.account}"
    assert outcome(stand.person(actors.alice), "GET", path) == "ok"
    assert outcome(stand.person(actors.bob), "GET", path) == "not_your_transfer"
    assert outcome(stand.person(actors.bob), "GET", f"{path}&sender={actors.bob.account}") == "ok"
    assert outcome(stand.person(actors.bob), "GET", "/v1/me/transfer-authorities") == "account_unknown", "nobody yet"


def _people_see_their_own(outcome: Any, scene: World, claim: str, form: str, application: str) -> None:
    own, other = scene.people[cast.CLIENTS[0].name], scene.people[cast.CLIENTS[1].name]
    below = (f"/v1/me/claims/{claim}", f"/v1/me/claims/{claim}/forms/vc+jwt", f"/v1/me/claims/{claim}/forms/{form}")
    for path in (*below, f"/v1/me/claims/{claim}/forms/{form}/call-data"):
        assert outcome(own, "GET", path) == "ok", path
        assert outcome(other, "GET", path) == "claim_unknown", path
    assert outcome(scene.people["client-greta"], "GET", f"/v1/me/applications/{application}") == "ok"
    assert outcome(other, "GET", f"/v1/me/applications/{application}") == "application_unknown"
    assert claim not in [one["id"] for one in other.get("/v1/me/claims")["items"]]
    nobody_yet = scene.people["client-henri"]
    for path in ("/v1/me", "/v1/me/claims", "/v1/me/disclosures"):
        assert outcome(nobody_yet, "GET", path) == "account_unknown", path


def _tokens_and_grants_have_one_issuer(outcome: Any, stand: Stand, scene: World) -> None:
    admin, issuer = scene.machines["administrator"], scene.machines["token_issuer"]
    other_party = admin.post("/v1/parties", {"kind": "organisation", "legal_name": "Another Issuer SA"})["id"]
    other, partyless = stand.machine("token_issuer", other_party), stand.machine("token_issuer")
    registrations = f"/v1/tokens/{scene.token}/registrations"
    account = {"account": str(scene.wallet[cast.CLIENTS[0].name].account)}
    terms = {
        "token": str(scene.token),
        "viewer": scene.party["transfer_agent"],
        "role": "transfer_agent",
        "purposes": ["register_keeping"],
        "legal_basis": "Appointment",
        "valid_until": (stand.clock.now() + timedelta(days=30)).isoformat(),
    }
    theirs = {**terms, "viewer": scene.party["token_issuer"], "role": "token_issuer", "legal_basis": "Statute"}
    own = admin.post("/v1/grants", theirs)["id"]
    appointed = issuer.post("/v1/grants", terms)["id"]
    statute = admin.post("/v1/grants", {**terms, "legal_basis": "Statute"})["id"]
    for foreign in (other, partyless):
        assert outcome(foreign, "GET", registrations) == "not_the_token_issuer"
        assert outcome(foreign, "POST", registrations, account) == "not_the_token_issuer"
        assert outcome(foreign, "POST", "/v1/grants", terms) == "grant_invalid"
        assert foreign.get("/v1/grants")["items"] == []
        for grant in (own, appointed, statute):
            assert outcome(foreign, "GET", f"/v1/grants/{grant}") == "grant_unknown"
            assert outcome(foreign, "POST", f"/v1/grants/{grant}/withdraw") == "grant_unknown"
    for grant in (statute, own):
        assert outcome(issuer, "POST", f"/v1/grants/{grant}/withdraw") == "grant_unknown", "a statute is not the issuer's to end"
    received = [one["id"] for one in scene.machines["transfer_agent"].get("/v1/grants")["items"]]
    assert sorted(received) == sorted([appointed, statute])
    assert {one["id"] for one in issuer.get("/v1/grants")["items"]} == {own, appointed}
    assert {one["id"] for one in admin.get("/v1/grants")["items"]} == {own, appointed, statute}
    assert outcome(issuer, "POST", f"/v1/grants/{appointed}/withdraw") == "ok"
    assert outcome(issuer, "POST", f"/v1/grants/{appointed}/withdraw") == "grant_already_withdrawn"
    assert outcome(admin, "POST", f"/v1/grants/{statute}/withdraw") == "ok"
