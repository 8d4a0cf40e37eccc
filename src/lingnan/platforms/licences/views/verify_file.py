"""Verifying a file that anyone brings."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import Refusal
from lingnan.kernel.web.addresses import client_address
from lingnan.kernel.web.guard import open_to_all
from lingnan.kernel.web.pages import render

from .. import services
from ..disclosure import disclose
from ..document_checks import FILE_MAX_BYTES, verify_document
from ..errors import DocumentTooLarge
from ..finding_words import in_words
from ..forms import VerifyFileForm


@require_http_methods(["GET", "HEAD", "POST"])
@open_to_all
def verify_file(request: HttpRequest) -> HttpResponse:
    """Check an OFD or PDF and say what is proven, what is not, and what is wrong."""
    if request.method != "POST":
        return render(request, "licences/verify_file.html", {"file_form": VerifyFileForm()})
    services.check_verify_rate(client_address(request), at=clock.now())
    form = VerifyFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "licences/verify_file.html", {"file_form": form}, status=422)
    upload = form.cleaned_data["file"]
    try:
        if upload.size > FILE_MAX_BYTES:
            raise DocumentTooLarge(limit_mb=FILE_MAX_BYTES // 1_000_000)
        report = verify_document(upload.read(), at=clock.now())
    except Refusal as refusal:
        form.add_error("file", refusal.text)
        context = {"file_form": form, "problem": refusal}
        return render(request, "licences/verify_file.html", context, status=422)
    context = {
        "file_form": VerifyFileForm(),
        "file_name": upload.name,
        "report": report,
        "shown": in_words(report),
        "licence": disclose(report.licence) if report.licence is not None else None,
    }
    return render(request, "licences/verify_file.html", context)
