"""Who is calling, and what the caller may do."""

from typing import Final

from identity_service.web.problem_table.rows import Rows

NOT_AUTHENTICATED: Final[Rows] = {
    "access_token_invalid": ("The access token is not valid", "Get a new token: this one is unknown, expired or withdrawn."),
    "access_token_missing": ("An access token is required", "Send the token in the Authorization header as Bearer."),
    "dpop_nonce_required": ("The DPoP proof needs a nonce of ours", "Sign it again with the nonce in the DPoP-Nonce header.", 400),
    "dpop_proof_invalid": ("The DPoP proof is not valid", "Make a new proof for this very request.", 400),
    "session_missing": ("You are not signed in", "Sign in with your wallet, then come back to this page."),
    "not_authenticated": ("We do not know who is calling", "Get an access token, or sign in with your wallet, and try again."),
    "wallet_token_invalid": ("The wallet's access token opens nothing here", "Take a new credential offer."),
    "wallet_token_missing": ("The wallet's access token is missing", "Send Authorization: Bearer, or DPoP with a proof."),
}

NOT_PERMITTED: Final[Rows] = {
    "claim_issuer_not_accredited": (
        "The claim issuer is not accredited for this",
        "Obtain an accreditation that covers the claim type and the place that the claim is about.",
    ),
    "claim_type_not_in_profile": ("The claim issuer does not issue this claim type", "Choose a claim type that it offers."),
    "credential_denied": (
        "The claim issuer gives no credential",
        "Ask the claim issuer: it rejected the application, or the claim has ended.",
        400,
    ),
    "grant_missing": (
        "No grant covers this reading",
        "Ask the token issuer, the office or the investor for a grant to this purpose.",
    ),
    "invitation_not_permitted": (
        "The caller may not send or use such an invitation",
        "Claim issuers invite for what they issue, intermediaries invite their clients.",
    ),
    "not_permitted": ("The caller may not do this", "Ask an administrator for the role, scope or grant that this needs."),
    "not_prepared_by_profile": (
        "The claim was not prepared by a profile",
        "Prepare the claim through the claim issuer's profile.",
    ),
    "not_the_token_issuer": ("Only the token's issuer may do this", "Ask the token issuer."),
    "not_your_transfer": (
        "You have no part in this transfer",
        "Ask about a transfer in which one of your own accounts is receiver, sender or spender.",
    ),
    "request_from_elsewhere": (
        "The form came from another site",
        "Open the page on this service and send its form from there.",
    ),
    "order_not_yours": (
        "The order names another intermediary",
        "Sign with an account that your own party has proved, or let the network send the order.",
    ),
    "own_application": (
        "The application is your own",
        "Let an officer decide who is not the applicant and does not act for the applicant.",
    ),
    "own_move": (
        "Nobody decides about their own move",
        "Let an officer decide who is not the holder, or an account other than the one that the move leads to.",
    ),
    "confirming_account_too_new": (
        "The account was linked too lately to confirm a move",
        "Confirm with one linked a week before the move was opened, or ask an officer of your claim issuer.",
    ),
    "own_claim": (
        "The claim is your own",
        "Let an officer do this who is not the holder and does not act for the holder.",
    ),
    "page_for_another_role": (
        "This page belongs to another role",
        "Sign in with an account that holds such a seat, or go on to the pages in the menu.",
    ),
    "relayer_not_permitted": (
        "Our relayer may not add claims to this identity",
        "Give it a claim key on the identity contract, or send the claim yourself.",
    ),
    "scope_missing": ("The token lacks a scope", "Ask for a token that holds the scope named in the detail."),
    "wrong_claim_issuer": ("The claim belongs to another claim issuer", "Let the claim issuer that issued it act."),
}
