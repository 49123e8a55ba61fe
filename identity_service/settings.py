"""What an operator may set, checked once, before anything starts.

Each setting comes from, in this order: an argument, an environment variable ``IDENTITY_SERVICE_<NAME>`` (objects as JSON), the
file ``<data_directory>/settings.toml``, a default. Kubernetes puts ``<SERVICE>_PORT`` variables of its own into containers:
set ``enableServiceLinks: false`` where a Service is called identity-service. ::

    development = false
    public_url = "https://claims.example"

    [chains."eip155:1"]
    rpc_url = "https://node.example"
    finality_depth = 64
    confirmations = 12
"""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from tomllib import TOMLDecodeError
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self
from urllib.parse import SplitResult, urlsplit

from limits import parse_many
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from pydantic_settings.exceptions import SettingsError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from claim_issuers.errors import DomainError, InvalidInput, NotFound
from claim_issuers.identifiers.accounts import Address, ChainId

SETTINGS_FILE = "settings.toml"
_HIDDEN = "…"
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_DEFAULT_PORTS = frozenset({("https", 443), ("http", 80)})


class InvalidSettings(InvalidInput):
    """Settings are missing, unknown or break a rule; ``errors`` holds each with its place, never its value."""

    code = "invalid_settings"


class PublicUrlMissing(InvalidInput):
    """The service is to be served, but does not know the address that callers use."""

    code = "public_url_missing"


class TestModeOnly(InvalidSettings):
    """This is for trying the product out, and the settings say that this installation is not for that."""

    code = "test_mode_only"
    __test__ = False  # the name is no test's


class ChainNotConfigured(NotFound):
    """The settings name no node for this chain."""

    code = "chain_settings_missing"


def _address(written: Any) -> Any:
    """The Address of ``0x…``, as a ValueError when it is not one: pydantic collects those."""
    if isinstance(written, Address):
        return written
    try:
        return Address.parse(str(written))
    except DomainError as error:
        raise ValueError("write an address as 0x and 40 hex digits") from error


class ChainSettings(BaseModel):
    """How to reach one chain and when to believe it.

    ``finality_depth`` is how many blocks may still be undone by a reorg; ``confirmations`` is how many blocks lie on a
    transaction of ours before its receipt counts; ``oldest_head_seconds`` is how old the newest block may be before we refuse
    to answer from it. ``identity_factories`` are the contracts whose word on who owns an identity contract is believed (DESIGN
    §4, fault 3): a false one would have claims signed for identities of its own making. ``rpc_url`` must be https to a public
    address; http to loopback goes under the development switch (DESIGN §5.10).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    rpc_url: str = Field(repr=False)
    finality_depth: int = Field(default=64, ge=0, le=10_000)
    confirmations: int = Field(default=12, ge=0, le=10_000)
    oldest_head_seconds: int = Field(default=600, ge=1)
    identity_factories: tuple[Annotated[Address, BeforeValidator(_address), PlainSerializer(str)], ...] = ()

    @field_validator("rpc_url")
    @classmethod
    def _http(cls, url: str) -> str:
        parts = _split(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
            raise ValueError("write http:// or https:// and a host")
        return url


def _chain_id(written: Any) -> Any:
    """The ChainId of ``eip155:<number>``, as a ValueError when it is not one: pydantic collects those."""
    if isinstance(written, ChainId):
        return written
    try:
        return ChainId.parse(written)
    except DomainError as error:
        raise ValueError("write eip155:<number>") from error


Chains = Annotated[
    dict[Annotated[ChainId, BeforeValidator(_chain_id), PlainSerializer(str)], ChainSettings],
    AfterValidator(MappingProxyType),
]


class Settings(BaseSettings):
    """Every setting. Frozen; ``redacted()`` is the form to print. Build it with ``load_settings``.

    ``development`` is the loopback switch: the public address may be http on this machine, and calls to this machine may leave
    (DESIGN §5.10). ``database_url`` defaults to an SQLite file in the data directory. ``rate_limit`` is for each address, such
    as ``600 per minute``; ``chain_rate_limit`` is for what asks a chain before it answers, and for each client or account. An empty
    text switches either off. ``proxy_hops`` counts the trusted proxies in front.

    ``tls_certificate`` (the chain, leaf first) and ``tls_key`` are PEM files with which ``serve`` speaks https itself, for trying
    the product out with a phone on the same network; in operation a proxy ends TLS. ``smtp_url`` names the mail server,
    ``smtps://user@host:465`` or ``smtp://user@host:587`` with STARTTLS; its password comes from ``smtp_password_file``, or from
    the environment as ``smtp_password``. Without it, mail lies as files in ``outbox``, by default in the data directory.
    """

    model_config = SettingsConfigDict(
        env_prefix="IDENTITY_SERVICE_", extra="forbid", frozen=True, validate_default=True, arbitrary_types_allowed=True
    )

    data_directory: Path = Path("data")
    development: bool = False
    public_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    threads: int = Field(default=8, ge=1, le=256)
    proxy_hops: int = Field(default=0, ge=0, le=8)
    database_url: str = Field(default="", repr=False)
    vault_passphrase: str = Field(default="", repr=False)
    chains: Chains = Field(default_factory=dict)
    rate_limit: str = "600 per minute"
    chain_rate_limit: str = "120 per minute"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    mail_from: str = ""
    smtp_url: str = ""
    smtp_password: str = Field(default="", repr=False)
    smtp_password_file: Path | None = None
    outbox: Path | None = None

    @field_validator("data_directory")
    @classmethod
    def _absolute(cls, directory: Path) -> Path:
        return directory.expanduser().absolute()

    @field_validator("public_url")
    @classmethod
    def _address_alone(cls, url: str) -> str:
        parts = _split(url)
        if url and (
            not parts.hostname or parts.query or parts.fragment or parts.username or parts.password or url.endswith(("/", "?", "#"))
        ):
            raise ValueError("write the address alone: no user, query or fragment, and no slash at the end")
        if (parts.scheme, parts.port) in _DEFAULT_PORTS or parts.netloc != parts.netloc.lower():
            # Browsers write an origin in lower case without its default port; another spelling would match none of theirs.
            raise ValueError("write the host in lower case, and leave out the port that the scheme has anyway")
        return url

    @field_validator("rate_limit", "chain_rate_limit")
    @classmethod
    def _readable(cls, limit: str) -> str:
        try:
            parse_many(limit or "1 per second")
        except ValueError as error:
            raise ValueError("write a number and a period, such as 600 per minute") from error
        return limit

    @field_validator("database_url")
    @classmethod
    def _known_engine(cls, url: str) -> str:
        try:
            known = not url or make_url(url).get_backend_name() in ("sqlite", "postgresql")
        except ArgumentError as error:
            raise ValueError("write sqlite:///<file> or postgresql://<host>/<name>") from error
        if not known:
            raise ValueError("the database is SQLite or PostgreSQL")
        return url

    @field_validator("tls_certificate", "tls_key", "smtp_password_file", "outbox")
    @classmethod
    def _absolute_if_given(cls, path: Path | None) -> Path | None:
        return None if path is None else path.expanduser().absolute()

    @field_validator("smtp_url")
    @classmethod
    def _mail_server_alone(cls, url: str) -> str:
        parts = _split(url)
        if url and (parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.password is not None):
            raise ValueError("write smtps://user@host:465 or smtp://user@host:587; the password has a setting of its own")
        return url

    @field_validator("mail_from")
    @classmethod
    def _one_address(cls, address: str) -> str:
        if address and not _MAIL_ADDRESS.fullmatch(address):
            raise ValueError("write one address alone: name@host")
        return address

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("give tls_certificate and tls_key together, or neither")
        if self.smtp_url and not self.mail_from:
            raise ValueError("a mail server needs mail_from, the address that mail comes from")
        if self.smtp_password and self.smtp_password_file is not None:
            raise ValueError("give smtp_password or smtp_password_file, not both")
        return self

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.public_url and self.development:
            self._set("public_url", f"{'https' if self.tls_certificate else 'http'}://127.0.0.1:{self.port}")
        if not self.database_url:
            self._set("database_url", f"sqlite:///{self.data_directory / 'service.db'}")
        if self.public_url:
            _require_allowed_scheme(_split(self.public_url), self.development)
        return self

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def require_public_url(self) -> str:
        """The address callers use, which is also the issuer id. Raises PublicUrlMissing when none is set."""
        if not self.public_url:
            raise PublicUrlMissing("set public_url, or development for a service on this machine alone", pointer="/public_url")
        return self.public_url

    def require_development(self) -> None:
        """Return under the development switch. Raises TestModeOnly."""
        if not self.development:
            raise TestModeOnly("here anybody can be anybody: set development, on this machine alone", pointer="/development")

    def chain(self, chain: ChainId) -> ChainSettings:
        """The settings of one chain. Raises ChainNotConfigured."""
        if chain not in self.chains:
            raise ChainNotConfigured(f"the settings have no node for {chain}")
        return self.chains[chain]

    def redacted(self) -> dict[str, Any]:
        """Everything, fit for printing: no passwords, and node addresses end at the host, since keys sit in their paths."""
        shown = self.model_dump(mode="json", exclude={"chains", "database_url", "vault_passphrase", "smtp_password"})
        shown["database_url"] = make_url(self.database_url).set(query={}).render_as_string(hide_password=True)
        shown["chains"] = {
            str(chain): {**settings.model_dump(), "rpc_url": _host_only(settings.rpc_url)}
            for chain, settings in self.chains.items()
        }
        return shown

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class names it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, environment, then the file in whichever data directory those two name."""
        default = cls.model_fields["data_directory"].default
        directory = init_settings().get("data_directory") or env_settings().get("data_directory") or default
        file = TomlConfigSettingsSource(settings_cls, toml_file=Path(directory).expanduser() / SETTINGS_FILE)
        if "data_directory" in file():
            raise InvalidSettings(f"{SETTINGS_FILE} lies in the data directory and cannot name another", pointer="/data_directory")
        return init_settings, env_settings, file


def export_to_children(settings: Settings) -> None:
    """Let processes that this one starts find the same data directory and public address, which may have come as arguments.

    Everything else they read there themselves.
    """
    os.environ["IDENTITY_SERVICE_DATA_DIRECTORY"] = str(settings.data_directory)
    if settings.public_url:
        os.environ["IDENTITY_SERVICE_PUBLIC_URL"] = settings.public_url


def load_settings(data_directory: Path | None = None, **arguments: Any) -> Settings:
    """The settings of this process; ``arguments`` that are None count as not given.

    Raises InvalidSettings with every setting at fault.
    """
    given = {name: value for name, value in {"data_directory": data_directory, **arguments}.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        found = [("/" + "/".join(map(str, detail["loc"])), _sentence(detail)) for detail in error.errors()]
        places = ", ".join(pointer.strip("/").replace("/", ".") or "settings" for pointer, _ in found)
        raise InvalidSettings(f"wrong settings: {places}", errors=found) from None
    except TOMLDecodeError as error:
        raise InvalidSettings(f"{SETTINGS_FILE} is not TOML: {error}") from None
    except SettingsError as error:
        field = str(error).split('"')[1]  # the library names the field in quotes, and the value only in the cause
        raise InvalidSettings(f"the environment's value for {field} is not JSON", pointer=f"/{field}") from None


def _sentence(detail: Mapping[str, Any]) -> str:
    return str(detail["msg"]).removeprefix("Value error, ")


def _split(url: str) -> SplitResult:
    parts = urlsplit(url)
    try:
        _ = parts.port
    except ValueError as error:  # its text quotes the address
        raise ValueError("the port must be a number up to 65535") from error
    return parts


def _require_allowed_scheme(parts: SplitResult, development: bool) -> None:
    if parts.scheme == "https" or (parts.scheme == "http" and development and _is_loopback(parts.hostname or "")):
        return
    raise ValueError("public_url must be https; http is for loopback under the development switch")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _host_only(url: str) -> str:
    parts = _split(url)
    host = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    return host if url in (host, host + "/") else f"{host}/{_HIDDEN}"
