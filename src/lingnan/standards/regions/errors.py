from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import NotFound, Refusal

SOURCE = "GB/T 2260; GB/T 10114; National Bureau of Statistics, divisions as of 2023-06-30"


class NoSuchRegion(NotFound):
    code = "regions.no_such_region"
    message = _("There is no division with the code %(region_code)s.")
    remedy = _("Search by name; an abolished code can be resolved for a date when it was valid.")
    source = SOURCE


class OtherEdition(Refusal):
    """The tables hold other divisions than the seed, and other rows refer to them."""

    code = "regions.other_edition"
    message = _("The tables hold another edition of the divisions than %(edition)s.")
    remedy = _("Bring in the changes between the editions instead of the whole table.")
    source = SOURCE
