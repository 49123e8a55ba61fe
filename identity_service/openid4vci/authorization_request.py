"""What a wallet asks for when it pushes an authorization request (RFC 9126), and where the answer may be sent. No I/O.

>>> redirect = RedirectUri.parse("com.example.wallet:/callback?kept=1", ours="https://identity.example", loopback=False)
>>> redirect.shown, redirect.form_action
('com.example.wallet', 'com.example.wallet:')
>>> redirect.answered({"code": "c-1", "state": "s/1"})
'com.example.wallet:/callback?kept=1&code=c-1&state=s%2F1'
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from claim_issuers.errors import Conflict, InvalidInput, NotFound, Refused
from identity_service.openid4vci.authorization_details import requested_configuration
from identity_service.openid4vci.dpop import checked_thumbprint
from identity_service.openid4vci.model import AuthorizationDetailsInvalid
from identity_service.openid4vci.pkce import checked_challenge
from identity_service.openid4vci.protocol_errors import DpopProofInvalid, WalletProtocolError

REQUEST_URI: Final = "urn:ietf:params:oauth:request_uri:"
"""RFC 9126 §2.2."""

WALLET_SCHEMES: Final = frozenset(
    {"eudi-openid4ci", "eudi-openid4vci", "haip", "haip-vci", "openid-credential-offer", "openid4vci"}
)
"""Schemes of wallets in use that are no reversed domain name, which RFC 8252 §7.1 would have them be."""

# RFC 6749, Appendix A: printable ASCII
_VISIBLE: Final = re.compile(r"[ -~]+")
_MAXIMUM_CLIENT_ID: Final = 512
_MAXIMUM_STATE: Final = 1024
_MAXIMUM_ISSUER_STATE: Final = 256
_URI: Final = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]{1,2048}")
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
# Top-level domains have 2 to 18 letters, apart from those in other alphabets.
_REVERSED_DOMAIN: Final = re.compile(rf"(?=.{{1,253}}$)(?P<top_level>[a-z]{{2,18}})(?:\.{_LABEL})+")
_NO_TOP_LEVEL: Final = frozenset(
    {
        "about",
        "blob",
        "cid",
        "content",
        "data",
        "file",
        "filesystem",
        "ftp",
        "git",
        "http",
        "https",
        "imap",
        "intent",
        "jar",
        "javascript",
        "ldap",
        "livescript",
        "mailto",
        "mocha",
        "res",
        "resource",
        "sms",
        "smb",
        "ssh",
        "telnet",
        "urn",
        "vbs",
        "vbscript",
        "wss",
    }
)
"""What browsers and systems know as a scheme or as the beginning of one; none is a top-level domain."""

_PORTS: Final = {"https": 443, "http": 80}
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})
_OUR_PARAMETERS: Final = frozenset({"code", "state", "iss", "error", "error_description"})


class AuthorizationRequestInvalid(InvalidInput, WalletProtocolError):
    """A parameter of the pushed authorization request is missing, malformed or not supported (RFC 9126 §2.3)."""

    code = "authorization_request_invalid"


class RedirectUriInvalid(InvalidInput, WalletProtocolError):
    """The redirect_uri is no https address and no scheme of a wallet's own (RFC 8252 §7)."""

    code = "redirect_uri_invalid"


class ResponseTypeUnsupported(InvalidInput, WalletProtocolError):
    """The authorization request asks for something else than a code (RFC 6749 §4.1.2.1)."""

    code = "response_type_unsupported"
    error = "unsupported_response_type"


class ScopeUnknown(InvalidInput, WalletProtocolError):
    """The authorization request names no credential of this claim issuer, or several (RFC 6749 §4.1.2.1)."""

    code = "scope_unknown"
    error = "invalid_scope"


class ResourceUnknown(InvalidInput, WalletProtocolError):
    """The authorization request is for another credential issuer (RFC 8707 §2)."""

    code = "resource_unknown"
    error = "invalid_target"


class IssuerStateUnknown(Refused, WalletProtocolError):
    """The issuer_state belongs to no open credential offer of this claim issuer for this credential (OpenID4VCI 1.0 §5.1.3)."""

    code = "issuer_state_unknown"
    error = "invalid_request"


class AuthorizationRequestUnknown(NotFound):
    """The authorization request is unknown, was opened before, or its time is over."""

    code = "authorization_request_unknown"


class ApplicationNotOffered(Conflict):
    """The application cannot be given to this wallet: it is not one of those that the page showed."""

    code = "application_not_offered"


class AuthorizationCodeInvalid(Refused, WalletProtocolError):
    """The authorization code is unknown or expired, or of another claim issuer (RFC 6749 §5.2)."""

    code = "authorization_code_invalid"
    error = "invalid_grant"


class AuthorizationCodeReplayed(Refused, WalletProtocolError):
    """The authorization code was used before; the access token that it gave is withdrawn (RFC 6749 §4.1.2)."""

    code = "authorization_code_replayed"
    error = "invalid_grant"


class AuthorizationCodeOfAnother(Refused, WalletProtocolError):
    """The authorization code was given to another client (RFC 6749 §4.1.3)."""

    code = "authorization_code_of_another"
    error = "invalid_grant"


class RedirectUriMismatch(Refused, WalletProtocolError):
    """The redirect_uri is not the one of the authorization request (RFC 6749 §4.1.3)."""

    code = "redirect_uri_mismatch"
    error = "invalid_grant"


class CodeKeyMismatch(Refused, WalletProtocolError):
    """The authorization code is bound to another DPoP key than the one shown (RFC 9449 §10)."""

    code = "code_key_mismatch"
    error = "invalid_grant"


@dataclass(frozen=True, slots=True)
class RedirectUri:
    """Where a wallet gets its answer. Wallets are not registered here, so people are shown where it goes."""

    uri: str

    @classmethod
    def parse(cls, uri: str, *, ours: str, loopback: bool) -> Self:
        """An https address, a wallet's own scheme, or with ``loopback`` http on this very machine (RFC 8252 §7).

        Raises RedirectUriInvalid, also for an address of our own origin, that of ``ours``, for a fragment, user information,
        characters that no URI has, and parameters of ours.
        """
        if not _URI.fullmatch(uri):
            raise RedirectUriInvalid("write redirect_uri as an absolute URI without a fragment, at most 2048 characters")
        try:
            parts = urlsplit(uri)
            asked = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
            allowed = _is_allowed(parts.scheme, parts.netloc, parts.hostname, parts.port, loopback=loopback)
            at_home = _origin(uri) == _origin(ours)
        except ValueError as fault:
            raise RedirectUriInvalid("write redirect_uri as an absolute URI") from fault
        if not allowed:
            raise RedirectUriInvalid("use https, or a scheme of the wallet's own that is a reversed domain name")
        if at_home:
            raise RedirectUriInvalid("use an address of the wallet's own: this one is ours")
        if asked & _OUR_PARAMETERS:
            raise RedirectUriInvalid("leave code, state, iss and error out of redirect_uri: they are the answer's")
        return cls(uri)

    @property
    def shown(self) -> str:
        """Whose it is, for people: the host, or the scheme of an app."""
        parts = urlsplit(self.uri)
        return parts.netloc if parts.scheme in ("https", "http") else parts.scheme

    @property
    def is_app(self) -> bool:
        """Whether an app on the person's own device gets the answer."""
        return urlsplit(self.uri).scheme not in ("https", "http")

    @property
    def form_action(self) -> str:
        """What a Content-Security-Policy must allow forms to lead to: an origin, or a scheme (CSP 3 §2.3.1)."""
        parts = urlsplit(self.uri)
        return f"{parts.scheme}:" if self.is_app else f"{parts.scheme}://{parts.netloc}"

    def answered(self, parameters: Mapping[str, str | None]) -> str:
        """The address with the answer's parameters behind its own (RFC 6749 §4.1.2)."""
        written = urlencode({name: value for name, value in parameters.items() if value is not None}, quote_via=quote, safe="")
        return f"{self.uri}{'&' if '?' in self.uri else '?'}{written}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """An authorization request that may be shown to a person. ``as_json`` is what is kept of it."""

    claim_issuer_id: str
    client_id: str
    redirect_uri: str
    code_challenge: str
    configuration_id: str
    details_asked: bool
    state: str | None
    dpop_jkt: str | None
    offer_id: str | None = None
    application_id: str | None = None

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """The request again."""
        return cls(**kept)

    def as_json(self) -> dict[str, Any]:
        """The members by name."""
        return asdict(self)

    @property
    def redirect(self) -> RedirectUri:
        """Where the answer goes."""
        return RedirectUri(self.redirect_uri)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedParameters:
    """The form of a pushed request, each parameter once. ``issuer`` is our identifier, ``offered`` are its claim types."""

    form: Mapping[str, str]
    issuer: str
    claim_issuer_id: str
    offered: frozenset[str]
    dpop_jkt: str | None
    loopback: bool

    def read(self) -> AuthorizationRequest:
        """The request. Unknown parameters are passed over (RFC 6749 §3.1).

        Raises AuthorizationRequestInvalid, RedirectUriInvalid, ResponseTypeUnsupported, CodeChallengeInvalid, ScopeUnknown,
        AuthorizationDetailsInvalid, ResourceUnknown, DpopProofInvalid.
        """
        self._refuse_what_we_do_not_do()
        text = self.form.get("authorization_details")
        return AuthorizationRequest(
            claim_issuer_id=self.claim_issuer_id,
            client_id=self._required("client_id", _MAXIMUM_CLIENT_ID),
            redirect_uri=RedirectUri.parse(self.form.get("redirect_uri", ""), ours=self.issuer, loopback=self.loopback).uri,
            code_challenge=checked_challenge(self.form.get("code_challenge"), self.form.get("code_challenge_method")),
            configuration_id=self._scoped() if text is None else self._detailed(text),
            details_asked=text is not None,
            state=self._optional("state", _MAXIMUM_STATE),
            dpop_jkt=self._key(),
        )

    @property
    def issuer_state(self) -> str | None:
        """What ties the request to a credential offer. Raises AuthorizationRequestInvalid."""
        return self._optional("issuer_state", _MAXIMUM_ISSUER_STATE)

    def _refuse_what_we_do_not_do(self) -> None:
        for name in ("request", "request_uri"):
            if name in self.form:
                raise AuthorizationRequestInvalid(f"send the parameters themselves, without {name} (RFC 9126 §2.1)")
        if self.form.get("response_type") != "code":
            raise ResponseTypeUnsupported("the response_type is code")
        if self.form.get("response_mode", "query") != "query":
            raise AuthorizationRequestInvalid("the response_mode is query")
        if self.form.get("resource", self.issuer) != self.issuer:
            raise ResourceUnknown("resource names another credential issuer")

    def _scoped(self) -> str:
        """The one credential that ``scope`` names; values that we do not know are passed over (OpenID4VCI 1.0 §5.1.2)."""
        known = set(self.form.get("scope", "").split(" ")) & self.offered
        if len(known) != 1:
            raise ScopeUnknown("ask for exactly one credential, by a scope of the metadata")
        return known.pop()

    def _detailed(self, text: str) -> str:
        """Where both are given, the details count, and they may not contradict each other (§5.1.2)."""
        named = requested_configuration(text, credential_issuer=self.issuer)
        if named not in self.offered:
            raise AuthorizationDetailsInvalid("this claim issuer does not issue such a credential")
        if (set(self.form.get("scope", "").split(" ")) & self.offered) - {named}:
            raise ScopeUnknown("scope and authorization_details ask for different credentials: ask for one")
        return named

    def _key(self) -> str | None:
        named = self.form.get("dpop_jkt")
        if named is None:
            return self.dpop_jkt
        if self.dpop_jkt is not None and self.dpop_jkt != checked_thumbprint(named):
            raise DpopProofInvalid("dpop_jkt names another key than the DPoP proof")
        return checked_thumbprint(named)

    def _required(self, name: str, longest: int) -> str:
        value = self._optional(name, longest)
        if value is None:
            raise AuthorizationRequestInvalid(f"the parameter {name} is missing")
        return value

    def _optional(self, name: str, longest: int) -> str | None:
        value = self.form.get(name)
        if value is not None and (not _VISIBLE.fullmatch(value) or len(value) > longest):
            raise AuthorizationRequestInvalid(f"{name} has 1 to {longest} printable ASCII characters")
        return value


def _is_allowed(scheme: str, netloc: str, host: str | None, port: int | None, *, loopback: bool) -> bool:
    if scheme == "https" or (scheme == "http" and loopback and host in _LOOPBACK):
        written = "" if port is None else f":{port}"
        return host is not None and _HOST.fullmatch(host) is not None and netloc == f"{host}{written}"
    if scheme in WALLET_SCHEMES:
        return True
    reversed_domain = _REVERSED_DOMAIN.fullmatch(scheme)
    return reversed_domain is not None and reversed_domain["top_level"] not in _NO_TOP_LEVEL


def _origin(uri: str) -> tuple[str, str, int | None]:
    """Scheme, host and port; the names of this machine are one host. Raises ValueError for a port that there is not."""
    parts = urlsplit(uri)
    host = parts.hostname or ""
    return parts.scheme, "localhost" if host in _LOOPBACK else host, parts.port or _PORTS.get(parts.scheme)
