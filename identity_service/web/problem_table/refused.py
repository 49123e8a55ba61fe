"""Proofs, signatures, tokens and claims that did not pass verification."""

from typing import Final

from identity_service.web.problem_table.rows import Rows

REFUSED: Final[Rows] = {
    "account_mismatch": ("The proof is about another account", "Sign with the account that the challenge names."),
    "account_signature_invalid": (
        "The account did not make this signature",
        "Sign the exact text of the challenge with the account.",
    ),
    "algorithm_not_allowed": ("The token's algorithm is not allowed here", "Sign with one of the algorithms in our metadata."),
    "application_rejected": ("The claim issuer rejected the application", "The detail gives its reason."),
    "audit_consistency_not_proven": ("The proof does not show an unbroken log", "Fetch both checkpoints and the proof again."),
    "audit_export_entry_altered": (
        "An entry of the export was altered",
        "Do not rely on it; fetch the export again from its source.",
    ),
    "audit_export_incomplete": ("The export is not complete", "Fetch it again, whole, with its checkpoint at the end."),
    "audit_export_line_malformed": ("A line of the export cannot be read", "Fetch it again; do not edit or re-encode it."),
    "audit_export_out_of_order": ("Entries of the export are missing or out of order", "Fetch it again from its source."),
    "audit_export_refused": (
        "The export is not what the log signed",
        "Fetch it again; if it stays so, the log was tampered with.",
    ),
    "audit_export_root_mismatch": ("The entries do not lead to the checkpoint", "Fetch it again, whole."),
    "audit_export_signature_invalid": ("The checkpoint is not signed by this key", "Verify with the log's public key."),
    "audit_inclusion_not_proven": (
        "The proof does not show the entry in the log",
        "Fetch the proof for this entry and size again.",
    ),
    "bad_signature": ("The signature is not valid", "Sign exactly these bytes with the key you named."),
    "call_reverted": ("The contract refused the call", "The detail gives its reason; explain tells which rule failed."),
    "client_assertion_invalid": ("The client's assertion is not valid", "Sign a fresh assertion with the registered key.", 401),
    "credential_not_verified": ("The credential did not pass every check", "The detail names the checks that failed."),
    "critical_header": ("The token demands an extension we do not know", "Leave out crit and b64."),
    "disclosure_mismatch": (
        "A disclosure does not belong to the credential",
        "Show each disclosure of this credential once, and none of another.",
    ),
    "expiry_missing": ("The token has no expiry", "Set exp to whole seconds."),
    "key_in_token": ("The token brings its own key", "Leave out jwk, jku, x5c and x5u; we know your key by its kid."),
    "malformed_credential": ("The token is not a credential we know", "Present a credential in the form its issuer gave it."),
    "malformed_sd_jwt": ("This is not an SD-JWT that we can read", "Send the credential as its issuer and the wallet wrote it."),
    "malformed_status_list": ("The status list cannot be read", "Ask its publisher for a correct list."),
    "malformed_token": ("The token cannot be read", "Send a compact JWS of three base64url parts."),
    "non_canonical_signature": ("The signature is not in its canonical form", "Use a low s and a v of 27 or 28."),
    "nonce_expired": ("The nonce is too old", "Ask for a new one and sign again."),
    "nonce_replayed": ("The nonce was used before", "Ask for a new one; each works once."),
    "nonce_unknown": ("We did not give out this nonce", "Ask for one and sign it."),
    "order_altered": ("The order was changed after it was signed", "Sign the order again as it is to be."),
    "order_claim_expired": ("The intermediary's claim has expired", "Obtain a new claim, then sign the order again."),
    "order_claim_issuer_not_accredited": (
        "The issuer of the intermediary's claim is not accredited",
        "Obtain a claim from a claim issuer with an accreditation for it.",
    ),
    "order_claim_missing": (
        "The account holds no intermediary claim",
        "Sign with the account to which the intermediary's claim is bound.",
    ),
    "order_claim_not_yet_valid": (
        "The intermediary's claim was not valid yet when the order was issued",
        "Sign the order again now.",
    ),
    "order_claim_revoked": ("The intermediary's claim is revoked", "Obtain a new claim, then sign the order again."),
    "order_claim_revoked_since_signing": (
        "The intermediary's claim was revoked after the order was issued",
        "Obtain a new claim, then sign the order again.",
    ),
    "order_claim_suspended": ("The intermediary's claim is suspended", "Ask its claim issuer when the suspension ends."),
    "order_expired": ("The order has expired", "Sign a new one."),
    "order_lifetime_too_long": ("The order lives too long", "Let it expire within 30 days of its issue."),
    "order_not_yet_valid": ("The order says that it was issued later than now", "Check your clock, then sign again."),
    "order_signatory_not_authorised": (
        "The signatory may not act for the intermediary",
        "Name the signing account, or a signatory whom the intermediary's claim attests.",
    ),
    "order_signature_not_canonical": (
        "The order's signature is not in its canonical form",
        "Send r, s and v in 65 bytes with a low s and a v of 27 or 28.",
    ),
    "order_signed_by_another_account": (
        "The intermediary did not sign this order",
        "Sign exactly this order, as typed data, with the account that it names.",
    ),
    "order_wrong_chain": ("The order was signed for another chain", "Sign on the chain of the order's token."),
    "order_wrong_network": ("The order is addressed to another network", "Send it to the network that it names."),
    "order_wrong_token": ("The order was signed for another token", "Sign with the order's token as verifying contract."),
    "published_elsewhere": (
        "The credential points to documents of another host",
        "Verify it with a wallet that asks that host.",
    ),
    "refused": ("The proof did not pass verification", "Present another."),
    "signature_form_unsupported": (
        "Signatures of undeployed wallets are not accepted yet",
        "Deploy the wallet, then sign again.",
    ),
    "signature_not_checked": ("The signature could not be checked", "Mend the key first: see the other checks."),
    "signed_other_than_prepared": (
        "The signer signed something else",
        "Nothing was released; the operator must check the signer.",
    ),
    "siwe_chain_mismatch": ("The sign-in message names another chain", "Ask for a new message and sign that."),
    "siwe_domain_mismatch": (
        "The sign-in message was made for another site",
        "Sign in on our own site; this looks like phishing.",
    ),
    "siwe_expired": ("The sign-in message has expired", "Ask for a new message and sign that."),
    "siwe_expiry_missing": ("The sign-in message has no expiry", "Ask for a new message and sign that."),
    "siwe_nonce_mismatch": ("The sign-in message carries another nonce", "Ask for a new message and sign that."),
    "siwe_not_yet_valid": ("The sign-in message is not valid yet", "Check your clock, then try again."),
    "siwe_uri_mismatch": ("The sign-in message was made for another address", "Ask for a new message and sign that."),
    "siwe_wrong_account": ("Another account signed the message", "Sign with the account that the message names."),
    "status_list_mismatch": ("This is another status list", "Fetch the list that the credential names."),
    "token_expired": ("The token has expired", "Make or obtain a new one."),
    "token_not_yet_valid": ("The token is not valid yet", "Check your clock, then try again."),
    "token_too_large": ("The token is too long", "Send a shorter one."),
    "transaction_rejected": (
        "The chain did not take the transaction",
        "The detail gives the node's reason; check funds and nonce.",
    ),
    "unknown_key": ("We do not know the key that the token names", "Set kid to a key that is registered with us."),
    "wrong_passphrase": ("The passphrase does not open the master key", "Try again with the right one."),
    "wrong_token_type": ("This is another kind of token", "Set typ to the value that the protocol demands here."),
}
