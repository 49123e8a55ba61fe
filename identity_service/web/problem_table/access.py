"""Who is calling, and what the caller may do."""

from typing import Final

from identity_service.web.problem_table.rows import Rows

NOT_AUTHENTICATED: Final[Rows] = {
    "access_token_invalid": ("The access token is not valid", "Get a new token: this one is unknown, expired or withdrawn."),
    "access_token_missing": ("An access token is required", "Send the token in the Authorization header as Bearer."),
    "not_authenticated": ("We do not know who is calling", "Get an access token, or sign in with your wallet, and try again."),
}

NOT_PERMITTED: Final[Rows] = {
    "claim_issuer_not_accredited": (
        "The claim issuer is not accredited for this",
        "Obtain an accreditation that covers the claim type.",
    ),
    "claim_type_not_in_profile": ("The claim issuer does not issue this claim type", "Choose a claim type that it offers."),
    "grant_missing": (
        "No grant covers this reading",
        "Ask the token issuer, the office or the investor for a grant to this purpose.",
    ),
    "not_permitted": ("The caller may not do this", "Ask an administrator for the role, scope or grant that this needs."),
    "not_prepared_by_profile": (
        "The claim was not prepared by a profile",
        "Prepare the claim through the claim issuer's profile.",
    ),
    "not_the_token_issuer": ("Only the token's issuer may do this", "Ask the token issuer."),
    "relayer_not_permitted": (
        "Our relayer may not add claims to this identity",
        "Give it a claim key on the identity contract, or send the claim yourself.",
    ),
    "scope_missing": ("The token lacks a scope", "Ask for a token that holds the scope named in the detail."),
    "wrong_claim_issuer": ("The claim belongs to another claim issuer", "Let the claim issuer that issued it act."),
}
