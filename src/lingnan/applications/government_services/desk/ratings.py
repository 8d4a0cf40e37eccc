"""Bad ratings: call back, verify, answer. Source: State Council Office 2019 No. 51."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.platforms.identity import queries as identity

from .. import access, queries, services
from ..errors import ReasonRequired
from ..models import Case, ServiceRating
from ..types import HANDLE_RATINGS, RatingLevel

FINDINGS = (
    ("confirmed", gettext_lazy("Confirmed: the complaint is right")),
    ("mistaken", gettext_lazy("Mistaken: the person meant something else")),
    ("malicious", gettext_lazy("Malicious: proven untrue")),
)


@require_GET
@permitted(HANDLE_RATINGS)
def list_ratings(request: HttpRequest) -> HttpResponse:
    """Negative ratings waiting for a call back, the longest waiting first."""
    page = queries.ratings_to_review(
        actor_of(request), HANDLE_RATINGS, cursor=request.GET.get("cursor") or None
    )
    today = local_date(clock.now())
    rows = [
        {
            "rating": rating,
            "case": rating.case,
            "level": str(RatingLevel(rating.level).label),
            "is_late": rating.review_due_on is not None and rating.review_due_on < today,
        }
        for rating in page.items
    ]
    context = {"page": page, "rows": rows}
    return render(request, "government_services/desk/ratings.html", context)


@require_http_methods(["GET", "POST"])
@permitted(HANDLE_RATINGS)
def review_rating(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """One rating: what was said, whom to call, and what was found."""
    actor = actor_of(request)
    case = access.officer_case(actor, case_id, HANDLE_RATINGS)
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            if request.POST.get("finding") not in {code for code, _label in FINDINGS}:
                raise ReasonRequired
            services.review_rating(
                actor=actor,
                case_id=case_id,
                finding=request.POST["finding"],
                note=request.POST.get("note", "")[:1000],
                at=clock.now(),
            )
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, _("The rating is answered."))
            return redirect("government_services:desk_ratings")
    rating = ServiceRating.objects.filter(case=case).first()
    if rating is None or not rating.is_negative:
        raise NotFound
    services.note_look(actor=actor, case=case, at=clock.now())
    context: dict[str, Any] = {
        "case": case,
        "rating": rating,
        "level": str(RatingLevel(rating.level).label),
        "contact": _contact(case),
        "findings": FINDINGS,
        "is_due": rating.review == ServiceRating.Review.DUE,
        "refusal": refusal,
        "typed": request.POST,
    }
    status = refusal.status if refusal else 200
    return render(request, "government_services/desk/rating.html", context, status=status)


def _contact(case: Case) -> str:
    """The number to call; only on the page of one rating, never in the list."""
    try:
        if case.applicant_kind == "person":
            return identity.person(case.applicant_id).phone
        return identity.organisation(case.applicant_id).phone
    except NotFound:
        return ""
