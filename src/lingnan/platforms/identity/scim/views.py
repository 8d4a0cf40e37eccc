"""The addresses under /scim/v2/: users, groups, searching, many at once, and what we are."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from scim2_models import (
    Context,
    Group,
    ListResponse,
    PatchOp,
    ResponseParameters,
    SearchRequest,
)

from lingnan.kernel import clock
from lingnan.kernel.web.guard import open_to_all

from ..models import Client
from . import description, queries, services
from .errors import ResourceUnknown
from .resources import ScimUser
from .wire import (
    answered,
    base_url,
    body_of,
    error,
    spoken,
    wanted_version,
)

PAGE = 100


class Kind:
    """One kind of resource: its shape, its questions, its verbs."""

    def __init__(
        self,
        model: Any,
        path: str,
        show: Callable[..., Any],
        search: Callable[..., list[Any]],
        create: Callable[..., Any],
        change: Callable[..., Any],
        delete: Callable[..., None],
    ) -> None:
        self.model, self.path = model, path
        self.show, self.search = show, search
        self.create, self.change, self.delete = create, change, delete


USERS = Kind(
    ScimUser,
    "Users",
    queries.user_as_resource,
    queries.search_users,
    services.create_user,
    services.change_user,
    services.delete_user,
)
GROUPS = Kind(
    Group,
    "Groups",
    queries.group_as_resource,
    queries.search_groups,
    services.create_group,
    services.change_group,
    services.delete_group,
)
KINDS = {"Users": USERS, "Groups": GROUPS}
_IDS = {"Users": "user_id", "Groups": "group_id"}


@csrf_exempt
@open_to_all
@spoken
def users(request: HttpRequest, client: Client) -> HttpResponse:
    return _collection(request, client, USERS)


@csrf_exempt
@open_to_all
@spoken
def user(request: HttpRequest, client: Client, key: str) -> HttpResponse:
    return _one(request, client, USERS, key)


@csrf_exempt
@open_to_all
@spoken
def groups(request: HttpRequest, client: Client) -> HttpResponse:
    return _collection(request, client, GROUPS)


@csrf_exempt
@open_to_all
@spoken
def group(request: HttpRequest, client: Client, key: str) -> HttpResponse:
    return _one(request, client, GROUPS, key)


@csrf_exempt
@open_to_all
@spoken
def search(request: HttpRequest, client: Client, name: str) -> HttpResponse:
    """A query too long or too private for an address (RFC 7644 3.4.3)."""
    if request.method != "POST":
        return _not_allowed("POST")
    kind = KINDS[name]
    asked = SearchRequest[kind.model].model_validate(  # type: ignore[name-defined]
        body_of(request), scim_ctx=Context.SEARCH_REQUEST
    )
    return _listed(client, kind, asked)


@csrf_exempt
@open_to_all
@spoken
def search_all(request: HttpRequest, client: Client) -> HttpResponse:
    """Users and groups at once; what one kind does not have is false of it (RFC 7644 3.4.2.1)."""
    if request.method != "POST":
        return _not_allowed("POST")
    asked = SearchRequest[ScimUser | Group].model_validate(
        body_of(request), scim_ctx=Context.SEARCH_REQUEST
    )
    found = [item for kind in KINDS.values() for item in kind.search(client, None, base_url())]
    if asked.filter is not None:
        found = [item for item in found if asked.filter.match(item)]
    return _page(found, asked)


@csrf_exempt
@open_to_all
@spoken
def provider_config(request: HttpRequest, client: Client) -> HttpResponse:
    if request.method != "GET":
        return _not_allowed("GET")
    return answered(description.config().model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


@csrf_exempt
@open_to_all
@spoken
def described(request: HttpRequest, client: Client, name: str, key: str = "") -> HttpResponse:
    """The resource types or the schemas, all or one. Filters are refused (RFC 7644 4)."""
    if request.method != "GET":
        return _not_allowed("GET")
    if "filter" in request.GET:
        return error(403, "Discovery is not filtered.")
    found: list[Any] = (
        description.resource_types() if name == "ResourceTypes" else list(description.schemas())
    )
    dumped = [item.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE) for item in found]
    if not key:
        return answered(_list_body(dumped, total=len(dumped), start=1))
    one = [item for item in dumped if item["id"].casefold() == key.casefold()]
    if not one:
        raise ResourceUnknown
    return answered(one[0])


@csrf_exempt
@open_to_all
@spoken
def unknown(request: HttpRequest, client: Client, rest: str = "") -> HttpResponse:
    raise ResourceUnknown


def _collection(request: HttpRequest, client: Client, kind: Kind) -> HttpResponse:
    if request.method == "GET":
        return _listed(client, kind, _asked(request, kind))
    if request.method != "POST":
        return _not_allowed("GET, POST")
    return create(client, kind, body_of(request), _shown(request, kind))


def _one(request: HttpRequest, client: Client, kind: Kind, key: str) -> HttpResponse:
    if request.method == "GET":
        return _read(request, client, kind, key)
    if request.method == "PUT":
        return replace(
            client, kind, key, body_of(request), wanted_version(request), _shown(request, kind)
        )
    if request.method == "PATCH":
        return patch(
            client, kind, key, body_of(request), wanted_version(request), _shown(request, kind)
        )
    if request.method == "DELETE":
        return delete(client, kind, key, wanted_version(request))
    return _not_allowed("GET, PUT, PATCH, DELETE")


def create(
    client: Client, kind: Kind, body: dict[str, Any], shown: Any | None = None
) -> HttpResponse:
    sent = kind.model.model_validate(body, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    row = kind.create(client=client, resource=sent, at=clock.now())
    made = kind.show(client, row.pk, base_url())
    return answered(
        made.model_dump(scim_ctx=Context.RESOURCE_CREATION_RESPONSE, response_parameters=shown),
        status=201,
        version=made.meta.version,
        location=str(made.meta.location),
    )


def replace(
    client: Client,
    kind: Kind,
    key: str,
    body: dict[str, Any],
    version: int | None,
    shown: Any | None = None,
) -> HttpResponse:
    found_id = _id(key)
    present = kind.show(client, found_id, base_url())
    sent = kind.model.model_validate(body, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
    sent.replace(present)
    return _changed(client, kind, found_id, sent, version, shown)


def patch(
    client: Client,
    kind: Kind,
    key: str,
    body: dict[str, Any],
    version: int | None,
    shown: Any | None = None,
) -> HttpResponse:
    """All operations or none (RFC 7644 3.5.2). The row is locked between reading and writing."""
    found_id = _id(key)
    operations = PatchOp[kind.model].model_validate(  # type: ignore[name-defined]
        body, scim_ctx=Context.RESOURCE_PATCH_REQUEST
    )
    with transaction.atomic():
        services.hold(client)
        resource = kind.show(client, found_id, base_url())
        operations.patch(resource)
        return _changed(client, kind, found_id, resource, version, shown)


def delete(client: Client, kind: Kind, key: str, version: int | None) -> HttpResponse:
    kind.delete(client=client, **{_IDS[kind.path]: _id(key)}, version=version, at=clock.now())
    return answered(None, status=204)


def _changed(
    client: Client,
    kind: Kind,
    found_id: UUID,
    resource: Any,
    version: int | None,
    shown: Any | None,
) -> HttpResponse:
    values = {_IDS[kind.path]: found_id}
    kind.change(client=client, **values, resource=resource, version=version, at=clock.now())
    made = kind.show(client, found_id, base_url())
    return answered(
        made.model_dump(scim_ctx=Context.RESOURCE_REPLACEMENT_RESPONSE, response_parameters=shown),
        version=made.meta.version,
        location=str(made.meta.location),
    )


def _read(request: HttpRequest, client: Client, kind: Kind, key: str) -> HttpResponse:
    found = kind.show(client, _id(key), base_url())
    if request.headers.get("If-None-Match", "").strip() == found.meta.version:
        return answered(None, status=304, version=found.meta.version)
    body = found.model_dump(
        scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=_shown(request, kind)
    )
    return answered(body, version=found.meta.version, location=str(found.meta.location))


def _listed(client: Client, kind: Kind, asked: Any) -> HttpResponse:
    return _page(kind.search(client, asked.filter, base_url()), asked)


def _page(found: list[Any], asked: Any) -> HttpResponse:
    if asked.sort_by:
        found = asked.sort(found)
    start = asked.start_index or 1
    count = min(PAGE if asked.count is None else asked.count, description.RESULTS_MAX)
    page = found[start - 1 : start - 1 + count]
    dumped = [
        item.model_dump(scim_ctx=Context.SEARCH_RESPONSE, response_parameters=asked)
        for item in page
    ]
    return answered(_list_body(dumped, total=len(found), start=start))


def _list_body(resources: list[Any], *, total: int, start: int) -> dict[str, Any]:
    return {
        "schemas": [str(ListResponse.__schema__)],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }


def _asked(request: HttpRequest, kind: Kind) -> Any:
    names = (
        "filter",
        "sortBy",
        "sortOrder",
        "startIndex",
        "count",
        "attributes",
        "excludedAttributes",
    )
    values = {name: request.GET[name] for name in names if name in request.GET}
    return SearchRequest[kind.model].model_validate(  # type: ignore[name-defined]
        values, scim_ctx=Context.SEARCH_REQUEST
    )


def _shown(request: HttpRequest, kind: Kind) -> Any:
    names = ("attributes", "excludedAttributes")
    values = {name: request.GET[name] for name in names if name in request.GET}
    return ResponseParameters[kind.model].model_validate(values)  # type: ignore[name-defined]


def _id(key: str) -> UUID:
    """Raises: ResourceUnknown (404)."""
    try:
        return UUID(key)
    except ValueError as wrong:
        raise ResourceUnknown from wrong


def _not_allowed(allowed: str) -> HttpResponse:
    response = error(405, "This method has no meaning here.")
    response["Allow"] = allowed
    return response
