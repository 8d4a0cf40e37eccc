"""What this SCIM service says of itself (RFC 7644 4)."""

from typing import Any

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    EnterpriseUser,
    ETag,
    Filter,
    Group,
    Meta,
    Patch,
    ResourceType,
    Schema,
    ServiceProviderConfig,
    Sort,
    User,
)

from .resources import ScimUser
from .wire import BODY_MAX_BYTES, base_url

RESULTS_MAX = 200
OPERATIONS_MAX = 100


def config() -> Any:
    return ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=True, max_operations=OPERATIONS_MAX, max_payload_size=BODY_MAX_BYTES),
        filter=Filter(supported=True, max_results=RESULTS_MAX),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type="oauthbearertoken",
                name="OAuth bearer token",
                description="client_credentials at /oauth/token with scope scim",
                spec_uri="https://www.rfc-editor.org/info/rfc6750",
                primary=True,
            )
        ],
        meta=Meta(
            resource_type="ServiceProviderConfig", location=f"{base_url()}/ServiceProviderConfig"
        ),
    )


def resource_types() -> list[Any]:
    found = [ResourceType.from_resource(ScimUser), ResourceType.from_resource(Group)]
    for item in found:
        item.meta = Meta(
            resource_type="ResourceType", location=f"{base_url()}/ResourceTypes/{item.id}"
        )
    return found


def schemas() -> list[Schema]:
    found = [User.to_schema(), EnterpriseUser.to_schema(), Group.to_schema()]
    for item in found:
        item.meta = Meta(resource_type="Schema", location=f"{base_url()}/Schemas/{item.id}")
    return found
