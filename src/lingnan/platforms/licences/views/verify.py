"""Verifying for anyone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import Refusal
from lingnan.kernel.web.guard import open_to_all
from lingnan.kernel.web.pages import render

from .. import verification
from ..disclosure import disclose
from ..errors import DocumentUnreadable
from ..forms import VerifyFileForm, VerifyForm

UPLOAD_MAX_BYTES = 20_000_000


@require_http_methods(["GET", "HEAD", "POST"])
@open_to_all
def verify(request: HttpRequest) -> HttpResponse:
    """Verify by identifier or by file, as anyone."""
    form, file_form, shown, problem = VerifyForm(), VerifyFileForm(), None, None
    if request.GET.get("identifier"):
        form = VerifyForm(request.GET)
        if form.is_valid():
            return redirect(
                "licences:verify_identifier", identifier=form.cleaned_data["identifier"].strip()
            )
    if request.method == "POST":
        file_form = VerifyFileForm(request.POST, request.FILES)
        if file_form.is_valid():
            upload = file_form.cleaned_data["file"]
            try:
                if upload.size > UPLOAD_MAX_BYTES:
                    raise DocumentUnreadable(reason="too large")
                shown = disclose(verification.verify_file(upload.read(), at=clock.now()))
            except Refusal as refusal:
                problem = refusal
                file_form.add_error("file", refusal.text)
    context = {"form": form, "file_form": file_form, "shown": shown, "problem": problem}
    return render(request, "licences/verify.html", context, status=422 if problem else 200)


@require_GET
@open_to_all
def verify_identifier(request: HttpRequest, identifier: str) -> HttpResponse:
    """The public answer for one identifier; with `?code=` from the QR, the contents."""
    found = verification.verify_identifier(
        identifier, code=request.GET.get("code", ""), at=clock.now()
    )
    context = {"form": VerifyForm(initial={"identifier": identifier}), "shown": disclose(found)}
    return render(request, "licences/verify.html", context)
