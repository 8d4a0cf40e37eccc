"""Mandates: given by one side, accepted by the other, ended by either at once."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from lingnan.kernel import clock, events
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, NotFound
from lingnan.security.audit import services as audit
from lingnan.standards.codes.errors import CodeMalformed
from lingnan.standards.codes.types import document_types

from ..errors import (
    AgentUnknown,
    FirmNotProven,
    GuardianshipStands,
    MandateExists,
    MandateInvalid,
    MandateNotOpen,
)
from ..events import MandateAccepted, MandateEnded, MandateOffered
from ..models import Mandate, Organisation
from ..queries.assurance import level_of_organisation
from ..queries.people import find_person
from .evidence import renew_rights

TERM_MAX = timedelta(days=5 * 366)  # our default, the plan gives no number
LIVE = (Mandate.State.OFFERED, Mandate.State.ACCEPTED)


@transaction.atomic
def give_mandate(
    *,
    actor: Actor,
    agent_name: str,
    agent_document_type: str,
    agent_document_number: str,
    relation: str,
    item_codes: Sequence[str],
    valid_from: date,
    valid_until: date,
    at: datetime,
    kinship: str = "",
) -> Mandate:
    """Offer a mandate in the name one acts in: oneself, or a firm as its legal representative.

    No item codes: all matters. `valid_until` is exclusive. An agent cannot pass his mandate on.
    The agent is named by name and document together, so that nothing can be looked up this way.
    A firm nobody has proved to lead gives none.
    Raises: NotFound (404), FirmNotProven (403), MandateInvalid (422), AgentUnknown (404),
    MandateExists (409).
    Source: 民法典 161-175.
    """
    principal = actor.principal
    if actor.person_id is None or principal is None or actor.mandate_id is not None:
        raise NotFound
    firm: Organisation | None = None
    if principal.kind == "organisation":
        firm = Organisation.objects.filter(
            pk=principal.id, legal_representative_id=actor.person_id
        ).first()
        if firm is None:
            raise NotFound
        _check_led(firm, at)
    today = clock.local_date(at)
    if relation != Mandate.Relation.RELATIVE or firm is not None:
        kinship = ""
    check_terms(relation, item_codes, valid_from, valid_until, today, kinship=kinship)
    agent = person_named(agent_name, agent_document_type, agent_document_number)
    if agent == actor.person_id:
        message = _("You need no mandate to act for yourself or a firm you lead.")
        raise MandateInvalid(fields=[FieldProblem("agent_name", "self", message)])
    grantor = (
        {"grantor_organisation_id": firm.pk} if firm else {"grantor_person_id": actor.person_id}
    )
    Mandate.objects.filter(
        agent_id=agent, state__in=LIVE, valid_until__lte=today, **grantor
    ).update(state=Mandate.State.EXPIRED, ended_at=at)
    mandate = Mandate(
        agent_id=agent,
        relation=relation,
        kinship=kinship,
        all_matters=not item_codes,
        item_codes=sorted(set(item_codes)),
        valid_from=valid_from,
        valid_until=valid_until,
        given_by_id=actor.account_id,
        **grantor,
    )
    try:
        with transaction.atomic():
            mandate.save(force_insert=True)
    except IntegrityError as live:
        raise MandateExists from live
    events.publish(MandateOffered(mandate_id=mandate.pk, agent_id=agent), at=at)
    record_mandate(actor, "identity.mandate_given", mandate, at)
    return mandate


@transaction.atomic
def accept_mandate(*, actor: Actor, mandate_id: UUID, at: datetime) -> None:
    """The agent agrees; from now on he may act.

    Raises: NotFound (404), MandateNotOpen (409), FirmNotProven (403).
    """
    mandate = _locked(mandate_id, Q(agent_id=actor.person_id), actor)
    is_over = mandate.valid_until <= clock.local_date(at)
    if mandate.state != Mandate.State.OFFERED or is_over:
        raise MandateNotOpen(state=mandate.state)
    if mandate.grantor_organisation is not None:
        _check_led(mandate.grantor_organisation, at)
    mandate.state, mandate.answered_at = Mandate.State.ACCEPTED, at
    mandate.save(update_fields=["state", "answered_at"])
    renew_rights(person_id=mandate.agent_id)
    events.publish(MandateAccepted(mandate_id=mandate.pk, agent_id=mandate.agent_id), at=at)
    record_mandate(actor, "identity.mandate_accepted", mandate, at)


@transaction.atomic
def decline_mandate(*, actor: Actor, mandate_id: UUID, at: datetime) -> None:
    """The agent does not want it. Raises: NotFound (404), MandateNotOpen (409)."""
    mandate = _locked(mandate_id, Q(agent_id=actor.person_id), actor)
    if mandate.state != Mandate.State.OFFERED:
        raise MandateNotOpen(state=mandate.state)
    mandate.answered_at = at
    end_mandate(mandate, Mandate.State.DECLINED, actor, at)
    record_mandate(actor, "identity.mandate_declined", mandate, at)


@transaction.atomic
def revoke_mandate(*, actor: Actor, mandate_id: UUID, at: datetime) -> None:
    """Either side ends it, at once, also in the agent's open sessions.

    A ward does not end what the law gives his guardian; the guardian may step back.
    Raises: NotFound (404), GuardianshipStands (403), MandateNotOpen (409). Source: 民法典 173.
    """
    sides = (
        Q(agent_id=actor.person_id)
        | Q(grantor_person_id=actor.person_id)
        | Q(grantor_organisation__legal_representative_id=actor.person_id)
    )
    mandate = _locked(mandate_id, sides, actor)
    if mandate.relation == Mandate.Relation.GUARDIAN and mandate.agent_id != actor.person_id:
        raise GuardianshipStands
    if mandate.state not in LIVE:
        raise MandateNotOpen(state=mandate.state)
    end_mandate(mandate, Mandate.State.REVOKED, actor, at)
    record_mandate(actor, "identity.mandate_revoked", mandate, at)


@transaction.atomic
def expire_mandates(*, at: datetime) -> int:
    """Mark those whose term is over. They stopped binding with their last day already."""
    over = Mandate.objects.filter(state__in=LIVE, valid_until__lte=clock.local_date(at))
    return over.update(state=Mandate.State.EXPIRED, ended_at=at)


def end_mandates_of(person_id: UUID, *, actor: Actor, at: datetime) -> int:
    """End what a person gave in his own name and what he holds, in the caller's transaction. What
    the law gives his guardian stays."""
    given = Q(grantor_person_id=person_id) & ~Q(relation=Mandate.Relation.GUARDIAN)
    own = given | Q(agent_id=person_id)
    live = Mandate.objects.select_for_update(of=("self",)).filter(own, state__in=LIVE)
    rows = list(live.order_by("pk"))
    for mandate in rows:
        end_mandate(mandate, Mandate.State.REVOKED, actor, at)
        record_mandate(actor, "identity.mandate_revoked", mandate, at)
    return len(rows)


def end_mandate(mandate: Mandate, state: str, actor: Actor, at: datetime) -> None:
    mandate.state, mandate.ended_at, mandate.ended_by_id = state, at, actor.account_id
    mandate.save(update_fields=["state", "answered_at", "ended_at", "ended_by"])
    renew_rights(person_id=mandate.agent_id)
    events.publish(
        MandateEnded(mandate_id=mandate.pk, agent_id=mandate.agent_id, state=str(state)), at=at
    )


def _locked(mandate_id: UUID, sides: Q, actor: Actor) -> Mandate:
    """The row for someone on either side of it; to others it does not exist."""
    if actor.person_id is None or not actor.is_person:
        raise NotFound
    rows = Mandate.objects.select_for_update(of=("self",))
    mandate = rows.filter(sides, pk=mandate_id).first()
    if mandate is None:
        raise NotFound
    return mandate


def person_named(name: str, document_type: str, number: str) -> UUID:
    """Someone named by name and document together. Raises: AgentUnknown (404)."""
    try:
        found = find_person(document_type, document_types.check_number(document_type, number))
    except (CodeMalformed, ValueError) as wrong:
        raise AgentUnknown from wrong
    if found is None or found.name != " ".join(name.split()):
        raise AgentUnknown
    return found.id


def _check_led(firm: Organisation, at: datetime) -> None:
    """Only whoever proved that he leads it gives away its name. Raises: FirmNotProven (403)."""
    if not level_of_organisation(firm.pk, at=at):
        raise FirmNotProven(
            level=1,
            held=0,
            organisation_id=firm.pk,
            url=reverse("identity:organisation", args=[firm.pk]),
        )


def check_terms(
    relation: str,
    item_codes: Sequence[str],
    valid_from: date,
    valid_until: date,
    today: date,
    *,
    kinship: str = "",
    term_max: timedelta | None = TERM_MAX,
) -> None:
    """Raises: MandateInvalid (422)."""
    problems: list[FieldProblem] = []
    given = {*Mandate.Relation.values} - {Mandate.Relation.GUARDIAN}
    if term_max is not None and relation not in given:
        problems.append(FieldProblem("relation", "choice", _("Choose a relation.")))
    for code in item_codes:
        if not (12 <= len(code) <= 33 and code.isascii() and code.isalnum()):
            message = _("“%(code)s” is not the code of a matter.") % {"code": code}
            problems.append(FieldProblem("item_codes", "shape", message))
    if valid_from < today:
        message = _("A mandate cannot begin in the past.")
        problems.append(FieldProblem("valid_from", "range", message))
    if kinship not in Mandate.Kinship.values:
        problems.append(FieldProblem("kinship", "choice", _("Choose a relation.")))
    if not valid_from < valid_until or (term_max and valid_until > valid_from + term_max):
        message = _("The mandate must end after it begins, within five years.")
        problems.append(FieldProblem("valid_until", "range", message))
    if problems:
        raise MandateInvalid(fields=problems)


def record_mandate(actor: Actor, act: str, mandate: Mandate, at: datetime) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind="mandate",
        object_id=mandate.pk,
        facts={"agent_id": mandate.agent_id, "state": str(mandate.state)},
        at=at,
    )
