"""Reports on oneself, consents to others, the public check of a report, one's commitments."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import FieldProblem, NotFound, Refusal
from lingnan.kernel.web.guard import actor_of, open_to_all, person_only
from lingnan.kernel.web.pages import render
from lingnan.platforms.documents import queries as documents
from lingnan.standards.agencies import queries as agencies

from .. import access, queries, services
from ..errors import SubjectNotFound
from ..forms import ConsentForm
from ..services.reports import digest_of
from ..types import COMMITMENT_SUBJECT, CommitmentState
from .public import unlisted

page = require_http_methods(["GET", "HEAD", "POST"])


@require_http_methods(["GET", "HEAD"])
@open_to_all
def check(request: HttpRequest) -> HttpResponse:
    """Whether a report is genuine and unchanged, by its number and code."""
    number = request.GET.get("number", "").strip()[:40]
    code = request.GET.get("code", "").strip()[:12]
    found = queries.checked_report(number, code)
    context = {
        "number": number,
        "code": code,
        "asked": bool(number and code),
        "found": found,
        "name": queries.masked_name(found.subject) if found else "",
        "is_whole": found is not None and digest_of(found.number, found.content) == found.digest,
    }
    return unlisted(render(request, "credit/check_report.html", context))


@page
@person_only
def own(request: HttpRequest) -> HttpResponse:
    """Ask for a report on oneself or the firm one acts for; the reports so far."""
    actor, at = actor_of(request), clock.now()
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        try:
            services.make_report(actor=actor, purpose=request.POST.get("purpose", ""), at=at)
            messages.success(request, _("The report is being made; look again in a minute."))
            return HttpResponseRedirect(request.path)
        except SubjectNotFound:
            raise
        except Refusal as refusal:
            problems = [FieldProblem("purpose", refusal.code, refusal.text)]
            status = refusal.status
    subject = access.own_subject(actor)
    context = {
        "subject": subject,
        "reports": queries.own_reports(subject),
        "commitments": queries.own_commitments(subject),
        "problems": problems,
    }
    return render(request, "credit/own_reports.html", context, status=status)


@page
@person_only
def consents(request: HttpRequest) -> HttpResponse:
    """Whom one allows a report on oneself: give and take back."""
    actor, at = actor_of(request), clock.now()
    if request.method == "POST" and request.POST.get("revoke"):
        _revoke(request)
        return HttpResponseRedirect(request.path)
    form = ConsentForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 200 if form.is_finding else 422
    if request.method == "POST" and form.is_valid():
        try:
            _give(request, form)
            return HttpResponseRedirect(request.path)
        except Refusal as refusal:
            if refusal.status == 404 and refusal.code.startswith("credit."):
                raise
            fields = {"credit.term_invalid": "until", "credit.reason_missing": "purpose"}
            form.add_error(fields.get(refusal.code, "agency"), f"{refusal.text} {refusal.remedy}")
            status = refusal.status
    subject = access.own_subject(actor)
    context = {
        "subject": subject,
        "consents": queries.own_consents(subject),
        "today": clock.local_date(at),
        "form": form,
    }
    return render(request, "credit/own_consents.html", context, status=status)


def _revoke(request: HttpRequest) -> None:
    try:
        consent_id = UUID(request.POST["revoke"])
    except ValueError as error:
        raise NotFound from error
    services.revoke_consent(actor=actor_of(request), consent_id=consent_id, at=clock.now())
    messages.success(request, _("The consent is taken back."))


def _give(request: HttpRequest, form: ConsentForm) -> None:
    given = form.cleaned_data
    agency = agencies.agency_by_uscc(given["agency"])
    services.give_consent(
        actor=actor_of(request),
        agency_id=agency.id,
        purpose=given["purpose"],
        until=given["until"],
        at=clock.now(),
    )
    messages.success(request, _("The consent is given."))


@page
@person_only
def commitment(request: HttpRequest, commitment_id: UUID) -> HttpResponse:
    """One commitment of one's own; what its check found, and one's answer."""
    actor, at = actor_of(request), clock.now()
    row = access.own_commitment(actor, commitment_id)
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        try:
            text = request.POST.get("text", "")
            services.answer_breach(actor=actor, commitment_id=commitment_id, text=text, at=at)
            return HttpResponseRedirect(request.path)
        except Refusal as refusal:
            problems = [FieldProblem("text", refusal.code, refusal.text)]
            status = refusal.status
    context = {
        "row": row,
        "files": documents.files_of(COMMITMENT_SUBJECT, row.pk),
        "may_state": row.state == CommitmentState.DOUBTED
        and row.stated_at is None
        and row.statement_due_on is not None
        and clock.local_date(at) <= row.statement_due_on,
        "problems": problems,
        "posted": request.POST,
    }
    return render(request, "credit/own_commitment.html", context, status=status)
