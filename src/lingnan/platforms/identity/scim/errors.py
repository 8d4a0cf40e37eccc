"""What the personnel feed refuses; on the wire these are SCIM errors (RFC 7644 3.12)."""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import Forbidden, Malformed, NotFound, Refusal


class UserNameTaken(Refusal):
    code = "identity.provisioned_name_taken"
    message = _("Another user of this system, or another account, has this name.")
    remedy = _("Use another userName.")
    source = "RFC 7643 4.1.1"


class AgencyBeyondReach(Malformed):
    code = "identity.provisioned_agency_unknown"
    message = _("No agency of this code is the owner of this client or below it.")
    remedy = _("Give the credit code of the agency as organization of the enterprise extension.")


class RoleNotProvisioned(Forbidden):
    code = "identity.provisioned_role_kept"
    message = _("Administration is granted by the security administrator, not by a feed.")
    source = "GB/T 22239-2019 8.1.5"


class MemberUnknown(Malformed):
    code = "identity.provisioned_member_unknown"
    message = _("A member is no user of this system.")


class ResourceUnknown(NotFound):
    code = "identity.provisioned_resource_unknown"
    message = _("There is no such resource in this system.")


class VersionOther(Refusal):
    code = "identity.provisioned_version_other"
    status = 412
    message = _("The resource was changed meanwhile.")
    remedy = _("Read it again and repeat the change.")
    source = "RFC 7644 3.14"
