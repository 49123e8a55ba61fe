"""Turns a request into a checked value, once.

A route names the shape it wants and passes on what it gets::

    class NewGrant(JsonModel):
        viewer: Annotated[Account, parsed(Account.parse)]
        expires_in_days: int = Field(ge=1, le=366)

    wanted = body(NewGrant)
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl

from flask import request
from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError
from pydantic_core import PydanticCustomError

from claim_issuers.errors import DomainError, InvalidInput
from identity_service.web.field_messages import BROKEN_RULE, json_pointer, message
from identity_service.web.refusals import MalformedRequest, UnsupportedMediaType
from identity_service.web.strict_json import read_object

_MOST_ERRORS = 50
_MOST_PARAMETERS = 50

Model = TypeVar("Model", bound=BaseModel)


class FieldError(NamedTuple):
    """One field at fault: its JSON pointer and what is wrong with it, without the value."""

    pointer: str
    detail: str


class InvalidField(InvalidInput):
    """The JSON can be read, but fields in it are missing, unknown or break a rule; ``errors`` holds each."""

    code = "invalid_field"

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(self._summary(errors), pointer=errors[0].pointer, errors=errors)
        self.errors = tuple(errors)

    @staticmethod
    def _summary(errors: list[FieldError]) -> str:
        return "one field is wrong" if len(errors) == 1 else f"{len(errors)} fields are wrong"


class InvalidParameter(InvalidField):
    """Parameters of the query string are missing, unknown, repeated or break a rule; ``errors`` holds each."""

    code = "invalid_parameter"

    @staticmethod
    def _summary(errors: list[FieldError]) -> str:
        return "one query parameter is wrong" if len(errors) == 1 else f"{len(errors)} query parameters are wrong"


class JsonModel(BaseModel):
    """The base of request models: strict types, no unknown members, frozen."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def broken_rule(sentence: str) -> PydanticCustomError:
    """The error to raise in a model's validator; ``sentence`` reaches the caller, so keep the value out of it.

    The text of any other ValueError is withheld, because such texts like to quote the value.
    """
    return PydanticCustomError(BROKEN_RULE, "{sentence}", {"sentence": sentence})


def parsed(parse: Callable[[str], Any]) -> PlainValidator:
    """For ``Annotated[Account, parsed(Account.parse)]``: a string that ``parse`` turns into the field's value.

    A DomainError of ``parse`` becomes an error of that field.
    """

    def validate(value: Any) -> Any:
        if not isinstance(value, str):
            raise broken_rule("must be a string")
        try:
            return parse(value)
        except DomainError as error:
            raise broken_rule(error.detail or error.code) from error

    return PlainValidator(validate, json_schema_input_type=str)


def comma_separated(text: str) -> tuple[str, ...]:
    """The names in ``a,b,c``. Raises InvalidInput for an empty or repeated one."""
    names = tuple(text.split(","))
    if "" in names or len(set(names)) != len(names):
        raise InvalidInput("must be names separated by commas, each once")
    return names


def body(model: type[Model]) -> Model:
    """The request's JSON body as ``model``.

    Raises UnsupportedMediaType, MalformedJson, InvalidField with every field at fault.
    """
    if request.mimetype != "application/json" or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        raise UnsupportedMediaType("send the body as application/json in UTF-8")
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise UnsupportedMediaType("send the body without a content coding")
    raw = request.get_data(cache=False)
    read_object(raw)
    # Validated from the bytes: strict mode then knows JSON's types, and takes a string for a date but not for a number.
    return _validated(lambda: model.model_validate_json(raw), InvalidField)


def query(model: type[Model]) -> Model:
    """The query string as ``model``; for a list, annotate the field with ``parsed(comma_separated)``.

    Raises MalformedRequest, InvalidParameter with every parameter at fault.
    """
    pairs = _pairs(request.query_string)
    names = [name for name, _ in pairs]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InvalidParameter([FieldError(json_pointer((name,)), "is given more than once") for name in repeated])
    return read_strings(model, dict(pairs), InvalidParameter)


def read_strings(model: type[Model], values: Mapping[str, str], refusal: type[InvalidField]) -> Model:
    """``values``, all of them text, as ``model``. Raises ``refusal`` with every field at fault."""
    return _validated(lambda: model.model_validate_strings(dict(values)), refusal)


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except ValueError as error:
        raise MalformedRequest("the query string cannot be read as percent-encoded UTF-8") from error
    if any("\x00" in text for pair in pairs for text in pair):
        raise MalformedRequest("the query string holds a NUL character")
    return pairs


def _validated(validate: Callable[[], Model], refusal: type[InvalidField]) -> Model:
    try:
        return validate()
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)[:_MOST_ERRORS]
        raise refusal([FieldError(json_pointer(detail["loc"]), message(detail)) for detail in details]) from None
