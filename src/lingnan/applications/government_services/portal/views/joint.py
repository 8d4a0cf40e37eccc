"""One thing: questions choose the matters, one form and one set of materials serve all."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import FieldProblem, Forbidden, Refusal, SignInRequired
from lingnan.kernel.web.guard import actor_of, open_to_all, person_only
from lingnan.kernel.web.pages import render
from lingnan.kernel.web.schema_forms import FormDefinition

from ... import access, queries, services
from ...errors import ItemNotOnline, ThemeNotFound
from ...models import JointDraft, JointTheme
from ...types import WITHDRAWABLE
from .. import places
from ..filling import JointFilling, own_joint
from ..keeping import keep_and_sign_in
from . import apply

show = require_http_methods(["GET", "HEAD"])
show_or_send = require_http_methods(["GET", "HEAD", "POST"])


@show
@open_to_all
def scenario(request: HttpRequest, theme_code: str) -> HttpResponse:
    """What this one thing is, and the few questions that choose its parts."""
    theme = _theme(theme_code)
    definition = FormDefinition(theme.questions)
    asked = definition.read(request.GET).data
    return render(
        request,
        "government_services/portal/joint_scenario.html",
        {"theme": theme, "bound": definition.bind(asked)},
    )


@show_or_send
@open_to_all
def plan(request: HttpRequest, theme_code: str) -> HttpResponse:
    """What the answers come to: parts, time, materials, what is saved. POST begins.

    Refusals: joint.theme_not_found, joint.nothing_chosen, joint.promise_too_long.
    """
    theme = _theme(theme_code)
    definition = FormDefinition(theme.questions)
    sent = request.POST if request.method == "POST" else request.GET
    reading = definition.read(sent)
    if reading.problems:
        return render(
            request,
            "government_services/portal/joint_scenario.html",
            {
                "theme": theme,
                "bound": definition.bind(reading.data, problems=reading.problems),
            },
            status=422,
        )
    place = places.here(request)
    try:
        found = services.plan_joint_case(
            theme_code=theme_code, scenario=reading.data, region_path=place.path
        )
    except ItemNotOnline:
        # Most parts are handled by districts: say where, then go on here.
        messages.info(request, _("Choose the district first: it is where the parts are handled."))
        here = f"{request.path}?{urlencode(_answers(theme, sent))}"
        target = f"{reverse('government_services:region')}?{urlencode({'next': here})}"
        return HttpResponseRedirect(target)
    if request.method == "POST":
        actor = actor_of(request)
        if actor.is_anonymous:
            raise SignInRequired
        if not actor.is_person:
            raise Forbidden(needs="person")
        draft = services.open_joint_draft(
            actor=actor,
            theme_code=theme_code,
            scenario=reading.data,
            region_path=place.path,
            at=clock.now(),
        )
        filling = JointFilling(actor, draft, clock.now())
        services.check_assurance(
            filling.items, actor=actor, at=clock.now(), return_to=filling.resume_url()
        )
        return HttpResponseRedirect(filling.resume_url())
    answers = _answers(theme, request.GET)
    return render(
        request,
        "government_services/portal/joint_plan.html",
        {
            "theme": theme,
            "plan": found,
            "made": {part.item.licence_type_code for part in found.parts} - {""},
            "place": place,
            "answers": answers,
            "query": urlencode(answers),
        },
    )


@show
@person_only
def resume(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """On with a draft, where it was left."""
    filling = own_joint(actor_of(request), draft_id, at=clock.now())
    return HttpResponseRedirect(filling.resume_url())


@show_or_send
@open_to_all
def question(request: HttpRequest, draft_id: UUID, page_id: str) -> HttpResponse:
    """One page of the merged form."""
    actor = actor_of(request)
    if actor.is_anonymous:
        if request.method == "POST" and "_autosave" not in request.POST:
            return keep_and_sign_in(request)
        raise SignInRequired
    return apply.ask_page(request, own_joint(actor, draft_id, at=clock.now()), page_id)


@show_or_send
@person_only
def collect_materials(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The merged materials, each once."""
    filling = own_joint(actor_of(request), draft_id, at=clock.now())
    return apply.ask_materials(request, filling)


@show_or_send
@person_only
def check(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Check everything, then hand in once."""
    actor, at = actor_of(request), clock.now()
    draft = access.own_joint_draft(actor, draft_id)
    if draft.state == JointDraft.State.SUBMITTED:
        made = services.submit_joint_draft(actor=actor, draft_id=draft_id, at=at)
        return HttpResponseRedirect(reverse("government_services:joint_done", args=[made.pk]))
    filling = JointFilling(actor, draft, at)
    if request.method == "POST":
        return apply.submit(request, filling)
    return apply.look_over(request, filling)


@show_or_send
@person_only
def discard(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    filling = own_joint(actor_of(request), draft_id, at=clock.now())
    return apply.confirm_discard(request, filling)


@show
@person_only
def joint_done(request: HttpRequest, joint_case_id: UUID) -> HttpResponse:
    """It is in: the number, the promise, what comes next."""
    return _show(request, joint_case_id, "government_services/portal/joint_done.html")


@show
@person_only
def joint_case(request: HttpRequest, joint_case_id: UUID) -> HttpResponse:
    """One thing with its parts and where each stands. Refusals: case.not_found."""
    return _show(request, joint_case_id, "government_services/portal/joint_case.html")


@show_or_send
@person_only
def withdraw(request: HttpRequest, joint_case_id: UUID) -> HttpResponse:
    """Take the whole back, after asking once. Refusals: case.not_found, case.fee_settled."""
    actor = actor_of(request)
    joint = access.own_joint_case(actor, joint_case_id)
    problems: list[FieldProblem] = []
    reason = request.POST.get("reason", "").strip()[:500]
    if request.method == "POST":
        try:
            services.withdraw_joint_case(
                actor=actor, joint_case_id=joint_case_id, reason=reason, at=clock.now()
            )
            return HttpResponseRedirect(
                reverse("government_services:joint_case", args=[joint_case_id])
            )
        except Refusal as refusal:
            if refusal.status in {403, 404}:
                raise
            problems = [FieldProblem("reason", refusal.code, f"{refusal.text} {refusal.remedy}")]
    return render(
        request,
        "government_services/portal/joint_withdraw.html",
        {"joint": joint, "problems": problems, "reason": reason},
        status=409 if problems else 200,
    )


def _show(request: HttpRequest, joint_case_id: UUID, template: str) -> HttpResponse:
    joint = access.own_joint_case(actor_of(request), joint_case_id)
    children = queries.joint_children(joint)
    names = {child.key: child.item_name for child in children}
    rows = [
        {"child": child, "after": [names[key] for key in child.after if key in names]}
        for child in children
    ]
    can_withdraw = joint.state == joint.State.OPEN and any(
        child.case is None or child.case.state in WITHDRAWABLE for child in children
    )
    return render(
        request,
        template,
        {
            "joint": joint,
            "theme": joint.theme,
            "rows": rows,
            "done": sum(child.state == child.State.GRANTED for child in children),
            "can_withdraw": can_withdraw,
        },
    )


def _answers(theme: JointTheme, sent: QueryDict) -> list[tuple[str, str]]:
    """What was answered to the scenario, as an address carries it."""
    asked = theme.questions.get("properties", {})
    return [
        (name, value)
        for name in sent
        if name.split(".")[0] in asked
        for value in sent.getlist(name)
    ]


def _theme(code: str) -> JointTheme:
    theme = queries.joint_theme(code)
    if theme is None:
        raise ThemeNotFound
    return theme
