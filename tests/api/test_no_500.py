"""Whatever is sent to whichever route by whomever: an answer that the description foresees, soon, and never a crash."""

import json
from datetime import timedelta
from time import perf_counter
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings

from claim_issuers import Order, SignedOrder, sign_order
from claim_issuers.clock import SystemEntropy
from claim_issuers.keys.signers import Ed25519Signer
from claim_issuers.orders.order import Side
from identity_service.access.grants import FIELDS, PURPOSES
from identity_service.access.model import ROLE_SCOPES, WALLET_SCOPES, Role
from identity_service.demo import acts, cast
from identity_service.demo.story import accredit
from identity_service.demo.world import World
from identity_service.web.problems import PROBLEMS
from tests.api.near_valid import Attempt, Bearer, attempts, routes_of
from tests.support.description import watch
from tests.support.stand import Stand

WITHOUT_A_BODY = {
    "/v1/grants/<grant_id>/withdraw",
    "/v1/seats/<seat_id>/end",
    "/v1/invitations/<invitation_id>/withdraw",
    "/v1/invitation-codes/<code>/proved",
    "/v1/claims/<claim_id>/forms/<form_id>/relay",
    "/v1/invitations/batches",
    "/v1/me/accounts/<account>/unlink",
    "/v1/me/moves/<move_id>/confirm",
    "/v1/me/moves/<move_id>/object",
    "/v1/me/moves/<move_id>/withdraw",
    "/v1/me/offers/<offer_id>/withdraw",
    "/v1/me/wallet-authorizations/<authorization_id>/withdraw",
    "/v1/moves/<move_id>/reject",
    "/claim-issuers/<claim_issuer_id>/credential",
    "/claim-issuers/<claim_issuer_id>/deferred-credential",
    "/claim-issuers/<claim_issuer_id>/nonce",
    "/claim-issuers/<claim_issuer_id>/notification",
    "/claim-issuers/<claim_issuer_id>/par",
    "/claim-issuers/<claim_issuer_id>/token",
    "/oauth/token",
}
FOR_WALLETS = ("/claim-issuers/", "/.well-known/", "/credential-types/", "/offers/")
"""Below these, what wallets call refuses in OAuth's form."""
MOST_SECONDS = 10


def play(scene: World) -> None:
    """Enough of the story that every kind of id names something."""
    accredit(scene)
    acts.obtain_intermediary_claim(scene, cast.INTERMEDIARIES[0])
    acts.deploy_identities(scene, [cast.INTERMEDIARIES[0].name])
    acts.let_relayer_add_claims(scene, [cast.INTERMEDIARIES[0].name])
    acts.put_claims_on_chain(
        scene, {"office-linden": "claim_issuer"}, {"office-linden": acts.forms_of(scene, cast.INTERMEDIARIES[0])}
    )
    acts.obtain_investor_claim(scene, cast.CLIENTS[0], desk="claim_issuer")
    acts.give_grants(scene)
    seat = {"account": str(scene.wallet["client-henri"].account), "role": "regulator", "party": scene.party["regulator"]}
    scene.machines["administrator"].post("/v1/seats", seat)
    scene.machines["claim_issuer"].post("/v1/invitations", {"claim_type": "INVESTOR"})
    scene.machines["network"].post("/v1/orders", signed_order(scene).as_json())


def signed_order(scene: World) -> SignedOrder:
    """An order of the office for the network, good for a day."""
    office, now = scene.wallet["office-linden"], scene.clock.now().replace(microsecond=0)
    order = Order(
        id=str(uuid4()),
        network=scene.party["network"],
        token=scene.token,
        side=Side.BUY,
        quantity=7,
        price="99.75",
        currency="CHF",
        intermediary=office.account,
        signatory=office.account,
        issued_at=now,
        expires_at=now + timedelta(days=1),
    )
    return sign_order(order, office.signer)


def known_values(stand: Stand, scene: World) -> dict[str, list[str]]:
    """Good values by the name of the path part or field that takes them; for objects, ``<name> as JSON``."""
    service = stand.service
    with service.db.read() as session:
        desk = service.mesh.get(session, scene.claim_issuers["claim_issuer"]["id"])
        applications = service.issuance.applications(session, desk, state=None, after="", limit=50)
        audit = service.audit.entries(session)
    claims = [claim for claim in scene.claim.values() if claim]
    accounts = [str(wallet.account) for wallet in scene.wallet.values()]
    parties = list(scene.party.values())
    issuers = [one["id"] for one in scene.claim_issuers.values()]
    lists = [scene.machines["claim_issuer"].get(f"/v1/claims/{scene.claim['office-linden']}")["status_list"]]
    attributes = [dict(one.attributes) for one in cast.INTERMEDIARIES] + [{"classification": "retail"}]
    jwk = Ed25519Signer(SystemEntropy().token_bytes(32)).public_jwk()
    person = {"kind": "natural_person", "legal_name": "Invented Person", "country": "CH"}
    admin, network, orders = scene.machines["administrator"], scene.machines["network"], [signed_order(scene) for _ in range(3)]
    path = f"/v1/me/applications/{scene.application['client-anna']}/offers"
    anna, move = scene.people["client-anna"].post(path), opened_move(stand, scene)
    (invitation,) = scene.machines["claim_issuer"].get("/v1/invitations")["items"]
    return {
        "account": accounts,
        "token": [str(scene.token)],
        "claim_id": claims,
        "form_id": [str(form["id"]) for form in scene.form.values()],
        "application_id": [one.id for one in applications],
        "claim_issuer_id": issuers,
        "claim_issuer": issuers,
        "grant_id": [one["id"] for one in admin.get("/v1/grants")["items"]],
        "client_id": sorted({entry.subject for entry in audit if entry.action == "client.registered"}),
        "job_id": sorted({entry.subject for entry in audit if entry.subject.startswith("job_")}) or ["job_x"],
        "status_list_id": lists,
        "code": [*PROBLEMS, *[invitation["url"].rpartition("/")[2]] * len(PROBLEMS)],
        "invitation_id": [invitation["id"]],
        "offer_id": [anna["id"]],
        "move_id": [move["id"]],
        "seat_id": [one["id"] for one in admin.get("/v1/seats")["items"]],
        "order_id": [one["id"] for one in network.get("/v1/orders")["items"]],
        "sender": accounts,
        "spender": accounts,
        "quantity": ["1", "7"],
        "reference": ["mandate-7"],
        "order as JSON": [json.dumps(one.as_json()["order"]) for one in orders],
        "domain as JSON": [json.dumps(orders[0].as_json()["domain"])],
        "document": [one.as_json()["document"] for one in orders],
        "signature": [one.as_json()["signature"] for one in orders],
        "party": parties,
        "party_id": parties,
        "party as JSON": [json.dumps(person)],
        "token_issuer": parties,
        "viewer": parties,
        "intermediary": parties,
        "role": [role.value for role in Role],
        "kind": ["natural_person", "organisation"],
        "purpose": sorted(PURPOSES),
        "purposes": sorted(PURPOSES),
        "fields": sorted(FIELDS),
        "valid_until": [(stand.clock.now() + timedelta(days=30)).isoformat()],
        "claim_type": ["INVESTOR", "FAMILY_OFFICE", "CUSTODIAN"],
        "claim_types": ["INVESTOR", "CLAIM_ISSUER"],
        "accepted_claim_types": ["INVESTOR", "CUSTODIAN"],
        "attributes as JSON": [json.dumps(one) for one in attributes],
        "public_jwk as JSON": [json.dumps(jwk)],
        "country": ["CH"],
        "legal_name": ["Invented Person"],
        "chain": [str(scene.token.chain)],
        "chains": [str(scene.token.chain)],
        "contract": [scene.claim_issuers["claim_issuer"]["chains"][str(scene.token.chain)]["contract"]],
        "trusted_factories": [str(scene.suite.id_factory)],
        "reason": ["evidence_sufficient"],
    }


def opened_move(stand: Stand, scene: World) -> dict[str, Any]:
    """A move of Anna's account to one that nobody knows yet."""
    person = stand.person(stand.onchain.devchain.wallet(27))
    return dict(person.post("/v1/me/moves", {"lost": str(scene.wallet["client-anna"].account)}))


def bearers_of(stand: Stand, scene: World) -> list[Bearer]:
    """One of each kind of caller: every role, people we know and one we do not."""
    machines = [(role.value, scene.machines.get(role.value) or stand.machine(role.value), ROLE_SCOPES[role]) for role in Role]
    people = [(name, scene.people[name], WALLET_SCOPES) for name in ("office-linden", "client-anna", "client-henri")]
    stranger = ("stranger", stand.person(stand.onchain.devchain.wallet(25)), WALLET_SCOPES)
    return [Bearer(name=name, token=session.token(), scopes=scopes) for name, session, scopes in [*machines, *people, stranger]]


def check(http: FlaskClient, attempt: Attempt) -> None:
    """Send it; the answer is a good one or a problem that has its words."""
    began = perf_counter()
    answer = http.open(attempt.path, method=attempt.method, headers=attempt.headers, data=attempt.body)
    assert perf_counter() - began < MOST_SECONDS, attempt
    if answer.status_code < 400 or attempt.method == "HEAD":
        assert answer.status_code < 500
        return
    document = json.loads(answer.data)
    if attempt.path.startswith(FOR_WALLETS) and set(document) == {"error", "error_description"}:
        assert answer.status_code < 500, attempt
        return
    if attempt.path.startswith("/oauth/"):
        assert answer.status_code < 500, attempt
        assert set(document) == {"error", "error_description"}, attempt
        return
    assert answer.content_type == "application/problem+json", attempt
    assert document["code"] in PROBLEMS, (attempt, document)
    assert answer.status_code < 500 or answer.status_code == 503, (attempt, document)
    assert answer.status_code == document["status"] == PROBLEMS[document["code"]].status, (attempt, document)


def test_no_request_makes_the_service_fail(stand: Stand, scene: World) -> None:
    play(scene)
    app = stand.service.app()
    faults, http, routes = watch(app), app.test_client(), routes_of(app)
    bare = {one.rule.rule for one in routes if one.method == "POST" and one.model is None}
    assert bare == WITHOUT_A_BODY, "\n".join(sorted(bare ^ WITHOUT_A_BODY))
    assert {one.scope for one in routes} - {None} == set().union(WALLET_SCOPES, *ROLE_SCOPES.values())
    requests = attempts(routes, known_values(stand, scene), bearers_of(stand, scene))

    # The profile says how hard to try: `make fuzz` takes another.
    @settings(max_examples=3 * settings().max_examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(requests)
    def whatever_is_sent(attempt: Attempt) -> None:
        faults.clear()
        check(http, attempt)
        assert faults == [], attempt

    whatever_is_sent()
    stand.work()
    assert stand.http.get("/readyz").status_code == 200
    with stand.service.db.read() as session:
        assert stand.service.audit.check(session) > 0
