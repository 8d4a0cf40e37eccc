"""Guardians: they act for a child, or for an adult whom the law gave one, by what papers show.

A guardianship is a mandate nobody gave: it rests on papers a clerk saw, or on a birth certificate
in the parent's wallet. The guardian accepts it like any mandate, it ends by itself when the child
comes of age, and each act says who acted for whom. Source: 民法典 17, 23, 27-39.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from lingnan.kernel import clock, events
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, NotFound
from lingnan.platforms.messaging import services as messaging

from .. import wording
from ..errors import DetailsWrong, MandateExists, MandateInvalid, MandateNotOpen, ParentNotProven
from ..events import MandateAccepted, MandateOffered
from ..models import Guardianship, Mandate
from ..queries.guardians import comes_of_age_on, guardianships_in_reach
from ..queries.people import person as person_of
from ..types import Parents, PersonCard, parent_proofs
from . import attempts
from .assurance import check_level
from .evidence import renew_rights
from .mandates import LIVE, TERM_MAX, check_terms, end_mandate, person_named, record_mandate
from .window import check_may, check_not_own

SURE = 3
"""How surely a parent must have shown who he is, to act for a child by his wallet alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A person as his document names him."""

    name: str
    document_type: str
    document_number: str


@transaction.atomic
def record_guardianship(
    *,
    actor: Actor,
    ward: Named,
    guardian: Named,
    ground: str,
    documents: str,
    at: datetime,
    item_codes: Sequence[str] = (),
    valid_until: date | None = None,
) -> Mandate:
    """A clerk at a window has seen the papers. It counts once the guardian accepts it.

    For a child it ends with his eighteenth birthday at the latest; for an adult within five years,
    when the papers are shown again.
    Raises: Forbidden, OwnCheck (403), ClerkUnknown (409), AgentUnknown (404), DetailsWrong,
    MandateInvalid (422), MandateExists (409).
    """
    agency_id, region_path = check_may(actor)
    documents = " ".join(documents.split())
    if not 4 <= len(documents) <= 500:
        message = _("Name each paper you saw and its number.")
        raise DetailsWrong(fields=[FieldProblem("documents", "length", message)])
    if ground not in Guardianship.Ground.values:
        raise DetailsWrong(fields=[FieldProblem("ground", "choice", _("Choose a ground."))])
    cards = [
        person_of(person_named(one.name, one.document_type, one.document_number))
        for one in (ward, guardian)
    ]
    for card in cards:
        check_not_own(actor, card)
    mandate = _write(
        *cards, ground=ground, item_codes=item_codes, valid_until=valid_until, actor=actor, at=at
    )
    Guardianship.objects.create(
        mandate=mandate,
        ground=ground,
        proof=Guardianship.Proof.WINDOW,
        documents=documents,
        officer_id=actor.officer_id,
        agency_id=agency_id,
        region_path=region_path,
    )
    events.publish(MandateOffered(mandate_id=mandate.pk, agent_id=mandate.agent_id), at=at)
    _tell(wording.GUARDIAN_RECORDED, mandate, (mandate.agent_id, cards[0].id), at)
    record_mandate(actor, "identity.guardian_recorded", mandate, at)
    return mandate


def claim_child(
    *, actor: Actor, name: str, document_type: str, document_number: str, at: datetime
) -> Mandate:
    """A parent names his child; the birth certificate in his wallet shows that it is his.

    He asks himself, so it counts at once. Attempts are counted, so that nobody tries numbers out.
    Raises: NotFound (404: under a mandate), StepUpRequired (403), AgentUnknown (404),
    ParentNotProven (409), MandateInvalid (422), MandateExists (409), TooManyAttempts (429).
    """
    if not is_for_oneself(actor):
        raise NotFound
    assert actor.person_id is not None, "only a person acts for himself"
    check_surely_known(actor=actor, at=at)
    keys = attempts.keys_for(register=f"ward:{actor.person_id}")
    attempts.reserve(keys, at=at)
    shown = False
    try:
        child = person_of(person_named(name, document_type, document_number))
        parent = person_of(actor.person_id)
        paper = _paper(Parents(parent=parent, child=child), clock.local_date(at))
        _check_claim(paper, parent_id=parent.id, child_id=child.id)
        shown = True
    finally:
        attempts.settle(keys, ok=shown, at=at)
    with transaction.atomic():
        mandate = _write(
            child, parent, ground=Guardianship.Ground.MINOR, item_codes=(), actor=actor, at=at
        )
        Guardianship.objects.create(
            mandate=mandate,
            ground=Guardianship.Ground.MINOR,
            proof=Guardianship.Proof.LICENCE,
            licence_id=paper,
        )
        mandate.state, mandate.answered_at = Mandate.State.ACCEPTED, at
        mandate.save(update_fields=["state", "answered_at"])
        renew_rights(person_id=mandate.agent_id)
        events.publish(MandateAccepted(mandate_id=mandate.pk, agent_id=mandate.agent_id), at=at)
        _tell(wording.GUARDIAN_RECORDED, mandate, (child.id,), at)
        record_mandate(actor, "identity.guardian_proven", mandate, at)
    return mandate


def is_for_oneself(actor: Actor) -> bool:
    """Whether a person asks for himself: under no mandate, and for no firm."""
    principal = actor.principal
    return principal is not None and principal.id == actor.person_id


def check_surely_known(*, actor: Actor, at: datetime) -> None:
    """Whether a parent has shown who he is before he types anything about his child.

    Raises: StepUpRequired (403).
    """
    check_level(actor=actor, stated=[SURE], at=at, return_to=reverse("identity:claim_child"))


@transaction.atomic
def end_guardianship(*, actor: Actor, mandate_id: UUID, reason: str, at: datetime) -> None:
    """A clerk has seen the decision that ends it, or it was recorded wrongly. Both are told.

    Raises: NotFound (404), Forbidden, OwnCheck (403), ClerkUnknown (409), DetailsWrong (422),
    MandateNotOpen (409).
    """
    check_may(actor)
    row = guardianships_in_reach(actor).filter(mandate_id=mandate_id).first()
    if row is None:
        raise NotFound
    _end(row, reason, actor, at)


@transaction.atomic
def end_claim(*, actor: Actor, ward: Named, guardian: Named, reason: str, at: datetime) -> None:
    """A clerk has seen the decision that ends what a parent showed by his certificate. No window
    recorded that, so it is found by naming both. Both are told.

    Raises: Forbidden, OwnCheck (403), ClerkUnknown (409), AgentUnknown, NotFound (404),
    DetailsWrong (422). Source: 民法典 36, 39.
    """
    check_may(actor)
    ward_id, guardian_id = (
        person_named(one.name, one.document_type, one.document_number) for one in (ward, guardian)
    )
    row = Guardianship.objects.filter(
        proof=Guardianship.Proof.LICENCE,
        mandate__grantor_person_id=ward_id,
        mandate__agent_id=guardian_id,
        mandate__state__in=LIVE,
    ).first()
    if row is None:
        raise NotFound
    _end(row, reason, actor, at)


def _end(row: Guardianship, reason: str, actor: Actor, at: datetime) -> None:
    mandate = Mandate.objects.select_for_update().get(pk=row.mandate_id)
    assert mandate.grantor_person_id is not None, "a ward is a person"
    for person_id in (mandate.grantor_person_id, mandate.agent_id):
        check_not_own(actor, person_of(person_id))
    reason = " ".join(reason.split())
    if not 2 <= len(reason) <= 300:
        message = _("Say why, in at most 300 characters; the person reads it.")
        raise DetailsWrong(fields=[FieldProblem("reason", "length", message)])
    if mandate.state not in LIVE:
        raise MandateNotOpen(state=mandate.state)
    Guardianship.objects.filter(pk=row.pk).update(ended_for=reason, ended_by=actor.officer_id)
    end_mandate(mandate, Mandate.State.REVOKED, actor, at)
    people = (mandate.agent_id, mandate.grantor_person_id)
    _tell(wording.GUARDIAN_ENDED, mandate, people, at, reason=reason)
    record_mandate(actor, "identity.guardian_ended", mandate, at)


def _paper(parents: Parents, on: date) -> UUID:
    for proof in parent_proofs():
        found = proof(parents, on)
        if found is not None:
            return found
    raise ParentNotProven


def _check_claim(paper: UUID, *, parent_id: UUID, child_id: UUID) -> None:
    """What a window ended does not come back by a certificate, which says nothing of what was
    decided since; and one certificate is of one child.

    Raises: ParentNotProven (409). Source: 民法典 36, 39.
    """
    ended = Q(mandate__agent=parent_id, mandate__grantor_person=child_id, ended_by__isnull=False)
    of_another = Q(licence_id=paper) & ~Q(mandate__grantor_person=child_id)
    if Guardianship.objects.filter(ended | of_another).exists():
        raise ParentNotProven


def _write(
    ward: PersonCard,
    guardian: PersonCard,
    *,
    ground: str,
    item_codes: Sequence[str],
    actor: Actor,
    at: datetime,
    valid_until: date | None = None,
) -> Mandate:
    """The mandate, within its bounds. In the caller's transaction."""
    today = clock.local_date(at)
    until = _until(ward, guardian, ground, valid_until, today)
    check_terms(Mandate.Relation.GUARDIAN, item_codes, today, until, today, term_max=None)
    Mandate.objects.filter(
        agent_id=guardian.id, grantor_person_id=ward.id, state__in=LIVE, valid_until__lte=today
    ).update(state=Mandate.State.EXPIRED, ended_at=at)
    mandate = Mandate(
        grantor_person_id=ward.id,
        agent_id=guardian.id,
        relation=Mandate.Relation.GUARDIAN,
        all_matters=not item_codes,
        item_codes=sorted(set(item_codes)),
        valid_from=today,
        valid_until=until,
        given_by_id=actor.account_id,
    )
    try:
        with transaction.atomic():
            mandate.save(force_insert=True)
    except IntegrityError as live:
        raise MandateExists from live
    return mandate


def _until(
    ward: PersonCard, guardian: PersonCard, ground: str, wanted: date | None, today: date
) -> date:
    """Raises: MandateInvalid (422)."""

    def wrong(field: str, code: str, message: str) -> MandateInvalid:
        return MandateInvalid(fields=[FieldProblem(field, code, message)])

    if ward.id == guardian.id:
        raise wrong("guardian", "self", _("Nobody is his own guardian."))
    if guardian.born_on is not None and comes_of_age_on(guardian.born_on) > today:
        raise wrong("guardian", "age", _("A guardian has to be of age."))
    if ward.born_on is None:
        raise wrong("ward", "age", _("The record does not say when the ward was born."))
    of_age = comes_of_age_on(ward.born_on)
    if ground == Guardianship.Ground.MINOR:
        if of_age <= today:
            raise wrong("ward", "age", _("The ward is of age."))
        return min(wanted, of_age) if wanted else of_age
    if of_age > today:
        raise wrong("ground", "age", _("The ward is a minor: choose that ground."))
    if wanted is None or wanted > today + TERM_MAX:
        raise wrong("valid_until", "range", _("Say until when, within five years."))
    return wanted


def _tell(
    template: str, mandate: Mandate, people: Sequence[UUID], at: datetime, **facts: str
) -> None:
    ward, guardian = mandate.grantor_person, mandate.agent
    assert ward is not None, "a ward is a person"
    for person_id in people:
        messaging.send(
            template=template,
            facts={"ward": ward.name, "guardian": guardian.name, **facts},
            subject_kind="identity.mandate",
            subject_id=mandate.pk,
            person_id=person_id,
            phone=person_of(person_id).phone,
            link=reverse("identity:mandates"),
            at=at,
        )
