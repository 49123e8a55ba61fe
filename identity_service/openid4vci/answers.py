"""How endpoints for wallets answer: OAuth's error form, never stored, open to scripts of any origin, for they know no cookies."""

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from claim_issuers.encodings.strict_json import MalformedJson
from claim_issuers.errors import DomainError, NotFound
from identity_service.openid4vci.model import CredentialRequestInvalid, TokenRequestInvalid
from identity_service.openid4vci.nonces import DPOP_NONCE, Nonces
from identity_service.openid4vci.protocol_errors import DpopNonceRequired, DpopProofInvalid, WalletProtocolError
from identity_service.web.errors import OAuthError, oauth_response, translated
from identity_service.web.strict_json import read_object

_MOST_PARAMETERS = 30
_LONGEST_PARAMETER = 16 * 1024
_DPOP_ALGORITHMS = "ES256 EdDSA"


def wallet_blueprint(name: str, nonces: Nonces) -> Blueprint:
    """A blueprint for endpoints that wallets call."""
    routes = Blueprint(name, __name__)

    @routes.errorhandler(DomainError)
    def refusal(error: DomainError) -> Response:
        return refused(error)

    @routes.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        return refused(translated(error))

    @routes.after_request
    def open_to_wallets(response: Response) -> Response:
        headers = response.headers
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        headers["Access-Control-Expose-Headers"] = "DPoP-Nonce, WWW-Authenticate"
        if request.method == "OPTIONS":
            headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, DPoP"
            headers["Access-Control-Allow-Methods"] = "GET, POST"
        if "DPoP" in request.headers:
            headers["DPoP-Nonce"] = nonces.give(DPOP_NONCE)  # RFC 9449 §8.2: the next proof's
        return response

    return routes


def refused(error: DomainError) -> Response:
    """``error`` as ``{"error", "error_description"}``, under the name that its specification gives it."""
    g.problem_code = error.code
    if not isinstance(error, WalletProtocolError):
        response = oauth_response(error)
        if isinstance(error, NotFound):
            response.status_code = 404
    else:
        response = oauth_response(OAuthError(error.error, error.detail, status=_status(error)))
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = _challenge(error)
    if "retry_after" in error.data:
        response.headers["Retry-After"] = str(error.data["retry_after"])
    return response


def form_parameters() -> dict[str, str]:
    """The parameters of a form, each once (RFC 6749 §3.2). Raises TokenRequestInvalid."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise TokenRequestInvalid("send a form: application/x-www-form-urlencoded")
    listed = list(request.form.lists())
    if any(len(values) > 1 for _, values in listed):
        raise TokenRequestInvalid("a parameter is given more than once")
    too_long = any(len(text) > _LONGEST_PARAMETER or "\x00" in text for name, values in listed for text in (name, *values))
    if too_long or len(listed) > _MOST_PARAMETERS:
        raise TokenRequestInvalid("a parameter is too long or malformed, or there are too many")
    return dict(request.form.items())


def json_object() -> dict[str, object]:
    """The request's JSON body. Raises CredentialRequestInvalid."""
    if request.mimetype != "application/json":
        raise CredentialRequestInvalid("send the request as application/json")
    try:
        return read_object(request.get_data(cache=False))
    except MalformedJson as error:
        raise CredentialRequestInvalid(error.detail) from error


def _status(error: WalletProtocolError) -> int:
    """A proof that came with an access token is part of it (RFC 9449 §7.1); one at the token endpoint is not (§5)."""
    with_token = isinstance(error, DpopProofInvalid | DpopNonceRequired) and "Authorization" in request.headers
    return 401 if with_token else error.status


def _challenge(error: DomainError) -> str:
    """RFC 6750 §3 and RFC 9449 §7.1: the scheme that was used, and what is wrong; only the scheme where nothing was shown."""
    scheme = "DPoP" if request.headers.get("Authorization", "").lower().startswith("dpop") else "Bearer"
    name = error.error if isinstance(error, WalletProtocolError) else "invalid_token"
    shown = [f'error="{name}"'] if "Authorization" in request.headers else []
    known = [f'algs="{_DPOP_ALGORITHMS}"'] if scheme == "DPoP" else []
    return f"{scheme} {', '.join([*shown, *known])}".strip()
