"""What an authority publishes for everyone: its revocation list."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from lingnan.kernel import clock
from lingnan.kernel.web.guard import open_to_all

from . import services


@require_safe
@open_to_all
def revocation_list(request: HttpRequest, serial_number: str) -> HttpResponse:
    """The revocation list in force of an authority (DER), at the address its certificates name.

    Source: RFC 5280, 5; RFC 2585 (media type).
    """
    der = services.revocation_list(serial_number, at=clock.now())
    response = HttpResponse(der, content_type="application/pkix-crl")
    response["Cache-Control"] = "public, max-age=3600"
    return response
