from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import Malformed, NotFound, Refusal


class NoSuchAgency(NotFound):
    code = "agencies.no_such_agency"
    message = _("There is no such agency.")
    remedy = _("Search the directory of agencies by name or by division.")


class NoAgencyOfKind(NotFound):
    """No agency of that line of work stands here or anywhere above."""

    code = "agencies.no_agency_of_kind"
    message = _("No agency of the kind “%(kind)s” is responsible for %(region)s.")
    remedy = _("Enter the agency in the directory first.")


class UsccTaken(Refusal):
    code = "agencies.uscc_taken"
    message = _("Another agency has the credit code %(uscc)s.")
    source = "GB 32100-2015"


class KindTaken(Refusal):
    code = "agencies.kind_taken"
    message = _("%(region)s has an agency of the kind “%(kind)s” already.")
    remedy = _("Close the old one first, or enter the new one as its subordinate of another kind.")


class AgencyMalformed(Malformed):
    code = "agencies.malformed"
    message = _("An agency needs a name, a short name and an English name.")
