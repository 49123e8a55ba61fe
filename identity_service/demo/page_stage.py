"""Sets the stage of the demo's page, once the story has been told: a second token, another office, and a seat for every role."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from claim_issuers.identifiers.accounts import Account, Address
from identity_service.chain import trex
from identity_service.demo import actions, acts, roles
from identity_service.demo.api import person
from identity_service.demo.page_setting import PageSetting
from identity_service.demo.setup import ACCEPTED, DEPLOYER, HOLDER_TOPIC, Stage, agent_wallet, owner_wallet
from identity_service.demo.trex import TokenTerms
from identity_service.demo.world import World

_FUNDS: Final = 10 * 10**18


def set_page(stage: Stage, world: World, say: Callable[[str], None]) -> PageSetting:
    """Everything up to the moment before the page's first scene; ``say`` hears of each part."""
    say("a second token, with eight holders")
    other = _second_token(stage, world)
    say(f"{roles.OFFICE.legal_name}, licensed and registered")
    _office(other)
    say("a seat for every role")
    _seats(other)
    setting = PageSetting(
        rpc_url=world.devchain.rpc_url,
        token=str(other.token),
        token_name=roles.TOKEN_NAME,
        claim_issuer=world.claim_issuers["claim_issuer"]["id"],
        network_party=world.party["network"],
        office_party=other.party[roles.OFFICE.name],
        reached_at=world.transport.reached_at,
    )
    setting.write(stage.data_directory)
    return setting


def _second_token(stage: Stage, world: World) -> World:
    owner, agent = owner_wallet(world.devchain), agent_wallet(world.devchain)
    chain = str(world.devchain.chain)
    trusted = [Address.parse(world.claim_issuers[name]["chains"][chain]["contract"]) for name in ("claim_issuer", "claim_issuer_2")]
    terms = TokenTerms(
        name=roles.TOKEN_NAME,
        symbol=roles.TOKEN_SYMBOL,
        owner=owner.address,
        agents=(agent.address,),
        claim_topics=(HOLDER_TOPIC,),
        trusted_issuers=dict.fromkeys(trusted, (HOLDER_TOPIC,)),
    )
    suite = stage.platform.deploy_suite(terms, unpause_by=agent)
    other = replace(world, suite=suite, token=Account(world.devchain.chain, suite.token))
    registered = world.machines["administrator"].post("/v1/tokens", _registration(other))
    service_agent = Address.parse(registered["agent"])
    owner.do(suite.identity_registry, trex.ADD_AGENT, service_agent)
    world.devchain.wallet(DEPLOYER).send(service_agent, value=_FUNDS)
    acts.register_holders(other, list(roles.OPENING))
    for name, quantity in roles.OPENING.items():
        actions.mint(agent, suite.token, other.wallet[name].address, quantity)
    custodian = other.wallet["custodian-fjord"].address
    actions.approve(other.wallet["client-anna"], suite.token, custodian, 150)
    acts.give_grants(other)
    return other


def _registration(world: World) -> dict[str, Any]:
    return {
        "token": str(world.token),
        "token_issuer": world.party["token_issuer"],
        "accepted_claim_types": [*ACCEPTED],
        "topics": {name: str(HOLDER_TOPIC) for name in ACCEPTED},
        "trusted_factories": [str(world.suite.id_factory)],
    }


def _office(world: World) -> None:
    """The office enrols with its wallet, is licensed by the claim issuer, and is registered for the token."""
    name = roles.OFFICE.name
    world.wallet[name] = world.devchain.wallet(roles.OFFICE_DESK.index)
    world.people[name] = person(world.transport, world.wallet[name])
    enrolled = world.people[name].post("/v1/me", {"kind": "organisation", "legal_name": roles.OFFICE.legal_name})
    world.party[name] = enrolled["party"]
    acts.obtain_intermediary_claim(world, roles.OFFICE)
    acts.deploy_identities(world, [name])
    acts.let_relayer_add_claims(world, [name])
    acts.put_claims_on_chain(world, {name: "claim_issuer"}, {name: (str(world.token),)})
    acts.register_holders(world, [name])


def _seats(world: World) -> None:
    """One wallet for each role in the switcher: whoever signs in with it acts for the firm."""
    party = {
        roles.OFFICE_DESK: world.party[roles.OFFICE.name],
        roles.NETWORK: world.party["network"],
        roles.OFFICER: world.party["claim_issuer"],
        roles.REGULATOR: world.party["regulator"],
        roles.PLATFORM: world.party["token_issuer"],
    }
    for one, party_id in party.items():
        account = str(world.devchain.wallet(one.index).account)
        world.machines["administrator"].post("/v1/seats", {"account": account, "role": str(one.seat), "party": party_id})
