"""What people and desks do in the story, each as the API lets them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from claim_issuers.identifiers.accounts import Account, Address
from identity_service.chain import onchainid
from identity_service.demo import actions, cast
from identity_service.demo.credential_wallet import CredentialWallet, HeldCredential
from identity_service.demo.post_box import code_for
from identity_service.demo.world import World

YEAR: Final = int(timedelta(days=365).total_seconds())


def obtain_claim(
    world: World,
    name: str,
    *,
    desk: str,
    claim_type: str,
    attributes: Mapping[str, Any],
    party: Mapping[str, Any] | None,
    intermediary: str | None = None,
    valid_for: int = YEAR,
) -> str:
    """``name`` applies, the desk approves; the claim's id."""
    application = world.people[name].post(
        "/v1/applications",
        {
            "claim_issuer": world.claim_issuers[desk]["id"],
            "claim_type": claim_type,
            "attributes": dict(attributes),
            "party": None if party is None else dict(party),
            "intermediary": intermediary,
        },
    )
    world.party[name], world.application[name] = application["party"], application["id"]
    decided = world.machines[desk].post(
        f"/v1/applications/{application['id']}/decision", {"outcome": "approve", "valid_for_seconds": valid_for}
    )
    world.claim[name] = decided["claim"]
    return str(decided["claim"])


def obtain_intermediary_claim(world: World, one: cast.Intermediary) -> str:
    """A firm's licence becomes a claim."""
    return obtain_claim(
        world, one.name, desk="claim_issuer", claim_type=one.claim_type, attributes=dict(one.attributes), party=None
    )


def obtain_investor_claim(world: World, one: cast.Client, *, desk: str, valid_for: int = YEAR) -> str:
    """An investor's classification becomes a claim; the office that brought them stands in the application."""
    return obtain_claim(
        world,
        one.name,
        desk=desk,
        claim_type="INVESTOR",
        attributes={"classification": one.classification},
        party={"kind": "natural_person", "legal_name": one.legal_name, "country": one.country, **_reachable(one)},
        intermediary=None if one.office is None else world.party[one.office],
        valid_for=valid_for,
    )


def _reachable(one: cast.Client) -> dict[str, str]:
    return {} if one.email is None else {"email": one.email}


def take_into_wallet(world: World, one: cast.Client) -> HeldCredential:
    """A client's wallet app takes the offer for its claim up, with the code that went by mail."""
    session = world.people[one.name]
    offer = session.post(f"/v1/me/applications/{world.application[one.name]}/offers", {"language": "en"})
    letter = world.until(lambda: code_for(world.outbox, str(one.email)), bool, "the mail with the code")
    return CredentialWallet.fresh(world.transport).take(offer["url"], tx_code=letter)


def deploy_identities(world: World, names: Sequence[str]) -> None:
    """Identity contracts through the real factory, for all names at once."""
    desk = world.machines["claim_issuer"]
    jobs = {name: desk.post("/v1/identity-contracts", {"account": str(world.wallet[name].account)})["job"] for name in names}
    for name, job in jobs.items():
        receipt = world.finished(desk, job)["receipts"][0]
        world.identity_contract[name] = Account.parse(receipt["reference"]).address


def let_relayer_add_claims(world: World, names: Sequence[str]) -> None:
    """Each holder gives our relayer a claim key on the own identity contract, from the own wallet."""
    relayer = Address.parse(world.machines["claim_issuer"].get("/v1/chains")["items"][0]["relayer"])
    for name in names:
        actions.add_key(world.wallet[name], world.identity_contract[name], relayer, onchainid.CLAIM)


def put_claims_on_chain(world: World, wanted: Mapping[str, str], tokens: Mapping[str, Sequence[str | None]]) -> None:
    """Sign the erc735 forms (``wanted``: name → desk) and have the relayer add them; ``tokens`` says under whose topics."""
    jobs = []
    for name, desk in wanted.items():
        session, claim = world.machines[desk], world.claim[name]
        for token in tokens[name]:
            form = session.post(f"/v1/claims/{claim}/forms", {"format": "erc735", "token": token})["id"]
            world.form[name] = session.get(f"/v1/claims/{claim}/forms/{form}")
            jobs.append((session, session.post(f"/v1/claims/{claim}/forms/{form}/relay")["job"]))
    for session, job in jobs:
        world.finished(session, job)


def register_holders(world: World, names: Sequence[str]) -> None:
    """The token's agent enters the accounts into the identity registry, country unsaid."""
    agent = world.machines["token_issuer"]
    path = f"/v1/tokens/{world.token}/registrations"
    jobs = [agent.post(path, {"account": str(world.wallet[name].account)})["job"] for name in names]
    for job in jobs:
        world.finished(agent, job)


def forms_of(world: World, one: cast.Intermediary | cast.Client) -> tuple[str | None, ...]:
    """A form under the token's topic; for an intermediary, before it, one under the topic that says which kind it is."""
    token = str(world.token)
    return (None, token) if isinstance(one, cast.Intermediary) else (token,)


def give_grants(world: World) -> None:
    """The rights to see names: two by statute, one by the token issuer's appointment, one for the network's own purpose."""
    admin, issuer = world.machines["administrator"], world.machines["token_issuer"]
    until = (world.clock.now() + timedelta(days=30)).isoformat()

    def terms(role: str, purpose: str, basis: str, **more: Any) -> dict[str, Any]:
        return {
            "token": str(world.token),
            "viewer": world.party[role],
            "role": role,
            "purposes": [purpose],
            "legal_basis": basis,
            "valid_until": until,
            **more,
        }

    admin.post("/v1/grants", terms("regulator", "supervision", "Supervision statute, Art. 12", case_number="MSO-2026-117"))
    admin.post("/v1/grants", terms("token_issuer", "shareholder_identification", "SRD II, Art. 3a"))
    issuer.post("/v1/grants", terms("transfer_agent", "register_keeping", "Appointment of 2 November 2026"))
    admin.post("/v1/grants", terms("network", "network_settlement", "Network rulebook, intermediaries only"))
