"""A personnel system's own users and groups; no other's."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from scim2_models import ScimFilter
from scim2_models.path import CompareOperator, Comparison

from ..models import Client, ProvisionedGroup, ProvisionedMember, ProvisionedUser
from .errors import ResourceUnknown
from .resources import group_resource, user_resource

_USER_COLUMNS = {"username": "user_name_key", "externalid": "external_id", "id": "pk"}
_GROUP_COLUMNS = {"displayname": "display_name__iexact", "externalid": "external_id", "id": "pk"}


def find_user(client: Client, user_id: UUID) -> ProvisionedUser:
    """Raises: ResourceUnknown (404), also for another system's."""
    row = _users(client).filter(pk=user_id).first()
    if row is None:
        raise ResourceUnknown
    return row


def find_group(client: Client, group_id: UUID) -> ProvisionedGroup:
    """Raises: ResourceUnknown (404), also for another system's."""
    row = _groups(client).filter(pk=group_id).first()
    if row is None:
        raise ResourceUnknown
    return row


def user_as_resource(client: Client, user_id: UUID, base: str) -> Any:
    row = find_user(client, user_id)
    return user_resource(row, base, row.memberships.all())


def group_as_resource(client: Client, group_id: UUID, base: str) -> Any:
    row = find_group(client, group_id)
    return group_resource(row, base, row.members.all())


def search_users(client: Client, wanted: "ScimFilter[Any] | None", base: str) -> list[Any]:
    """Those the filter matches. Equality of userName, externalId and id is asked of the database;
    anything else is judged row by row: one agency's personnel, not a population."""
    rows = _narrowed(_users(client), wanted, _USER_COLUMNS)
    found = [user_resource(row, base, row.memberships.all()) for row in rows]
    return [item for item in found if wanted is None or wanted.match(item)]


def search_groups(client: Client, wanted: "ScimFilter[Any] | None", base: str) -> list[Any]:
    """As `search_users`."""
    rows = _narrowed(_groups(client), wanted, _GROUP_COLUMNS)
    found = [group_resource(row, base, row.members.all()) for row in rows]
    return [item for item in found if wanted is None or wanted.match(item)]


def _users(client: Client) -> QuerySet[ProvisionedUser]:
    memberships = ProvisionedMember.objects.filter(group__deleted_at=None).select_related("group")
    return (
        ProvisionedUser.objects.filter(client=client, deleted_at=None)
        .prefetch_related(Prefetch("memberships", memberships.order_by("pk")))
        .order_by("pk")
    )


def _groups(client: Client) -> QuerySet[ProvisionedGroup]:
    members = ProvisionedMember.objects.filter(user__deleted_at=None).select_related("user")
    return (
        ProvisionedGroup.objects.filter(client=client, deleted_at=None)
        .prefetch_related(Prefetch("members", members.order_by("pk")))
        .order_by("pk")
    )


def _narrowed(
    rows: "QuerySet[Any]", wanted: "ScimFilter[Any] | None", columns: dict[str, str]
) -> Iterable[Any]:
    tree = wanted.ast if wanted is not None else None
    if not isinstance(tree, Comparison) or tree.op != CompareOperator.eq:
        return rows
    path = tree.attr_path
    column = columns.get("" if path.sub_attr or path.uri else path.attr.lower())
    if column is None or not isinstance(tree.value, str):
        return rows
    if column == "pk":
        try:
            return rows.filter(pk=UUID(tree.value))
        except ValueError:
            return ()
    value = tree.value.casefold() if column == "user_name_key" else tree.value
    return rows.filter(**{column: value})
