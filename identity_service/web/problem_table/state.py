"""What is not there, and what the present state forbids."""

from typing import Final

from identity_service.web.problem_table.rows import Rows

NOT_FOUND: Final[Rows] = {
    "account_proof_unknown": ("There is no such account proof", "Ask for a new challenge and sign it."),
    "account_unknown": ("No party has proved this account", "Let its owner prove the account first."),
    "application_unknown": ("There is no such application", "Check the id."),
    "block_not_found": ("The chain has no such block yet", "Ask for an earlier block, or wait."),
    "block_not_indexed": ("The register has no such block", "Ask for a block from the token's first block on."),
    "chain_settings_missing": ("No node is configured for this chain", "The operator must add the chain to the settings."),
    "claim_issuer_unknown": ("There is no such claim issuer", "GET /v1/claim-issuers lists them."),
    "claim_unknown": ("There is no such claim", "Check the id."),
    "client_unknown": ("There is no such client", "Check the client's id."),
    "description_missing": (
        "This installation carries no API description",
        "Install the package whole; it holds openapi.yaml.",
    ),
    "form_unknown": ("The claim has no such form", "Read the claim; it lists its forms."),
    "grant_unknown": ("There is no such grant", "Check the id; you can see the grants that concern you."),
    "seat_unknown": ("There is no such seat", "Check the id."),
    "invitation_unknown": ("There is no such invitation", "Open the whole address, or ask its sender for another."),
    "job_not_found": ("There is no such job", "Check the id."),
    "no_contract": ("There is no such contract at this address", "Check the address and the chain."),
    "not_found": ("There is no such thing", "Check the identifier; you may also lack the right to know of it."),
    "order_unknown": ("There is no such order", "Check the id; you see the orders that concern you."),
    "party_unknown": ("There is no such party", "Check the id."),
    "problem_type_unknown": ("There is no such problem code", "The page /problems lists them."),
    "registration_unknown": ("The account is not in the registration queue", "Put it there first."),
    "route_unknown": ("There is nothing at this path", "The page /docs lists the paths."),
    "signing_key_missing": ("There is no such signing key", "Create it, or check its name."),
    "status_list_unknown": ("There is no such status list", "Take the address from the credential's status member."),
    "status_purpose_unknown": ("The list is not published for this purpose", "Ask for revocation or for suspension."),
    "status_time_not_covered": (
        "The status list says nothing about this time",
        "Ask for a time after the list was opened and not in the future.",
    ),
    "token_unknown": ("This token is not registered here", "Register it, or check the account."),
    "vault_missing": ("There is no vault in this directory", "Run identity-service init, or give the right directory."),
}

CONFLICT: Final[Rows] = {
    "account_already_bound": (
        "The account belongs to another party",
        "Use another account, or have the present one unlinked first.",
    ),
    "administrator_elsewhere": (
        "The administrator's key file belongs to another database",
        "Name the database it belongs to, or move the file away and run init again for a new administrator.",
    ),
    "agent_key_missing": ("The service holds no agent key for this token", "Let the token's agent register the account."),
    "application_already_decided": (
        "The application is decided already",
        "Read it; file a new one if it must be decided again.",
    ),
    "application_pending": (
        "An earlier application waits for its decision",
        "Wait until it is decided; read it under /v1/me/applications or on the page My claims.",
    ),
    "block_gone": ("The block is no longer part of the chain", "Ask again: the answer will name a block that is."),
    "already_enrolled": (
        "The account has its party already",
        "Leave out who applies; to correct a name, ask the claim issuer that checked it.",
    ),
    "claim_issuer_exists": ("The party is a claim issuer already", "Use the claim issuer that the party has."),
    "claim_issuer_contract_already_named": (
        "The claim issuer has a contract on this chain already",
        "Read the claim issuer; a contract is replaced by a rotation, not by a second one.",
    ),
    "claim_issuer_contract_missing": ("The claim issuer has no contract on this chain", "Name its contract first."),
    "claim_not_live": ("The claim is not live", "Read its status: it may be revoked, expired or not yet valid."),
    "conflict": ("The present state forbids this", "Read the state, then decide again."),
    "cursor_outdated": ("The cursor belongs to an earlier state", "Start again from the first page."),
    "database_outdated": (
        "The database belongs to another version of this service",
        "Run identity-service init with the same data directory; it brings the database up to date.",
    ),
    "declared_total_conflict": ("Another total is declared for this instant", "Correct the control book by a later entry."),
    "form_already_live": ("The claim already has this form", "Use it, or revoke the claim first."),
    "act_busy": ("Another act is being played", "Wait a few seconds, then press the button again."),
    "seat_already_ended": ("The seat has ended already", "There is nothing left to do."),
    "seat_taken": ("The account has a seat already", "End its present seat first, or use another account."),
    "grant_already_withdrawn": ("The grant is withdrawn already", "There is nothing left to do."),
    "idempotency_key_in_use": ("The first request with this key is still being answered", "Wait a moment, then repeat it."),
    "identity_contract_missing": ("The account has no identity contract", "Link an identity contract to the account first."),
    "identity_contract_untrusted": (
        "The identity contract does not come from a trusted factory",
        "Deploy the identity through a factory on this chain's trusted list.",
    ),
    "identity_factory_missing": (
        "No identity factory with an open gateway is trusted on this chain",
        "Have the operator list one in the chain's settings, and register a token with it.",
    ),
    "indexer_overtaken": ("Another indexer moved the register on", "Nothing is lost; the next run continues from there."),
    "invitation_expired": ("The invitation has expired", "Ask its sender for another."),
    "invitation_used": ("Somebody has applied with this invitation already", "Ask its sender for another; each works once."),
    "invitation_withdrawn": ("The invitation was taken back", "Ask its sender for another."),
    "inviter_not_licensed": (
        "The intermediary that invites is not licensed now",
        "Its licence claim was revoked or has ended, or its claim issuer lost its accreditation: a claim issuer must renew it.",
    ),
    "job_key_reused": ("The job key belongs to other work", "Use another key."),
    "job_kind_taken": ("This kind of job has a handler already", "Register each kind once."),
    "job_not_failed": ("The job has not failed", "Only failed jobs can be queued again; read its state."),
    "job_not_leased": ("The job was settled or taken over meanwhile", "Read its state; nothing was signed here."),
    "order_id_reused": ("Another order has this id", "Give every order a fresh version 4 UUID, and sign again."),
    "order_replayed": ("This order was accepted already", "An order counts once; sign a new one with a fresh id."),
    "precondition_failed": (
        "It changed since you read it",
        "Read it again, look at what changed, and repeat with the new ETag.",
        412,
    ),
    "precondition_missing": ("A change needs If-Match", "Read the thing first and send its ETag in If-Match.", 428),
    "prepared_claim_already_redeemed": ("The prepared claim was issued already", "Prepare another one."),
    "registry_replaced": (
        "The token leads to another identity registry now",
        "Update the token here, then rebuild its register.",
    ),
    "service_has_no_chain": ("The service is set up for no chain", "The operator must add a chain to the settings."),
    "signing_key_exists": ("A signing key of this name exists", "Use another name; keys are never overwritten."),
    "status_is_final": ("The claim is revoked for good", "Issue a new claim."),
    "status_list_full": ("Every index of the status list is taken", "Open another list."),
    "token_already_registered": ("The token is registered already", "Read it, and change what must change."),
    "too_many_open_orders": (
        "Too many orders of this intermediary wait already",
        "Wait until some are minted or their time is over; sell orders free their place when they expire, buy orders a day later.",
    ),
    "vault_exists": ("There is a vault in this directory already", "Use it, or choose an empty directory."),
}
