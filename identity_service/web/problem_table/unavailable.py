"""What cannot be done now, and what went wrong on our side."""

from typing import Final

from identity_service.web.problem_table.rows import Rows

_LATER = "Try again later; the operator can see the cause under the request id."
_BAD_GATEWAY = 502

UNAVAILABLE: Final[Rows] = {
    "api_refused": ("The service refused a request of the demo", "The detail gives the problem; run it on a fresh directory."),
    "artifact_missing": ("The development contracts are not installed", "Run make install."),
    "audit_log_damaged": (
        "The audit log does not verify",
        "The service stops writing until the operator has restored the log.",
    ),
    "chain_answer_malformed": ("The chain node's answer cannot be believed", _LATER, _BAD_GATEWAY),
    "chain_moved": ("The chain changed its branch while it was read", "Ask again."),
    "chain_node_missing": ("This service has no node for the chain", "The operator must add the chain to the settings."),
    "chain_stale": ("The newest block is too old to answer from", _LATER),
    "chain_unavailable": ("The chain node does not answer", _LATER),
    "database_unavailable": ("The database does not answer", "Try again later; nothing was changed."),
    "dev_chain_unavailable": ("The development chain did not start", "Run make install, then try again."),
    "egress_failed": ("The other side did not answer well", _LATER, _BAD_GATEWAY),
    "egress_redirected": (
        "The other side answered with a redirect",
        "Give the final address; redirects are not followed.",
        _BAD_GATEWAY,
    ),
    "egress_timed_out": ("The other side took too long", _LATER, 504),
    "egress_too_large": ("The other side's answer is too long", "Ask its operator for a shorter one.", _BAD_GATEWAY),
    "internal_error": ("Something failed on our side", "Try again; if it stays so, tell the operator the request id.", 500),
    "invitation_address_too_long": ("The invitation's address is too long for a QR code", "Give the address itself."),
    "job_failed": ("What the demo asked for did not happen", "Press the button again; the detail says what failed."),
    "log_range_too_wide": ("The chain node will not search so many blocks at once", _LATER),
    "mail_sender_refused": (
        "The mail server does not accept us",
        "The operator must correct smtp_url, smtp_password_file or mail_from.",
    ),
    "mail_server_untrusted": (
        "The mail server cannot be trusted",
        "The operator must give it TLS and a certificate for its name; mail never goes without.",
    ),
    "mail_unavailable": ("Mail cannot be sent now", _LATER),
    "malformed_log": ("The chain node sent a log that cannot be true", _LATER, _BAD_GATEWAY),
    "not_what_the_story_says": ("The story was left", "Start the demo again to hear it from the beginning."),
    "order_not_verifiable": (
        "The order cannot be verified now",
        "Try again later; the errors name the checks that could not be made.",
    ),
    "qr_code_too_fine": ("The address is too long for a QR code", "Give the address itself."),
    "register_behind": (
        "The register has not reached this block, or has not followed its chain lately",
        "Try again in a moment, or ask for an earlier block; the operator's doctor says why a register stands still.",
    ),
    "register_inconsistent": ("The chain's logs contradict each other", _LATER),
    "reorg_too_deep": (
        "The chain undid more blocks than its finality depth",
        "The operator must check the node and rebuild the register.",
    ),
    "seal_broken": ("Stored data does not open under its key", _LATER, 500),
    "service_did_not_start": ("The demo's service did not start", "Read its log in the data directory."),
    "stage_not_set": ("The stage is still being set", "Wait until the terminal says where the page is, then load it again."),
    "took_too_long": ("What was waited for did not happen in time", "Try again; the detail says what was missing."),
    "token_unreadable": (
        "The token's own contracts do not answer as an ERC-3643 token does",
        "Tell the token issuer: its registries or its compliance contract are missing or broken. Other tokens are not concerned.",
    ),
    "too_many_requests": ("Too many requests", "Wait as long as the Retry-After header says.", 429),
    "unavailable": ("Something we depend on is not available", "Try again later."),
    "vault_damaged": ("The key vault is damaged", _LATER),
    "vault_exposed": (
        "The key vault's files are readable by others",
        "The operator must restrict them to the service's own account.",
    ),
    "wrong_chain": ("The chain node serves another chain", "The operator must correct the chain's settings."),
}

UNANTICIPATED: Final[Rows] = {
    "domain_error": ("The request was refused", "The detail says why."),
}
