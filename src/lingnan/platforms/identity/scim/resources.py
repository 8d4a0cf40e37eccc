"""Rows as SCIM resources, and back."""

from collections.abc import Iterable
from typing import Any

from scim2_models import EnterpriseUser, Group, GroupMember, GroupMembership, Meta, Reference, User

from ..models import ProvisionedGroup, ProvisionedMember, ProvisionedUser

ScimUser = User[EnterpriseUser]
# Held in columns, or computed: never in the stored document.
UNSAID = "activeUnsaid"  # the system left `active` out, or took it away: not said back
_OWN = ("id", "meta", "groups", "password", "userName", "externalId", "active")


def user_resource(
    row: ProvisionedUser, base: str, memberships: Iterable[ProvisionedMember] = ()
) -> Any:
    """The user as SCIM says it."""
    resource = ScimUser.model_validate(
        {
            **{key: value for key, value in row.document.items() if key != UNSAID},
            "id": str(row.pk),
            "userName": row.user_name,
            **({} if row.document.get(UNSAID) else {"active": row.active}),
            **({"externalId": row.external_id} if row.external_id else {}),
        }
    )
    resource.meta = Meta(
        resource_type="User",
        created=row.created_at,
        last_modified=row.changed_at,
        location=f"{base}/Users/{row.pk}",
        version=etag(row.version),
    )
    groups = [
        GroupMembership(
            value=str(member.group_id),
            ref=Reference(f"{base}/Groups/{member.group_id}"),
            display=member.group.display_name,
            type="direct",
        )
        for member in memberships
    ]
    resource.groups = groups or None
    return resource


def user_document(resource: Any) -> dict[str, Any]:
    """What is stored of a user beside the columns."""
    dumped: dict[str, Any] = resource.model_dump()
    kept = {key: value for key, value in dumped.items() if key not in _OWN}
    return kept | ({UNSAID: True} if resource.active is None else {})


def group_resource(
    row: ProvisionedGroup, base: str, members: Iterable[ProvisionedMember] = ()
) -> Any:
    resource: Any = Group(
        id=str(row.pk),
        display_name=row.display_name,
        external_id=row.external_id or None,
        meta=Meta(
            resource_type="Group",
            created=row.created_at,
            last_modified=row.changed_at,
            location=f"{base}/Groups/{row.pk}",
            version=etag(row.version),
        ),
    )
    resource.members = [
        GroupMember(
            value=str(member.user_id),
            ref=Reference(f"{base}/Users/{member.user_id}"),
            type="User",
            display=member.display or member.user.user_name,
        )
        for member in members
    ] or None
    return resource


def etag(version: int) -> str:
    return f'W/"{version}"'


def officer_name(resource: Any) -> str:
    """The name a colleague is known by: family name first where both are Chinese."""
    name = resource.name
    family = (name.family_name or "").strip() if name else ""
    given = (name.given_name or "").strip() if name else ""
    formatted = (name.formatted or "").strip() if name else ""
    joined = f"{family}{given}" if not f"{family}{given}".isascii() else f"{given} {family}"
    candidates = (formatted, joined.strip(), resource.display_name or "", resource.user_name or "")
    found = next((text for text in candidates if len(text.strip()) >= 2), "")
    return " ".join(found.split())[:100] or f"{resource.user_name or ''}  "[:100]
