"""The OpenAPI document: what each operation's code says of itself, written out for programs.

Guards, idempotency and refusals are read from the code, so the document cannot promise otherwise.
"""

import ast
import inspect
import re
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from threading import Lock
from typing import Any

from django.utils.translation import gettext_noop
from ninja import NinjaAPI, Schema
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from lingnan.kernel.errors import Refusal, refusal_classes
from lingnan.kernel.idempotency import HEADER, KEY_LENGTH_MAX, is_idempotent
from lingnan.kernel.schemas import Problem
from lingnan.kernel.web.guard import access_of

RESPONSES = {
    400: ("Unreadable", "Not readable as JSON or as a form"),
    401: ("SignInRequired", "No one has signed in, or the token is no longer valid"),
    403: ("Forbidden", "Not allowed for this account or this token"),
    404: ("NotFound", "Nothing here, or nothing the asker may know of"),
    409: ("Refused", "The rules say no"),
    413: ("TooLarge", "Larger than this server takes"),
    415: ("WrongMediaType", "Another kind of body is read here"),
    422: ("Malformed", "Understood as JSON, wrong in its fields"),
    429: ("TooManyRequests", "Too many requests; Retry-After says how long to wait"),
    503: (
        "Unavailable",
        "A part of the service does not answer; see Retry-After",
    ),
}
EXAMPLES: dict[int, dict[str, Any]] = {
    401: {"code": "sign_in_required", "detail": "Sign in to go on."},
    403: {"code": "forbidden", "detail": "Your account may not do this."},
    404: {"code": "not_found", "detail": "There is nothing here under this address."},
    422: {
        "code": "malformed",
        "detail": "Some of what was sent cannot be understood.",
        "fields": [{"path": "username", "code": "input.missing", "message": "Field required"}],
    },
}
# In English in the document; its pages translate them.
TAGS = {
    "health": gettext_noop("Whether the service is well"),
    "identity": gettext_noop("Sessions, oneself, persons and firms, mandates, tokens, officers"),
    "matters": gettext_noop("What the government does for people: items, guides, themes"),
    "government services": gettext_noop("Applications: drafts, cases, decisions, ratings"),
    "workflow": gettext_noop("Tasks, clocks, process definitions, decision tables"),
    "payment": gettext_noop("Bills, paying, receipts, fees"),
    "licences": gettext_noop("Electronic licences: holding, verifying, issuing"),
    "credit": gettext_noop(
        "Social credit: subjects, decisions, rosters, objections, repairs, reports"
    ),
    "documents": gettext_noop("Files"),
    "messaging": gettext_noop("Messages to people"),
    "regions": gettext_noop("The administrative divisions"),
    "agencies": gettext_noop("The directory of agencies"),
    "calendar": gettext_noop("Working days and deadlines"),
    "codes": gettext_noop("Checking codes and reading code lists"),
    "audit": gettext_noop("Who did what"),
    "performance": gettext_noop("Indicators"),
}
_RAISES = re.compile(r"Raises:(.*?)(?:\n\s*\n|\Z|\n\s*[A-Z][a-z]+:)", re.DOTALL)
_CLASS_NAME = re.compile(r"\b[A-Z][a-z]+(?:[A-Z][a-z]*)*\b")
_DEPTH_MAX = 3
_making = Lock()


def body_kind(operation: Operation) -> str | None:
    """What the operation reads: "json", "form" (also files), or nothing."""
    sources = {model.__ninja_param_source__ for model in operation.models}
    if sources & {"form", "file"}:
        return "form"
    return "json" if "body" in sources else None


def describe(operation: Operation) -> None:
    """Write the guard, the idempotency key and the possible problems into the operation.

    Reading the code of all operations takes seconds: only for the document, once.
    """
    access = access_of(operation.view_func)
    extra = dict(operation.openapi_extra or {})
    operation.operation_id = operation.operation_id or _operation_id(operation)
    responses = dict(extra.get("responses", {}))
    statuses = {404, 409, 422, 429, 503}
    if operation.methods != ["GET"]:
        statuses |= {400, 403}
    if body_kind(operation):
        statuses |= {413, 415}
    if access is not None:
        extra["x-access"] = access.rule
        if access.rule != "open":
            extra["security"] = [{"bearer": []}, {"session": []}]
            statuses |= {401, 403}
        if access.permissions:
            extra["x-permissions"] = list(access.permissions)
    if is_idempotent(operation):
        extra["parameters"] = [
            *extra.get("parameters", ()),
            {"$ref": "#/components/parameters/IdempotencyKey"},
        ]
    codes = _refusals(operation.view_func)
    if access is not None and access.rule != "open":
        codes |= {"sign_in_required", "forbidden", "officers_only", "residents_only"}
    if codes:
        extra["x-refusals"] = sorted(codes)
    for status in sorted(statuses):
        responses.setdefault(status, {"$ref": f"#/components/responses/{RESPONSES[status][0]}"})
    responses.setdefault("default", {"$ref": "#/components/responses/Problem"})
    extra["responses"] = responses
    operation.openapi_extra = extra


def _operation_id(operation: Operation) -> str:
    """module_function: "licences_verify"."""
    return f"{_module(operation)}_{operation.view_func.__name__.strip('_')}"


def _module(operation: Operation) -> str:
    parts = operation.view_func.__module__.split(".")
    return parts[1] if parts[1] == "project" else parts[2]


@lru_cache(maxsize=1)
def _refusals_by_name() -> dict[str, list[type[Refusal]]]:
    found: dict[str, list[type[Refusal]]] = defaultdict(list)
    for cls in refusal_classes():
        found[cls.__name__].append(cls)
    return found


def _refusals(function: Callable[..., Any]) -> set[str]:
    """The codes named under `Raises:` by the operation and by what it calls."""
    codes: set[str] = set()
    for called in _reach(inspect.unwrap(function), _DEPTH_MAX):
        documented = _RAISES.search(inspect.getdoc(called) or "")
        for name in _CLASS_NAME.findall(documented[1]) if documented else ():
            codes |= {cls.code for cls in _meant(name, called)}
    return codes


def _meant(name: str, function: Callable[..., Any]) -> list[type[Refusal]]:
    """Two modules may have a refusal of one name: the one the function can see is meant."""
    seen = inspect.unwrap(function).__globals__.get(name)
    if inspect.isclass(seen) and issubclass(seen, Refusal):
        return [seen]
    found = _refusals_by_name().get(name, [])
    module = function.__module__.split(".")[:3]
    own = [cls for cls in found if cls.__module__.split(".")[:3] == module]
    return own or (found if len(found) == 1 else [])


def _reach(function: Callable[..., Any], depth: int) -> Iterator[Callable[..., Any]]:
    """The function, and the product's functions it calls by name."""
    yield function
    if depth > 0:
        for called in _called_by(function):
            yield from _reach(called, depth - 1)


@cache
def _called_by(function: Callable[..., Any]) -> tuple[Callable[..., Any], ...]:
    if not inspect.isfunction(function):
        return ()
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):  # its file was replaced, or taken away, since we started
        return ()
    found = (
        _resolve(node.func, function.__globals__)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    )
    return tuple(
        inspect.unwrap(called)
        for called in found
        if inspect.isfunction(called) and called.__module__.startswith("lingnan.")
    )


def _resolve(node: ast.expr, names: dict[str, Any]) -> object:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _resolve(node.value, names)
        return getattr(owner, node.attr, None) if inspect.ismodule(owner) else None
    return None


def _shared_names() -> set[str]:
    """Names that shapes of two modules have in common."""
    modules: dict[str, set[str]] = defaultdict(set)
    waiting: list[type[Schema]] = [Schema]
    while waiting:
        for cls in waiting.pop().__subclasses__():
            waiting.append(cls)
            if cls.__module__.startswith("lingnan."):
                modules[cls.__name__].add(cls.__module__)
    return {name for name, found in modules.items() if len(found) > 1}


class _Document(OpenAPISchema):
    """Ninja's document, in which shapes of one name from two modules stay two shapes."""

    def __init__(self, api: NinjaAPI) -> None:
        self.shared = _shared_names()
        self.module = ""
        super().__init__(api, path_prefix="/api/v1/")

    def operation_details(self, operation: Operation) -> dict[str, Any]:
        describe(operation)
        self.module = _module(operation).replace("_", " ").title().replace(" ", "")
        return super().operation_details(operation)

    def add_schema_definitions(self, definitions: dict[str, Any]) -> None:
        super().add_schema_definitions(
            {self._own_name(name): self._renamed(found) for name, found in definitions.items()}
        )

    def _create_schema_from_model(self, *args: Any, **options: Any) -> tuple[dict[str, Any], bool]:
        schema, is_required = super()._create_schema_from_model(*args, **options)
        return self._renamed(schema), is_required

    def _extract_parameters(self, model: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._renamed(super()._extract_parameters(model))
        return found

    def _own_name(self, name: str) -> str:
        return f"{self.module}{name}" if name in self.shared else name

    def _renamed(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._renamed(item) for item in value]
        if not isinstance(value, dict):
            return value
        made = {key: self._renamed(item) for key, item in value.items()}
        if isinstance(value.get("$ref"), str):
            place, _slash, name = value["$ref"].rpartition("/")
            made["$ref"] = f"{place}/{self._own_name(name)}"
        return made


def document(api: NinjaAPI) -> dict[str, Any]:
    """The document; the same object each time, so read it only. Made once, whoever asks at once."""
    with _making:
        return _document(api)


@lru_cache(maxsize=1)
def _document(api: NinjaAPI) -> dict[str, Any]:
    found: dict[str, Any] = dict(_Document(api))
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    own = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(own.pop("$defs", {}))
    schemas["Problem"] = own
    components["responses"] = {
        "Problem": _problem_response("Any other problem", None),
        **{name: _problem_response(text, status) for status, (name, text) in RESPONSES.items()},
    }
    components["parameters"] = {
        "IdempotencyKey": {
            "in": "header",
            "name": HEADER,
            "required": False,
            "description": "Sending the same request again under the same key changes nothing:"
            " the first answer comes again.",
            "schema": {
                "type": "string",
                "minLength": 1,
                "maxLength": KEY_LENGTH_MAX,
                "pattern": "^[!-~]+$",
            },
            "example": "0192f0c1-7d4e-7b1a-9c55-3f8f0a7a1e11",
        }
    }
    components["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "The token of POST /api/v1/sessions, or an API token with scopes.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "lingnan_session",
            "description": "The cookie of the pages; writing then also needs X-CSRFToken.",
        },
    }
    used = {tag for _path, _method, operation in walk(found) for tag in operation.get("tags", ())}
    found["tags"] = [{"name": tag, "description": TAGS.get(tag, "")} for tag in sorted(used)]
    found["servers"] = [{"url": "/"}]
    found["jsonSchemaDialect"] = "https://spec.openapis.org/oas/3.1/dialect/base"
    # Ninja keys answers by number; JSON has only texts.
    for _path, _method, operation in walk(found):
        operation["responses"] = {
            str(status): answer for status, answer in operation["responses"].items()
        }
    return found


def walk(found: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(path, method, operation) of every operation in the document."""
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _problem_response(description: str, status: int | None) -> dict[str, Any]:
    media: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    if status is not None and status in EXAMPLES:
        values = EXAMPLES[status]
        media["example"] = {
            "type": f"/developers/errors/#{values['code']}",
            "title": description,
            "status": status,
            "facts": {},
            "fields": [],
            "source": "",
            "remedy": "",
            **values,
        }
    return {"description": description, "content": {"application/problem+json": media}}


def refusals_by_code() -> dict[str, type[Refusal]]:
    """Every refusal the product's own modules define, without those of tests."""
    return {
        cls.code: cls
        for cls in refusal_classes()
        if cls.__module__.startswith("lingnan.") and ".tests" not in cls.__module__
    }
