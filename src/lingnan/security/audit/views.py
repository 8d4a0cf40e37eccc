"""Pages of the audit record, for the audit administrator."""

from django.http import HttpRequest, HttpResponse

from lingnan.kernel.pagination import Page
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.standards.agencies import queries as agencies

from . import queries
from .forms import SearchForm
from .models import Entry
from .templatetags.audit_facts import agency_ids
from .types import READ_AUDIT, VERIFY_AUDIT


@permitted(READ_AUDIT)
def search(request: HttpRequest) -> HttpResponse:
    """Search by act, object, actor and time; newest first."""
    actor = actor_of(request)
    form = SearchForm(request.GET)
    page: Page[Entry] = Page([], None)
    if form.is_valid():
        page = queries.search(
            actor=actor, wanted=form.wanted(), cursor=request.GET.get("cursor"), limit=50
        )
    named = {agency_id for entry in page.items for agency_id in agency_ids(entry.facts)}
    cards = agencies.agencies(list(named)) if named else {}
    names = {str(agency_id): card.name for agency_id, card in cards.items()}
    context = {"form": form, "page": page, "names": names, "may_verify": actor.can(VERIFY_AUDIT)}
    return render(request, "audit/search.html", context)


@permitted(VERIFY_AUDIT)
def verify(request: HttpRequest) -> HttpResponse:
    """Verify the chain and show what was found."""
    return render(request, "audit/verdict.html", {"verdict": queries.verify_chain()})
