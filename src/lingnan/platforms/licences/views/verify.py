"""Verifying for anyone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_safe

from lingnan.kernel import clock
from lingnan.kernel.web.guard import open_to_all
from lingnan.kernel.web.pages import render

from .. import verification
from ..disclosure import disclose
from ..forms import VerifyFileForm, VerifyForm


@require_safe
@open_to_all
def verify(request: HttpRequest) -> HttpResponse:
    """Verify by identifier, as anyone; the form for a file leads to its own page."""
    form = VerifyForm()
    if request.GET.get("identifier"):
        form = VerifyForm(request.GET)
        if form.is_valid():
            return redirect(
                "licences:verify_identifier", identifier=form.cleaned_data["identifier"].strip()
            )
    context = {"form": form, "file_form": VerifyFileForm()}
    return render(request, "licences/verify.html", context)


@require_GET
@open_to_all
def verify_identifier(request: HttpRequest, identifier: str) -> HttpResponse:
    """The public answer for one identifier; with `?code=` from the QR, the contents."""
    found = verification.verify_identifier(
        identifier, code=request.GET.get("code", ""), at=clock.now()
    )
    context = {"form": VerifyForm(initial={"identifier": identifier}), "shown": disclose(found)}
    return render(request, "licences/verify.html", context)
