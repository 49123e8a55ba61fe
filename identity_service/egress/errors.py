"""What can go wrong on the way out: refused before anything is sent, or failed on the way."""

from claim_issuers.errors import InvalidInput, Unavailable


class EgressRefused(InvalidInput):
    """The address may not be called from here: not https, not public, or not a well-formed URL or request."""

    code = "egress_refused"


class EgressFailed(Unavailable):
    """The other side could not be reached or did not answer in good form."""

    code = "egress_failed"


class EgressTimedOut(EgressFailed):
    """The whole exchange did not end within its time limit."""

    code = "egress_timed_out"


class EgressTooLarge(EgressFailed):
    """The answer is longer than the caller allows."""

    code = "egress_too_large"


class EgressRedirected(EgressFailed):
    """The other side answered with a redirect; redirects are never followed."""

    code = "egress_redirected"
