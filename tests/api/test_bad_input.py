"""Requests that cannot be read, name what does not exist, or ask for what the path does not do."""

import json
from collections.abc import Iterator
from typing import Any

from identity_service.demo.api import Session
from identity_service.demo.world import World
from tests.api.asking import pointers, refusal, refused, sign_in, unchanged
from tests.conftest import STRICTER_ENGINE
from tests.support.stand import Stand

ENGINES = STRICTER_ENGINE

PARTY = {"kind": "organisation", "legal_name": "Invented Holdings AG"}
JSON = "application/json"
GOOD = json.dumps(PARTY)
MORE = GOOD[:-1] + ","

BROKEN = {
    "nothing": "",
    "half": GOOD[:-1],
    "comma too many": MORE + "}",
    "two objects": GOOD + GOOD,
    "an array": f"[{GOOD}]",
    "null": "null",
    "single quotes": GOOD.replace('"', "'"),
    "a comment": GOOD + " // party",
    "duplicate key": MORE + '"kind":"organisation"}',
    "duplicate key written otherwise": MORE + '"\\u006bind":"organisation"}',
    "duplicate key below": MORE + '"x":{"a":1,"a":2}}',
    "NaN": MORE + '"x":NaN}',
    "Infinity": MORE + '"x":-Infinity}',
    "number beyond a double": MORE + '"x":1e999}',
    "number of 5000 digits": MORE + '"x":' + "9" * 5000 + "}",
    "NUL": MORE + '"x":"\\u0000"}',
    "NUL in a name": MORE + '"\\u0000":1}',
    "NUL as a byte": MORE + '"x":"\x00"}',
    "lone surrogate": MORE + '"x":"\\ud800"}',
    "lone surrogate, low": MORE + '"x":"\\udc00\\ud800"}',
    "33 levels": MORE + '"x":' + "[" * 33 + "]" * 33 + "}",
    "100000 levels": MORE + '"x":' + "[" * 100_000 + "]" * 100_000 + "}",
    "100000 levels without an end": MORE + '"x":' + '{"a":' * 40_000,
    "byte order mark": "\ufeff" + GOOD,
}


def test_json_that_is_not_strict_is_refused(stand: Stand) -> None:
    admin = stand.machine("administrator")
    sign_in(admin)
    with unchanged(stand):
        for name, text in BROKEN.items():
            found = refusal(stand, "POST", "/v1/parties", "malformed_json", admin, data=text, content_type=JSON)
            assert found["status"] == 400, name
    for encoding in ("utf-16", "utf-32", "latin-1"):
        text = GOOD.replace("Holdings", "Holdings \u00e4")
        refused(stand, "POST", "/v1/parties", "malformed_json", admin, data=text.encode(encoding), content_type=JSON)


def test_a_body_too_large_or_of_another_kind_is_refused(stand: Stand) -> None:
    admin = stand.machine("administrator")
    large = json.dumps({**PARTY, "legal_name": "x" * 256 * 1024})
    assert refused(stand, "POST", "/v1/parties", "body_too_large", admin, data=large, content_type=JSON)["status"] == 413
    for kind in (
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/problem+json",
        "application/json; charset=latin-1",
        "nonsense",
    ):
        found = refused(stand, "POST", "/v1/parties", "unsupported_media_type", admin, data=GOOD, content_type=kind)
        assert found["status"] == 415, kind
    zipped = {"Content-Encoding": "gzip"}
    refused(stand, "POST", "/v1/parties", "unsupported_media_type", admin, data=GOOD, content_type=JSON, headers=zipped)


def test_every_field_at_fault_is_named_and_no_value_is_repeated(stand: Stand) -> None:
    admin = stand.machine("administrator")
    wrong = {"kind": "Zurbrugg", "legal_name": 7, "country": "CHE", "Zurbriggen/x": 1}
    found = refused(stand, "POST", "/v1/parties", "invalid_field", admin, json=wrong)
    assert sorted(pointers(found)) == ["/Zurbriggen~1x", "/country", "/kind", "/legal_name"]
    assert "Zurbrugg" not in json.dumps(found)
    for changed in (
        {"country": "ch"},
        {"email": "nobody"},
        {"legal_name": " "},
        {"legal_name": "a\u202eb"},
        {"legal_name": "a\u0007"},
    ):
        name = next(iter(changed))
        assert pointers(refused(stand, "POST", "/v1/parties", "personal_data_invalid", admin, json={**PARTY, **changed})) == [
            f"/{name}"
        ]


def unknown_things(scene: World) -> Iterator[tuple[str, str, Session | None, str, Any]]:
    """Method, path with the id to fill in, caller, code and body of each route that takes one of our ids."""
    admin, desk, issuer = (scene.machines[role] for role in ("administrator", "claim_issuer", "token_issuer"))
    person = scene.people["office-linden"]
    yield "GET", "/v1/jobs/{}", admin, "job_not_found", None
    yield "GET", "/v1/clients/{}", admin, "client_unknown", None
    yield "GET", "/v1/grants/{}", issuer, "grant_unknown", None
    yield "POST", "/v1/grants/{}/withdraw", issuer, "grant_unknown", None
    yield "GET", "/v1/claim-issuers/{}", None, "claim_issuer_unknown", None
    yield "GET", "/claim-issuers/{}/did.json", None, "claim_issuer_unknown", None
    contract = {"chain": "eip155:31337", "contract": "0x" + "11" * 20}
    yield "POST", "/v1/claim-issuers/{}/contracts", admin, "claim_issuer_unknown", contract
    yield "GET", "/v1/applications/{}", desk, "application_unknown", None
    yield "POST", "/v1/applications/{}/decision", desk, "application_unknown", {"outcome": "approve"}
    yield "POST", "/v1/applications/{}/decision", desk, "application_unknown", {"outcome": "reject"}
    yield "GET", "/v1/claims/{}", desk, "claim_unknown", None
    yield "GET", "/v1/claims/{}/forms/vc+jwt", desk, "claim_unknown", None
    yield "GET", "/v1/claims/{}/forms/frm_x", desk, "claim_unknown", None
    yield "POST", "/v1/claims/{}/forms", desk, "claim_unknown", {"format": "erc735"}
    yield "POST", "/v1/claims/{}/forms/frm_x/relay", desk, "claim_unknown", None
    yield "POST", "/v1/claims/{}/revoke", desk, "claim_unknown", {"reason": "licence_lost"}
    yield "GET", "/v1/me/claims/{}", person, "claim_unknown", None
    yield "GET", "/v1/me/claims/{}/forms/vc+jwt", person, "claim_unknown", None
    yield "GET", "/v1/me/claims/{}/forms/frm_x/call-data", person, "claim_unknown", None
    yield "GET", "/status-lists/{}", None, "status_list_unknown", None
    yield "GET", "/problems/{}", None, "problem_type_unknown", None
    yield "GET", "/assets/{}", None, "route_unknown", None
    yield "GET", "/docs/{}", None, "route_unknown", None


def test_an_id_that_names_nothing_is_refused_wherever_one_is_taken(stand: Stand, scene: World) -> None:
    strange = ("clm_aaaaaaaaaaaaaaaaaaaaaaaaaa", "x" * 3000, "..", "'; DROP TABLE claims; --", "%E2%80%AE")
    things = list(unknown_things(scene))
    sign_in(*(session for _, _, session, _, _ in things))
    with unchanged(stand):
        for method, path, session, code, content in things:
            for one in strange:
                assert refusal(stand, method, path.format(one), code, session, json=content)["status"] == 404
            for unreadable in ("%00", "%ff", "%0a", "a%7f"):
                refusal(stand, method, path.format(unreadable), "malformed_request", session, json=content)


def test_a_body_that_names_what_does_not_exist_is_refused(stand: Stand, scene: World) -> None:
    admin, person = scene.machines["administrator"], scene.people["client-anna"]
    application: dict[str, Any] = {
        "claim_issuer": scene.claim_issuers["claim_issuer"]["id"],
        "claim_type": "INVESTOR",
        "attributes": {"classification": "retail"},
        "party": {"kind": "natural_person", "legal_name": "Invented Person", "country": "CH"},
    }
    for code, changed in (
        ("claim_issuer_unknown", {"claim_issuer": "cis_x"}),
        ("unknown_claim_type", {"claim_type": "WIZARD"}),
        ("unknown_claim_type", {"claim_type": "investor"}),
        ("claim_type_not_in_profile", {"claim_type": "CLAIM_ISSUER", "attributes": None}),
        ("invalid_claim_attributes", {"attributes": {"classification": "royal"}}),
        ("invalid_claim_attributes", {"attributes": {}}),
        ("invalid_claim_attributes", {"attributes": {"classification": "retail", "shoe_size": 43}}),
        ("party_unknown", {"intermediary": "pty_x"}),
        ("applicant_data_missing", {"party": None}),
        ("personal_data_invalid", {"party": {"kind": "natural_person", "legal_name": "\u202e"}}),
    ):
        content = {**application, **changed}
        if content["attributes"] is None:
            content["attributes"] = {"topics": ["INVESTOR"], "may_accredit": False, "path_length": 0}
        refused(stand, "POST", "/v1/applications", code, person, json=content)
    unknown = {"party": "pty_x", "name": "N", "claim_types": ["INVESTOR"]}
    refused(stand, "POST", "/v1/claim-issuers", "party_unknown", admin, json=unknown)
    issuing_wizards = {**unknown, "party": scene.party["network"], "claim_types": ["WIZARD"]}
    refused(stand, "POST", "/v1/claim-issuers", "unknown_claim_type", admin, json=issuing_wizards)
    token = {
        "token": str(scene.token),
        "token_issuer": "pty_x",
        "accepted_claim_types": ["INVESTOR"],
        "trusted_factories": [str(scene.suite.id_factory)],
    }
    refused(stand, "POST", "/v1/tokens", "party_unknown", admin, json=token)
    wizard = {**token, "token_issuer": scene.party["token_issuer"], "accepted_claim_types": ["WIZARD"]}
    refused(stand, "POST", "/v1/tokens", "unknown_claim_type", admin, json=wizard)
    good = {**wizard, "accepted_claim_types": ["INVESTOR"]}
    assert pointers(refused(stand, "POST", "/v1/tokens", "invalid_field", admin, json={**good, "topics": {"INVESTOR": "0"}})) == [
        "/topics/INVESTOR"
    ]
    for number in (str(2**256), "9" * 78):
        refused(stand, "POST", "/v1/tokens", "invalid_token", admin, json={**good, "topics": {"INVESTOR": number}})
    refused(stand, "POST", "/v1/tokens", "unknown_claim_type", admin, json={**good, "topics": {"WIZARD": "1"}})


def test_a_query_parameter_that_is_unknown_repeated_or_unreadable_is_refused(stand: Stand, scene: World) -> None:
    table = f"/v1/tokens/{scene.token}/cap-table"
    sign_in(*(scene.machines[role] for role in ("administrator", "regulator", "claim_issuer", "token_issuer")))
    with unchanged(stand):
        for role, path in (
            ("administrator", "/v1/audit?"),
            ("regulator", "/v1/grants?"),
            ("regulator", "/v1/tokens?"),
            ("claim_issuer", "/v1/applications?"),
            ("claim_issuer", "/v1/claims?"),
            ("token_issuer", f"/v1/tokens/{scene.token}/registrations?"),
            ("regulator", f"{table}?purpose=supervision&"),
            (None, "/v1/accreditations?"),
        ):
            session = None if role is None else scene.machines[role]
            limits = ("0", "-1", "1.5", "ten", "", str(10**30), "1&limit=2")
            for query in ("colour=red", *(f"limit={limit}" for limit in limits)):
                found = refusal(stand, "GET", path + query, "invalid_parameter", session)
                assert pointers(found) == [f"/{query.partition('=')[0]}"], path
            for query in ("limit=%ff", "%00=1", "cursor=%00", "&".join(f"p{number}=1" for number in range(60))):
                refusal(stand, "GET", path + query, "malformed_request", session)
        reader = scene.machines["regulator"]
        assert pointers(refusal(stand, "GET", table, "invalid_parameter", reader)) == ["/purpose"]
        refusal(stand, "GET", f"{table}?purpose=curiosity", "purpose_unknown", reader)
        for cursor in ("x", "e30", "bnVsbA", "W10", "WzEsMiwzXQ", "%F0%9F%98%80", "eyJhIjoxfQ"):
            refusal(stand, "GET", f"{table}?purpose=supervision&cursor={cursor}", "cursor_invalid", reader)


def test_a_method_that_the_path_does_not_take_is_refused_with_those_it_takes(stand: Stand) -> None:
    for path in ("/v1/grants", "/v1/claims/x", "/v1/audit/export", "/livez", "/openapi.yaml"):
        for method in ("DELETE", "PUT", "PATCH", "TRACE", "BREW"):
            assert "GET" in stand.request(method, path).headers["Allow"], method
            assert refused(stand, method, path, "method_not_allowed")["status"] == 405


def test_a_path_that_is_none_is_refused(stand: Stand) -> None:
    for path in (
        "/nowhere",
        "/v1",
        "/v1/",
        "/v2/claims",
        "/v1/claims/",
        "/v1//claims",
        "/V1/claims",
        "/v1/claims/a/b/c/d",
        "/.env",
        "/v1/%2e%2e/livez",
    ):
        for method in ("GET", "POST"):
            assert refused(stand, method, path, "route_unknown")["status"] == 404
    assert stand.http.get("/oauth/nowhere").json["error"] == "invalid_request"


def test_whoever_lacks_the_scope_learns_nothing_of_what_exists(stand: Stand, scene: World) -> None:
    reader, person = scene.machines["regulator"], scene.people["client-anna"]
    for session in (reader, person):
        for method, path in (
            ("POST", "/v1/parties"),
            ("POST", "/v1/clients"),
            ("POST", "/v1/claim-issuers"),
            ("GET", "/v1/applications/app_x"),
            ("GET", "/v1/claims/clm_x"),
            ("POST", "/v1/claims/clm_x/revoke"),
            ("GET", "/v1/audit"),
            ("GET", "/v1/jobs/job_x"),
            ("POST", "/v1/grants/grt_x/withdraw"),
        ):
            assert refused(stand, method, path, "scope_missing", session, data="{", content_type=JSON)["status"] == 403
    refused(stand, "GET", "/v1/me", "scope_missing", reader)
    refused(stand, "GET", "/v1/me", "account_unknown", stand.person(stand.onchain.devchain.wallet(25)))
