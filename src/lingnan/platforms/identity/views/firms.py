"""The clerk's page: another person leads a firm from now on."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render

from .. import queries, services
from ..forms import FirmFindForm, LeaderForm, show_refusal
from ..types import REGISTER_PERSONS, mask_name


@permitted(REGISTER_PERSONS)
@sensitive_post_parameters("document_number")
@require_http_methods(["GET", "HEAD", "POST"])
def change_leader(request: HttpRequest) -> HttpResponse:
    """The firm by its number first; then who leads it, and what in the register says so.

    Refusals stand at their fields: identity.details_wrong, identity.self_approval,
    identity.clerk_unknown, not_found.
    """
    if request.method != "POST":
        return _ask_firm(request, FirmFindForm(), 200)
    find = FirmFindForm(request.POST)
    if not find.is_valid():
        return _ask_firm(request, find, 422)
    firm = queries.organisation_by_number(find.cleaned_data["uscc"])
    if firm is None:
        find.add_error("uscc", _("No organisation is registered under this code."))
        return _ask_firm(request, find, 404)
    named = request.POST.get("step") == "leader"
    form = LeaderForm(request.POST if named else None, initial=find.cleaned_data)
    status = 200
    if named and form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if name != "uscc"}
        try:
            services.change_legal_representative(
                actor=actor_of(request), organisation_id=firm.id, **values, at=clock.now()
            )
        except NotFound:
            text = _("Nobody is registered with this document. Register the person first.")
            form.add_error("document_number", text)
            status = 404
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            now = queries.organisation(firm.id)
            text = _("%(person)s leads %(firm)s from now on.")
            messages.success(
                request, text % {"person": now.legal_representative_name, "firm": now.name}
            )
            return HttpResponseRedirect(reverse("identity:change_leader"))
    elif named:
        status = 422
    context = {"form": form, "firm": firm, "leader": mask_name(firm.legal_representative_name)}
    return render(request, "identity/firm_leader.html", context, status=status)


def _ask_firm(request: HttpRequest, form: FirmFindForm, status: int) -> HttpResponse:
    return render(request, "identity/firm_find.html", {"form": form}, status=status)
