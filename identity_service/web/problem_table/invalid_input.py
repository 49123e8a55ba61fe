"""Input that must be corrected before it is sent again.

400 where the request or an identifier in it cannot be read, 422 where the JSON can be read and a value breaks a rule.
"""

from typing import Final

from identity_service.web.problem_table.rows import Rows

UNPROCESSABLE = 422

INVALID_INPUT: Final[Rows] = {
    "account_batch_invalid": (
        "The batch cannot be made of these accounts",
        "Give each account once, at most 500 of them, on chains that this service talks to.",
        UNPROCESSABLE,
    ),
    "accredited_not_applicant": (
        "The accreditation names another organisation",
        "Leave claim_issuer out, or give the DID of your own claim issuer.",
        UNPROCESSABLE,
    ),
    "allowance_invalid": (
        "The allowance breaks a rule",
        "Give a whole number of base units, or unlimited, for an account of yours that holds your licence claim.",
        UNPROCESSABLE,
    ),
    "answers_malformed": (
        "The file with the signatures cannot be read",
        "Send comma-separated values with the columns account and signature.",
        UNPROCESSABLE,
    ),
    "applicant_data_missing": (
        "Data that the claim needs is missing",
        "Complete the party's data, then apply again.",
        UNPROCESSABLE,
    ),
    "audit_bytes_not_canonical": (
        "The audit bytes are not in canonical form",
        "Send them exactly as this service exported them.",
    ),
    "audit_checkpoint_key_unfit": ("The checkpoint key is of the wrong kind", "Sign checkpoints with an Ed25519 key."),
    "audit_proof_out_of_range": ("The log has no such leaf or size", "Ask for a leaf and a size up to the present tree size."),
    "authorization_details_invalid": (
        "The authorization details name no credential that can be had",
        "Name one credential configuration, the one that the grant is for.",
    ),
    "authorization_request_invalid": (
        "The authorization request cannot be read",
        "Push the parameters that the metadata asks for, each once.",
    ),
    "batch_too_large": ("The batch is too large", "Send at most 1,000 rows in at most 1 MiB; make several batches.", UNPROCESSABLE),
    "batch_unreadable": (
        "The file cannot be read as rows of invitations",
        "Save it as CSV in UTF-8, with a first line that names the columns.",
        UNPROCESSABLE,
    ),
    "body_too_large": ("The body is too large", "Send at most 256 KiB; split the work into several requests.", 413),
    "chain_not_configured": (
        "The service is not set up for this chain",
        "Choose one of the chains that GET /v1/chains lists.",
        UNPROCESSABLE,
    ),
    "claim_issuer_contract_unfit": (
        "The contract does not fit the claim issuer",
        "Name a claim-issuer contract that holds the claim issuer's keys.",
        UNPROCESSABLE,
    ),
    "claim_issuer_invalid": (
        "The claim issuer's description breaks a rule",
        "Correct the field and send it again.",
        UNPROCESSABLE,
    ),
    "code_challenge_invalid": (
        "The code_challenge is not of method S256",
        "Send the SHA-256 of the verifier, and code_challenge_method S256.",
    ),
    "country_unassigned": (
        "No country has this number",
        "Give a number that ISO 3166-1 assigns, such as 756 for Switzerland, or 0 to name no country.",
        422,
    ),
    "credential_configuration_unknown": (
        "There is no such credential configuration for this access token",
        "Use the credential_configuration_id of the credential offer.",
    ),
    "credential_identifier_unknown": (
        "There is no such credential identifier for this access token",
        "Use a credential identifier of the token response.",
    ),
    "credential_request_invalid": (
        "The credential request cannot be read",
        "Send JSON with one of the two ways to name the credential, and with proofs.",
    ),
    "encryption_parameters_invalid": (
        "The encryption asked for is not one we make",
        "Choose algorithms and key type from our metadata.",
    ),
    "grant_type_unsupported": ("The grant type is not supported", "Use a grant type of the authorization server's metadata."),
    "invalid_disclosure_secret": ("The secret of the disclosures is unfit", "Give 32 fresh random bytes for each claim."),
    "notification_invalid": ("The notification cannot be read", "Send notification_id and one of the three events."),
    "redirect_uri_invalid": ("The redirect_uri is not one we answer to", "Use https, or a scheme of the wallet's own."),
    "resource_unknown": ("The resource is another credential issuer's", "Name this credential issuer, or leave resource out."),
    "response_type_unsupported": ("The response type is not supported", "Ask for response_type code."),
    "scope_unknown": ("The scope names no credential, or several", "Ask for one credential, by a scope of the metadata."),
    "token_request_invalid": (
        "The token request cannot be read",
        "Send each parameter that the grant type needs, once, as a form.",
    ),
    "too_many_claims": (
        "There are more claims than one decision looks at",
        "Leave out the claims that can add nothing; 256 at most.",
        UNPROCESSABLE,
    ),
    "claims_differ": (
        "The claims are not about one matter",
        "Give claims of one type about one account.",
        UNPROCESSABLE,
    ),
    "client_key_invalid": ("The client's key is not usable", "Register the public part of an Ed25519 JWK.", UNPROCESSABLE),
    "cursor_invalid": ("The cursor is not one of ours", "Take the cursor from the last page's next member, unchanged."),
    "egress_refused": (
        "This address may not be called",
        "Give an https address of a public host; loopback works under the development switch alone.",
        UNPROCESSABLE,
    ),
    "form_for_another_contract": (
        "The form is for another contract",
        "Name the chain and the claim-issuer contract that the form is for.",
    ),
    "instant_out_of_range": ("The instant is out of range", "Give an instant of the years 1 to 9999."),
    "invalid_credential_types": ("The credential types have no usable address", "Give a web address without a trailing slash."),
    "invalid_key_binding_demand": (
        "The demand for key binding is incomplete",
        "Give audience, nonce and a greatest age above zero.",
    ),
    "malformed_order": (
        "The order is not in its one canonical form",
        "Correct the member that the pointer names, then sign the order again.",
        UNPROCESSABLE,
    ),
    "mixed_chains": ("Accounts of different chains do not go together", "Name accounts of one chain.", 422),
    "not_canonical_json": (
        "The value has no canonical JSON",
        "Send text, whole numbers below 2^53, booleans, null, lists and objects.",
    ),
    "seat_invalid": (
        "This role is not held by a wallet",
        "Register a machine client for it, or choose another role.",
        UNPROCESSABLE,
    ),
    "grant_invalid": (
        "The grant breaks a rule",
        "Check who gives it, its purpose, its legal basis and its dates.",
        UNPROCESSABLE,
    ),
    "holder_key_required": (
        "The wallet's public key is required",
        "Prove the account first; the proof yields its key.",
        UNPROCESSABLE,
    ),
    "idempotency_key_malformed": ("The Idempotency-Key has the wrong form", "Send 1 to 255 visible ASCII characters."),
    "idempotency_key_missing": (
        "An Idempotency-Key is required",
        "Send a fresh one with every request that creates something; repeat it in retries.",
    ),
    "idempotency_key_reused": (
        "The Idempotency-Key belongs to another request",
        "Use a fresh key for a new request.",
        UNPROCESSABLE,
    ),
    "identity_factory_unfit": (
        "The operator does not trust this identity factory",
        "Name factories that the settings of the token's chain list, or ask the operator to list this one.",
        UNPROCESSABLE,
    ),
    "invalid_audit_entry": (
        "The audit entry has the wrong form",
        "Use a dotted action and details of at most 64 KiB.",
        UNPROCESSABLE,
    ),
    "invalid_block_size": ("The block size is not usable", "Give one byte or more."),
    "invalid_claim_attributes": (
        "The attributes do not fit the claim type",
        "Correct the attribute that the pointer names; the claim type's schema lists them.",
        UNPROCESSABLE,
    ),
    "invalid_date_time_stamp": ("The date and time are not written correctly", "Write them with a zone: 2026-01-01T00:00:00Z."),
    "invalid_field": (
        "Fields break their rules",
        "Correct every field listed in errors and send the request again.",
        UNPROCESSABLE,
    ),
    "invalid_index_secret": ("The secret or the size is not usable", "Give 32 secret bytes and a list of one entry or more."),
    "invalid_input": ("The input breaks a rule", "Correct the input and send it again."),
    "invalid_jurisdiction": (
        "The jurisdiction is not a code we know",
        "Use ISO 3166-1 alpha-2 or ISO 3166-2 codes, at least one.",
        UNPROCESSABLE,
    ),
    "invalid_key_name": ("The key name has the wrong form", "Use up to 64 of a-z, 0-9, dot, dash and underscore."),
    "invalid_parameter": ("Query parameters break their rules", "Correct every parameter listed in errors."),
    "invalid_profile": (
        "The issuing profile contradicts itself",
        "Correct the profile against the claim vocabulary.",
        UNPROCESSABLE,
    ),
    "invalid_public_key": (
        "The public key is not usable",
        "Send a key of the right length that lies on its curve.",
        UNPROCESSABLE,
    ),
    "invalid_secret_key": ("The private key is not usable", "Make a new key of this curve.", UNPROCESSABLE),
    "invalid_settings": ("The settings are not usable", "Correct the settings named in errors and start again."),
    "invalid_status_array": ("The status array has the wrong form", "Check its size, its bits for each entry and its values."),
    "invalid_status_lifetime": ("The status list does not last", "Let it end after it begins, with a ttl of a second or more."),
    "invalid_status_list_index": ("The index in the status list is not a number", "Write it as a string in base 10: '94567'."),
    "invalid_threshold": ("The number demanded is not usable", "Demand a whole number from one on.", UNPROCESSABLE),
    "invalid_token": (
        "The token's particulars contradict each other",
        "Correct them and register the token again.",
        UNPROCESSABLE,
    ),
    "invalid_typed_data": (
        "The typed data are not what their type says",
        "Give exactly the members of the struct, each of its type.",
        UNPROCESSABLE,
    ),
    "invalid_validity": (
        "The validity breaks a rule",
        "Use whole seconds, a time zone, and an end after the start.",
        UNPROCESSABLE,
    ),
    "invalid_vault_input": (
        "The vault cannot use this input",
        "Give a key of 32 bytes, a passphrase, and a purpose in plain text.",
    ),
    "invitation_invalid": (
        "The terms of the invitation break a rule",
        "Correct the field and send it again.",
        UNPROCESSABLE,
    ),
    "test_mode_only": ("This is for trying out", "Use it on an installation with the development switch, on this machine."),
    "tx_code_missing": ("The transaction code is missing", "Send the six digits from the mail as tx_code."),
    "unknown_credential_type": (
        "We do not know this credential type",
        "Use a vct that this claim issuer publishes.",
        UNPROCESSABLE,
    ),
    "wallet_request_invalid": ("The test wallet refuses this", "Ask it for its own account, or use a browser wallet."),
    "loopback_only": (
        "A test wallet serves this machine alone",
        "Give the address of an invitation of a service on this machine.",
    ),
    "mail_address_invalid": ("Mail cannot be sent to this address", "Give one plain address: name@host, in ASCII."),
    "mail_malformed": ("A mail has no such subject, text or server", "The detail says what it needs."),
    "malformed_account": (
        "The account is not written correctly",
        "Write eip155:<chain>:0x…, in one case or with its EIP-55 checksum.",
    ),
    "malformed_base58": ("The text is not base58btc", "Encode in Bitcoin's alphabet, at most 128 characters."),
    "malformed_base64url": ("The text is not base64url", "Encode without padding, in the one canonical form (RFC 7515)."),
    "malformed_call": ("The arguments do not fit the contract function", "Check their number and types against the signature."),
    "malformed_claim": (
        "The parts of the claim do not fit each other",
        "Correct the part that the detail names.",
        UNPROCESSABLE,
    ),
    "malformed_did": ("The DID is not written correctly", "Use a did:web, did:key, did:pkh or did:jwk identifier."),
    "malformed_did_document": (
        "The DID document cannot be relied on",
        "Publish a document of this very DID, with public JWKs that it controls itself and no name twice.",
        UNPROCESSABLE,
    ),
    "malformed_json": (
        "The body is not strict JSON",
        "Send one JSON object in UTF-8, without repeated names, NaN, NUL characters or more than 32 levels.",
    ),
    "malformed_jwk": ("The JSON Web Key is not usable", "Send a complete public key, without private members.", UNPROCESSABLE),
    "malformed_request": ("The request cannot be read", "Check the path, the query string and the headers."),
    "malformed_signature": ("The signature is not written correctly", "Write it as 0x and an even number of hex digits."),
    "malformed_signature_wrapper": (
        "The wrapped signature cannot be read",
        "Wrap factory, call and signature as ERC-6492 says, or send the signature as it is.",
    ),
    "malformed_siwe_message": ("The sign-in message cannot be read", "Sign the message exactly as we gave it (EIP-4361)."),
    "method_not_allowed": ("The path does not take this method", "Use one of the methods in the Allow header.", 405),
    "move_invalid": (
        "One account cannot take the place of the other",
        "Name a lost account on the chain of the one that you are signed in with.",
        UNPROCESSABLE,
    ),
    "naive_instant": ("The instant has no time zone", "Write instants as RFC 3339 with an offset or Z."),
    "not_acceptable": ("No representation fits the Accept header", "Accept application/json.", 406),
    "not_an_accreditation": ("The claim accredits nobody", "Present a claim of the type CLAIM_ISSUER.", UNPROCESSABLE),
    "not_an_invitation": (
        "The address is not that of an invitation",
        "Give the whole address that the QR code holds.",
    ),
    "not_an_offer": (
        "The link is not that of a credential offer",
        "Give the whole link that the QR code holds; it begins with openid-credential-offer://.",
    ),
    "notice_invalid": ("There is no such notice or language", "Choose a kind and a language that there is."),
    "oauth_error": ("The OAuth request was refused", "The error member names the reason that the specification gives."),
    "onboarding_event_invalid": ("An onboarding event is a code and nothing else", "Give an id, a step and a code."),
    "passphrase_not_expected": ("The master key has no passphrase", "Find out why: whoever gave one believes it is protected."),
    "passphrase_required": ("The master key needs its passphrase", "Give the passphrase and start again."),
    "personal_data_invalid": ("The party's data breaks a rule", "Correct the field that the pointer names.", UNPROCESSABLE),
    "public_key_unreadable": ("The file holds no Ed25519 public key", "Give a file with one public JWK of that kind."),
    "public_url_missing": (
        "The service does not know its public address",
        "Set public_url to the https address that callers use.",
    ),
    "purpose_unknown": ("The purpose is not one we know", "Name one of the purposes that the API description lists."),
    "relation_invalid": (
        "The relation cannot join these parties",
        "Name two parties that can stand in this relation.",
        UNPROCESSABLE,
    ),
    "request_timeout": ("The request did not arrive in time", "Send it again.", 408),
    "scope_not_allowed": ("The role does not have this scope", "Ask for scopes that the client's role holds."),
    "signing_key_unfit": ("The named key is of another kind", "Name a key of the kind that this use demands.", UNPROCESSABLE),
    "status_index_out_of_range": ("The status list has no such index", "Use an index below the size of the list."),
    "token_not_deployed": (
        "There is no ERC-3643 token at this address",
        "Check the address and the chain; the token needs an identity registry and a compliance contract.",
        UNPROCESSABLE,
    ),
    "transfer_incomplete": ("A spender is named and no sender", "Say whose tokens the spender would move."),
    "unknown_claim_type": ("There is no such claim type", "GET /v1/claim-types lists them."),
    "unsupported_media_type": (
        "The body is in a format that is not read here",
        "Send application/json in UTF-8, uncompressed.",
        415,
    ),
    "uri_too_long": ("The address is too long", "Shorten the query string.", 414),
    "validity_not_permitted": (
        "The validity is not permitted",
        "Ask for one that has not ended and is within the profile's limit.",
        UNPROCESSABLE,
    ),
    "value_out_of_range": (
        "A value does not fit its wire format",
        "Give a value within the range of the field.",
        UNPROCESSABLE,
    ),
    "wallet_token_in_query": (
        "The access token stands in the address",
        "Send it in the Authorization header; get another one first.",
    ),
    "wrong_chain_for_registration": (
        "The account lies on another chain than the token",
        "Register an account on the token's chain.",
        422,
    ),
    "wrong_chain_for_token": ("The account lies on another chain than the token", "Ask about an account on the token's chain."),
}
