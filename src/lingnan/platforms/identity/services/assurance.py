"""Whether someone is sure enough for what he wants to do, and where to become so."""

from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlencode

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem
from lingnan.security.audit import services as audit

from ..errors import DetailsWrong, FirmNotProven, StepUpRequired
from ..models import Rule, Session
from ..queries.assurance import assurance_of, level_demanded, level_of_organisation
from ..rules import SHIPPED
from ..types import MANAGE_RULES
from .proofs import methods_for, subject_of

FIRMS_FROM = 2
"""The level from which on a firm must be proven as well: below it nothing rests on who asks."""


def check_level(
    *, actor: Actor, stated: Sequence[int | None], at: datetime, return_to: str = ""
) -> int:
    """Refuse a person whose session, or whose firm, is not sure enough; returns the level demanded.

    `stated` is what the matters' lists say, the highest counts; None: by the rule. `return_to` is
    the page to be back at. Officers at a window have the person before them. At most five queries,
    one where it passes for oneself.
    Raises: StepUpRequired, FirmNotProven (403).
    """
    level = level_demanded(stated, at=at)
    if not actor.is_person:
        return level
    if actor.assurance_level < level:
        raise StepUpRequired(
            level=level,
            held=actor.assurance_level,
            methods=_methods(actor, level, at),
            url=step_up_url(level, return_to),
        )
    principal = actor.principal
    if principal is not None and principal.kind == "organisation" and level >= FIRMS_FROM:
        held = level_of_organisation(principal.id, at=at)
        if held < level:
            raise FirmNotProven(
                level=level,
                held=held,
                organisation_id=principal.id,
                url=reverse("identity:organisation", args=[principal.id]),
            )
    return level


def step_up_url(level: int, return_to: str = "") -> str:
    """Where a session is raised to a level, and from where it goes on to `return_to`."""
    query = {"level": str(level), **({"next": return_to} if return_to else {})}
    return f"{reverse('identity:step_up')}?{urlencode(query)}"


def _methods(actor: Actor, level: int, at: datetime) -> list[str]:
    if actor.session_id is None:
        return []
    session = Session.objects.select_related("account").filter(pk=actor.session_id).first()
    assurance = assurance_of(actor.session_id, at=at) if session else None
    if session is None or assurance is None:
        return []
    return methods_for(subject_of(session.account), assurance, level, at)


@transaction.atomic
def set_rule(
    *, actor: Actor, code: str, parameters: dict[str, int], effective_from: date, at: datetime
) -> Rule:
    """Publish the next version of a rule, in force from a day that has not begun.

    Raises: Forbidden (403), DetailsWrong (422).
    Source: GB/T 22239-2019 8.1.5 (the security administrator sets the security parameters).
    """
    actor.check(MANAGE_RULES)
    shipped = SHIPPED.get(code)
    if shipped is None:
        raise DetailsWrong(fields=[FieldProblem("code", "choice", _("Choose a rule."))])
    problems: list[FieldProblem] = []
    for key in shipped.parameters:
        low, high = shipped.bounds_of(key)
        value = parameters.get(key)
        if value is None or not low <= value <= high:
            message = _("A whole number from %(low)s to %(high)s.") % {"low": low, "high": high}
            problems.append(FieldProblem(key, "range", message))
    problems += [
        FieldProblem(key, "unknown", _("The rule has no such number."))
        for key in sorted(set(parameters) - set(shipped.parameters))
    ]
    if effective_from <= clock.local_date(at):
        message = _("A new version begins tomorrow at the earliest.")
        problems.append(FieldProblem("effective_from", "range", message))
    if problems:
        raise DetailsWrong(fields=problems)
    last = Rule.objects.filter(code=code).order_by("-version").first()
    row = Rule(
        code=code,
        version=last.version + 1 if last else 1,
        effective_from=effective_from,
        parameters=parameters,
        set_by_id=actor.officer_id,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as other:
        message = _("Someone else published a version just now; look at it first.")
        raise DetailsWrong(fields=[FieldProblem("code", "changed", message)]) from other
    audit.record(
        actor=actor,
        act="identity.rule_set",
        object_kind="rule",
        object_id=code,
        facts={"version": row.version, "effective_from": effective_from.isoformat(), **parameters},
        at=at,
    )
    return row
