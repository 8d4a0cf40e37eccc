"""Verifying for anyone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from lingnan.kernel import clock
from lingnan.kernel.web.addresses import client_address
from lingnan.kernel.web.guard import open_to_all
from lingnan.kernel.web.pages import render

from .. import offline, queries, services, verification
from ..disclosure import disclose
from ..forms import OfflineForm, VerifyFileForm, VerifyForm


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
    services.check_verify_rate(client_address(request), at=clock.now())
    found = verification.verify_identifier(
        identifier, code=request.GET.get("code", ""), at=clock.now()
    )
    context = {"form": VerifyForm(initial={"identifier": identifier}), "shown": disclose(found)}
    return render(request, "licences/verify.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to_all
def verify_code(request: HttpRequest) -> HttpResponse:
    """Read an offline code, as anyone, and compare it with the register."""
    form = OfflineForm(request.POST or None)
    context: dict[str, object] = {"form": form}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            facts = offline.read_code(form.cleaned_data["code"], at=clock.now())
            context |= {"asked": True, "facts": facts}
            if facts is not None:
                status = 200
                context["status_now"] = queries.status_now(facts.identifier, on=clock.today())
    return render(request, "licences/verify_code.html", context, status=status)
