"""The OpenAPI 3.1 document, made from the table of operations and the types of their answers."""

import re
from importlib.metadata import version
from typing import Any, Final

import msgspec

from dure.api.access.roles import PERMITTED, PERMITTED_TO_ALL, Act, Role
from dure.api.answers.shapes import ErrorAnswer
from dure.api.http.access import COOKIE
from dure.api.http.errors import ERROR_STATUSES
from dure.api.routes.operation import (
    BINARY,
    HTML,
    JSON,
    PATH_PARAMETERS,
    Operation,
    Parameters,
    Socket,
)

SECURITY_SCHEMES: Final[dict[str, dict[str, str]]] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token that the node's operator gave out with `dure access token create`.",
    },
    "certificate": {
        "type": "mutualTLS",
        "description": "A client certificate of an authority that the node's operator named.",
    },
    "page": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "Set by the page /sign-in; counts for this node's own pages only.",
    },
}

REFUSALS: Final[dict[int, dict[str, Any]]] = {
    401: {
        "description": "The node must know who asks: there was no token, or one worth nothing.",
        "headers": {
            "WWW-Authenticate": {"description": "Bearer.", "schema": {"type": "string"}},
        },
    },
    403: {"description": "The caller's role may not do that, or another site's page asks."},
    429: {
        "description": "The address or the caller asks more than it may; see `facts.limit`.",
        "headers": {
            "Retry-After": {"description": "Whole seconds.", "schema": {"type": "integer"}},
        },
    },
}

REFERENCE: Final = "#/components/schemas/{name}"

SELF_OPERATIONS: Final = (
    ("/openapi.json", "This document", JSON),
    ("/docs", "The same as a page", HTML),
)


def build_openapi(operations: tuple[Operation, ...], sockets: tuple[Socket, ...]) -> dict[str, Any]:
    """Return the document."""
    answers = [answer for each in operations for answer in each.answers.values()]
    types = [answer for answer in answers if answer is not None]
    types += [each.body for each in operations if each.body is not None]
    types += [item for each in sockets for item in each.items]
    schemas, components = msgspec.json.schema_components(
        [*types, ErrorAnswer], ref_template=REFERENCE
    )
    by_type = dict(zip(map(repr, [*types, ErrorAnswer]), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = paths.setdefault(operation.path, {})
        path[operation.method.lower()] = _describe(operation, by_type)
    for path_text, summary, media in SELF_OPERATIONS:
        answer = {"description": "Yes.", "content": {media: {}}}
        paths[path_text] = {"get": {"summary": summary, "responses": {"200": answer}}}
    for socket in sockets:
        paths.setdefault(socket.path, {})["x-websocket"] = {
            "summary": socket.summary,
            "description": socket.description,
            "parameters": _describe_query(socket.query),
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Dure node", "version": version("dure")},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": SECURITY_SCHEMES},
    }


def _describe(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    error = {"description": "Refused.", "content": {JSON: {"schema": schemas[repr(ErrorAnswer)]}}}
    responses: dict[str, Any] = {
        str(status): error | REFUSALS.get(status, {}) for status in ERROR_STATUSES
    }
    for status, answer in operation.answers.items():
        schema = {} if answer is None else {"schema": schemas[repr(answer)]}
        responses[str(status)] = {"description": "Done.", "content": {operation.media: schema}}
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": operation.handler.__name__,
        "parameters": _describe_path(operation.path) + _describe_query(operation.query),
        "responses": dict(sorted(responses.items())),
        "security": _describe_security(operation.act),
        "x-act": operation.act.value,
        "x-roles": [role.value for role in Role if operation.act in PERMITTED[role]],
    }
    content: dict[str, Any] = {}
    if operation.body is not None:
        content[JSON] = {"schema": schemas[repr(operation.body)]}
    if operation.takes_binary:
        content[BINARY] = {"schema": {"type": "string", "format": "binary"}}
    if content:
        described["requestBody"] = {"required": True, "content": content}
    return described


def _describe_security(act: Act) -> list[dict[str, list[str]]]:
    """Return the ways to be let in; an empty one where a chain may let in whoever asks."""
    ways: list[dict[str, list[str]]] = [{name: []} for name in SECURITY_SCHEMES]
    return [{}, *ways] if act in PERMITTED_TO_ALL[True] else ways


def _describe_path(path: str) -> list[dict[str, Any]]:
    found = []
    for name in re.findall(r"{(\w+)}", path):
        schema = dict(PATH_PARAMETERS[name])
        text = schema.pop("description")
        found.append(
            {"name": name, "in": "path", "required": True, "description": text, "schema": schema}
        )
    return found


def _describe_query(query: type[Parameters]) -> list[dict[str, Any]]:
    schema = msgspec.json.schema(query)["$defs"][query.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "schema": each,
        }
        for name, each in schema["properties"].items()
    ]
