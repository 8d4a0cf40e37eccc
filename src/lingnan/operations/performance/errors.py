from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import Malformed, NotFound


class NoSuchIndicator(NotFound):
    code = "performance.no_such_indicator"
    message = _("There is no indicator “%(code)s”.")
    remedy = _("Choose one of the list of indicators.")


class BadMonth(Malformed):
    code = "performance.bad_month"
    message = _("A month is written like 2026-11.")
