"""Claim issuers, their keys and contracts, and the accreditations between them."""

from datetime import timedelta
from typing import Annotated, Any

from flask import Blueprint, Response
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.claims.vocabulary import CLAIM_TYPES
from claim_issuers.identifiers.accounts import Address, ChainId
from claim_issuers.trust.accreditation import Accreditation
from identity_service.access.gate import Gate
from identity_service.access.model import Caller
from identity_service.mesh.model import ClaimIssuer
from identity_service.mesh.presentation import Presentation
from identity_service.mesh.service import Mesh
from identity_service.parties.service import Parties
from identity_service.web.gate import Creation
from identity_service.web.requests import JsonModel, body, parsed, query
from identity_service.web.responses import items, json_response

_SECONDS_A_YEAR = 366 * 24 * 3600


class NewClaimIssuer(JsonModel):
    """An organisation that is to issue claims."""

    party: str = Field(max_length=64)
    name: str = Field(min_length=1, max_length=120)
    claim_types: list[str] = Field(min_length=1, max_length=20)
    maximum_validity_seconds: int = Field(default=_SECONDS_A_YEAR, ge=1, le=5 * _SECONDS_A_YEAR)
    root: bool = False
    chains: list[Annotated[ChainId, parsed(ChainId.parse)]] = Field(default=[], max_length=20)


class NewContract(JsonModel):
    """The claim-issuer contract that somebody deployed with the keys we gave."""

    chain: Annotated[ChainId, parsed(ChainId.parse)]
    contract: Annotated[Address, parsed(Address.parse)]


class AccreditationPage(JsonModel):
    """Which part of the accreditations."""

    cursor: str = Field(default="", max_length=64)
    limit: int = Field(default=50, ge=1, le=200)


def blueprint(gate: Gate, mesh: Mesh, parties: Parties, presentation: Presentation) -> Blueprint:
    """Claim issuers and accreditations; DID documents are public."""
    routes = Blueprint("mesh", __name__)
    _registering_routes(routes, gate, mesh, parties, presentation)
    _public_routes(routes, gate, mesh, presentation)
    return routes


def _registering_routes(routes: Blueprint, gate: Gate, mesh: Mesh, parties: Parties, presentation: Presentation) -> None:
    @routes.post("/v1/claim-issuers")
    @gate.requires("mesh:write")
    def register() -> Response:
        wanted = body(NewClaimIssuer)
        presentation.require_known(wanted.chains)

        def act(session: Session, caller: Caller) -> Creation:
            parties.exists(session, wanted.party)
            issuer = mesh.register(
                session,
                party_id=wanted.party,
                name=wanted.name,
                claim_types=wanted.claim_types,
                maximum_validity=timedelta(seconds=wanted.maximum_validity_seconds),
                is_root=wanted.root,
                chains=wanted.chains,
                actor=caller.subject,
            )
            return Creation(body=_issuer_json(issuer, presentation), location=f"/v1/claim-issuers/{issuer.id}")

        return gate.create("claim-issuers", act)

    @routes.post("/v1/claim-issuers/<claim_issuer_id>/contracts")
    @gate.requires("mesh:write")
    def name_contract(claim_issuer_id: str) -> Response:
        wanted = body(NewContract)
        with gate.db.read() as session:
            presence = mesh.get(session, claim_issuer_id).on(wanted.chain)
        presentation.require_keys_on(presence, wanted.contract)

        def act(session: Session, caller: Caller) -> Creation:
            issuer = mesh.name_contract(session, claim_issuer_id, wanted.chain, wanted.contract, actor=caller.subject)
            return Creation(body=_issuer_json(issuer, presentation), location=f"/v1/claim-issuers/{issuer.id}")

        return gate.create("claim-issuer-contracts", act)


def _public_routes(routes: Blueprint, gate: Gate, mesh: Mesh, presentation: Presentation) -> None:
    @routes.get("/v1/claim-types")
    def claim_types() -> Response:
        return items([_claim_type_json(name) for name in CLAIM_TYPES], None)

    @routes.get("/v1/claim-issuers")
    def list_claim_issuers() -> Response:
        with gate.db.read() as session:
            found = mesh.all(session)
        return items([_issuer_json(issuer, presentation) for issuer in found], None)

    @routes.get("/v1/claim-issuers/<claim_issuer_id>")
    def claim_issuer(claim_issuer_id: str) -> Response:
        with gate.db.read() as session:
            return json_response(_issuer_json(mesh.get(session, claim_issuer_id), presentation))

    @routes.get("/v1/accreditations")
    def accreditations() -> Response:
        page = query(AccreditationPage)
        with gate.db.read() as session:
            found = mesh.accreditations(session, after=page.cursor, limit=page.limit + 1)
        following = found[page.limit - 1].id if len(found) > page.limit else None
        return items([_accreditation_json(one) for one in found[: page.limit]], following)

    @routes.get("/claim-issuers/<claim_issuer_id>/did.json")
    def did_document(claim_issuer_id: str) -> Response:
        with gate.db.read() as session:
            issuer = mesh.get(session, claim_issuer_id)
        return json_response(presentation.did_document(issuer), headers={"Cache-Control": "public, max-age=300"})


def _claim_type_json(name: str) -> dict[str, Any]:
    entry = CLAIM_TYPES[name]
    return {
        "name": name,
        "topic": str(entry.topic),
        "category_bit": entry.category_bit,
        "intermediary": entry.is_intermediary,
        "schema": entry.json_schema(),
    }


def _issuer_json(issuer: ClaimIssuer, presentation: Presentation) -> dict[str, Any]:
    return {
        "id": issuer.id,
        "party": issuer.party_id,
        "name": issuer.name,
        "did": issuer.did,
        "root": issuer.is_root,
        "claim_types": sorted(issuer.claim_types),
        "maximum_validity_seconds": int(issuer.maximum_validity.total_seconds()),
        "chains": {
            str(one.chain): {
                "contract": None if one.contract is None else str(one.contract),
                "claim_key": presentation.address_of(one.claim_key_name),
                "revocation_key": presentation.address_of(one.revocation_key_name),
            }
            for one in issuer.chains
        },
    }


def _accreditation_json(one: Accreditation) -> dict[str, Any]:
    return {
        "id": one.id,
        "accreditor": one.accreditor,
        "claim_issuer": one.claim_issuer,
        "topics": sorted(one.topics),
        "jurisdictions": None if one.jurisdictions is None else sorted(one.jurisdictions),
        "may_accredit": one.may_accredit,
        "path_length": one.path_length,
        "valid_from": one.validity.valid_from.isoformat(),
        "valid_until": one.validity.valid_until.isoformat(),
        "revoked_at": None if one.revoked_at is None else one.revoked_at.isoformat(),
    }
