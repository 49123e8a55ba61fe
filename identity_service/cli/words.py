"""What went wrong, for the operator: the code, what it means here, and what to do."""

from collections.abc import Mapping
from types import MappingProxyType

from claim_issuers.errors import DomainError
from identity_service.web.problems import field_errors, problem_of

# The problem table speaks to callers of the API; these are the cases in which an operator can do more.
_FOR_OPERATORS: Mapping[str, str] = MappingProxyType(
    {
        "audit_log_damaged": "Stop the service, keep this database as evidence, and restore the last backup that verifies.",
        "chain_answer_malformed": "Check that rpc_url in the settings leads to a chain node.",
        "chain_stale": "The node or its chain stands still: check that the node is in sync.",
        "chain_unavailable": "Check that the node runs and that rpc_url in the settings leads to it.",
        "database_unavailable": "Check that the database runs, that its disk is not full, and that database_url is right.",
        "invalid_settings": "Correct settings.toml in the data directory, or the argument or environment variable of that name.",
        "mail_sender_refused": "Correct the user in smtp_url, smtp_password_file, or mail_from in settings.toml.",
        "mail_server_untrusted": "Give the mail server TLS and a certificate; SSL_CERT_FILE names an authority of your own.",
        "mail_unavailable": "Check smtp_url and that the server runs; without smtp_url, that the outbox can be written.",
        "public_url_missing": "Write public_url into settings.toml in the data directory: the https address that callers use.",
        "vault_damaged": "Restore the vault directory from the last backup; without its keys nothing can be signed or read.",
        "wrong_chain": "That node serves another chain: correct rpc_url in the settings.",
    }
)


def explained(error: DomainError) -> list[str]:
    """The lines to print: what happened, each setting at fault, what to do."""
    listed = field_errors(error) if "errors" in error.data else []
    faults = [f"  {one['pointer'].strip('/').replace('/', '.') or 'settings'}: {one['detail']}" for one in listed]
    return [f"{error.code}: {said(error)}", *faults, f"What to do: {advice(error)}"]


def said(error: DomainError) -> str:
    """One sentence."""
    return error.detail or problem_of(error).title


def advice(error: DomainError) -> str:
    """What an operator can do about it."""
    return _FOR_OPERATORS.get(error.code, problem_of(error).advice)
