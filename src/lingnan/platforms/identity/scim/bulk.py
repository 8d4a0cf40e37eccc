"""Many changes in one request (RFC 7644 3.7): one after another, each on its own."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from pydantic import ValidationError
from scim2_models import Error, SCIMException

from lingnan.kernel.errors import Refusal
from lingnan.kernel.web.guard import open_to_all

from ..models import Client
from . import views
from .description import OPERATIONS_MAX
from .wire import Unreadable, answered, base_url, body_of, error, refused, spoken

REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"


@csrf_exempt
@open_to_all
@spoken
def bulk(request: HttpRequest, client: Client) -> HttpResponse:
    if request.method != "POST":
        return error(405, "Bulk is a POST.")
    body = body_of(request)
    operations = body.get("Operations")
    limit = body.get("failOnErrors", 0)
    if REQUEST not in body.get("schemas", []) or not isinstance(operations, list):
        raise Unreadable
    if not isinstance(limit, int) or not all(isinstance(item, dict) for item in operations):
        raise Unreadable
    if len(operations) > OPERATIONS_MAX:
        return error(413, f"At most {OPERATIONS_MAX} operations.")
    known: dict[str, str] = {}
    done: list[dict[str, Any]] = []
    failures = 0
    for operation in operations:
        outcome = _run(client, operation, known)
        done.append(outcome)
        failures += int(outcome["status"]) >= 400
        if limit and failures >= limit:
            break
    return answered({"schemas": [RESPONSE], "Operations": done})


def _run(client: Client, operation: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    method = str(operation.get("method", "")).upper()
    bulk_id = operation.get("bulkId")
    outcome: dict[str, Any] = {"method": method}
    if isinstance(bulk_id, str):
        outcome["bulkId"] = bulk_id
    try:
        response, location = _perform(client, method, operation, known)
    except SCIMException as wrong:
        response, location = _error(wrong.to_error()), ""
    except ValidationError as wrong:
        response, location = _error(Error.from_validation_error(dict(wrong.errors()[0]))), ""
    except Refusal as refusal:
        response, location = refused(refusal), ""
    outcome["status"] = str(response.status_code)
    if response.status_code >= 400:
        outcome["response"] = json.loads(response.content)
    elif "ETag" in response:
        outcome["version"] = response["ETag"]
    location = response.get("Location", location)
    if location:
        outcome["location"] = location
    if method == "POST" and response.status_code == 201 and isinstance(bulk_id, str):
        known[bulk_id] = json.loads(response.content)["id"]
    return outcome


def _perform(
    client: Client, method: str, operation: dict[str, Any], known: dict[str, str]
) -> tuple[HttpResponse, str]:
    """Raises: SCIMException, ValidationError, Refusal."""
    path = _resolved(str(operation.get("path", "")), known)
    _empty, name, key = (*path.split("/", 2), "", "")[:3]
    kind = views.KINDS.get(name)
    if kind is None or (method == "POST") != (key == ""):
        raise Unreadable(detail="The path names no resource.")
    sent = operation.get("data")
    data: dict[str, Any] = {}
    if method in {"POST", "PUT", "PATCH"}:
        if not isinstance(sent, dict):
            raise Unreadable(detail="The operation has no data.")
        data = json.loads(_resolved(json.dumps(sent), known))
    version = _version(operation)
    location = f"{base_url()}/{name}/{key}" if key else ""
    if method == "POST":
        return views.create(client, kind, data), location
    if method == "PUT":
        return views.replace(client, kind, key, data, version), location
    if method == "PATCH":
        return views.patch(client, kind, key, data, version), location
    if method == "DELETE":
        return views.delete(client, kind, key, version), location
    raise Unreadable(detail="The method is none of POST, PUT, PATCH, DELETE.")


def _resolved(text: str, known: dict[str, str]) -> str:
    """References to what this request made, by the ids it got."""
    for bulk_id, made in known.items():
        text = text.replace(f"bulkId:{bulk_id}", made)
    if "bulkId:" in text:
        raise Unreadable(detail="A bulkId is not known (yet).")
    return text


def _version(operation: dict[str, Any]) -> int | None:
    digits = str(operation.get("version", "")).removeprefix("W/").strip('"')
    if not digits:
        return None
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else -1


def _error(found: Error) -> HttpResponse:
    return answered(found.model_dump(), status=int(found.status or 400))
