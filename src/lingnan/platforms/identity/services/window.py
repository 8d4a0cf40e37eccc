"""Showing oneself at a window: a clerk compares the person with the document he holds.

The one proof that needs nobody outside and no device. What the clerk read and saw is kept beside
the evidence; a supervisor takes it back where it was wrong.
"""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor, Principal
from lingnan.kernel.errors import FieldProblem, NotFound
from lingnan.platforms.messaging import services as messaging
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies

from .. import wording
from ..errors import CheckOver, ClerkUnknown, DetailsWrong, OwnCheck
from ..models import AssuranceEvidence, WindowCheck
from ..queries.accounts import persons_of
from ..queries.mandates import is_mandated
from ..queries.officers import is_oneself
from ..queries.people import find_person, is_former_document
from ..queries.people import person as person_of
from ..queries.window import checks_in_reach
from ..sealing import DOCUMENT, seal
from ..types import FIND_PERSONS, VERIFY_PERSONS, WITHDRAW_CHECKS, PersonCard
from . import attempts
from .evidence import record_evidence, renew_rights
from .people import checked_number
from .undoing import has_changes, undo_changes

KIND = "window"
REASON_MAX = 300


def find_at_window(
    *, actor: Actor, document_type: str, document_number: str, at: datetime
) -> PersonCard:
    """Whose document lies on the counter, to be compared; recorded, also where nobody is found.

    Numbers nobody has are counted for each clerk, so that they cannot be tried out.
    Raises: Forbidden, OwnCheck (403), ClerkUnknown (409), DetailsWrong (422), TooManyAttempts
    (429).
    """
    check_may(actor)
    number = checked_number(document_type, document_number)
    keys = attempts.keys_for(window=str(actor.officer_id))
    attempts.reserve(keys, at=at)
    card = find_person(document_type, number)
    attempts.settle(keys, ok=None if card else False, at=at)
    with transaction.atomic():
        audit.record(
            actor=actor,
            act="identity.person_looked_up",
            object_kind="person",
            object_id=card.id if card else "",
            facts={"purpose": KIND, "found": card is not None},
            at=at,
        )
        if card is not None:
            audit.record_look(
                actor=actor,
                subject=Principal(kind="person", id=card.id, name=card.name),
                act="identity.person_read",
                object_kind="person",
                object_id=card.id,
                purpose=KIND,
                at=at,
            )
    if card is None:
        message = _("Nobody is registered with this document. Register the person first.")
        raise DetailsWrong(fields=[FieldProblem("document_number", "unknown", message)])
    check_not_own(actor, card)
    return card


@transaction.atomic
def check_at_window(
    *,
    actor: Actor,
    document_type: str,
    document_number: str,
    document_valid_until: date | None,
    name_agrees: bool,
    photo: str,
    place: str,
    renews: bool = False,
    at: datetime,
) -> WindowCheck:
    """Write down what the clerk saw. Only a document that is valid, in the name on record, with the
    photo of whoever stands there proves him; anything else is kept as not passed. `renews`: the
    document has expired and the person brings another; a change of it may rest on that.

    Raises: Forbidden, OwnCheck (403), ClerkUnknown (409), DetailsWrong (422).
    Source: Plan 五（一）2（2）, proof in person at a service hall.
    """
    agency_id, region_path = check_may(actor)
    number = checked_number(document_type, document_number)
    problems: list[FieldProblem] = []
    if photo not in WindowCheck.Photo.values:
        message = _("Say what comparing the photo showed.")
        problems.append(FieldProblem("photo", "choice", message))
    place = " ".join(place.split())
    if not 2 <= len(place) <= 100:
        message = _("Name the hall and the window.")
        problems.append(FieldProblem("place", "length", message))
    expired = document_valid_until is not None and document_valid_until < clock.local_date(at)
    if expired and not renews:
        message = _("This document has expired; it proves nothing.")
        problems.append(FieldProblem("document_valid_until", "range", message))
    if is_former_document(document_type, number):
        message = _("Another document took this one's place; it proves nothing.")
        problems.append(FieldProblem("document_number", "former", message))
    card = find_person(document_type, number)
    if card is None:
        message = _("Nobody is registered with this document. Register the person first.")
        problems.append(FieldProblem("document_number", "unknown", message))
    if problems or card is None:
        raise DetailsWrong(fields=problems)
    check_not_own(actor, card)
    passed = name_agrees and photo == WindowCheck.Photo.SAME and not expired
    evidence = record_evidence(
        kind=KIND,
        adapter=KIND,
        person_id=card.id,
        account_id=card.account_id,
        officer_id=actor.officer_id,
        passed=passed,
        facts={"name_agrees": name_agrees, "photo": photo, "expired": expired},
        at=at,
    )
    assert actor.officer_id is not None, "a permission of the desk is an officer's"
    check = WindowCheck.objects.create(
        evidence=evidence,
        officer_id=actor.officer_id,
        agency_id=agency_id,
        region_path=region_path,
        place=place,
        document_type=document_type,
        document_number_sealed=seal(number, purpose=DOCUMENT),
        document_valid_until=document_valid_until,
        photo=photo,
        checked_at=at,
    )
    if passed:
        _tell(
            wording.WINDOW_CHECKED,
            check,
            {
                "agency": agencies.agency(agency_id).name,
                "when": at,
                "place": place,
                "level": evidence.level,
            },
            at,
        )
    audit.record(
        actor=actor,
        act="identity.window_checked",
        object_kind="person",
        object_id=card.id,
        outcome="ok" if passed else "refused",
        facts={
            "check_id": check.pk,
            "document_type": document_type,
            "photo": photo,
            "name_agrees": name_agrees,
            "place": place,
            "level": evidence.level,
        },
        at=at,
    )
    return check


@transaction.atomic
def withdraw_check(*, actor: Actor, check_id: UUID, reason: str, at: datetime) -> WindowCheck:
    """A supervisor takes a check back; the person's level falls with the next request.

    Raises: Forbidden, NotFound (also out of reach), OwnCheck (403; also his own work),
    CheckOver, ClerkUnknown (409), DetailsWrong (422).
    """
    actor.check(WITHDRAW_CHECKS)
    if not checks_in_reach(actor).filter(pk=check_id).exists():
        raise NotFound
    check = WindowCheck.objects.select_for_update().get(pk=check_id)
    evidence = AssuranceEvidence.objects.select_for_update().get(pk=check.evidence_id)
    actor.check(WITHDRAW_CHECKS, agency_id=check.agency_id, region_path=check.region_path)
    card = person_of(evidence.person_id)
    check_not_own(actor, card)
    if is_oneself(actor, check.officer):
        raise OwnCheck
    reason = " ".join(reason.split())
    if not 2 <= len(reason) <= REASON_MAX:
        message = _("Say why, in at most 300 characters; the person reads it.")
        raise DetailsWrong(fields=[FieldProblem("reason", "length", message)])
    over = evidence.expires_at is not None and evidence.expires_at <= at
    proves = evidence.outcome == evidence.Outcome.PASSED or has_changes(check)
    if evidence.withdrawn_at is not None or not proves or over:
        raise CheckOver
    evidence.withdrawn_at = at
    evidence.save(update_fields=["withdrawn_at"])
    check.withdrawn_by_id, check.withdrawn_for = actor.officer_id, reason
    check.save(update_fields=["withdrawn_by", "withdrawn_for"])
    check.evidence = evidence
    undo_changes(check, actor=actor, reason=reason, at=at)
    renew_rights(person_id=evidence.person_id)
    _tell(
        wording.WINDOW_WITHDRAWN,
        check,
        {
            "agency": agencies.agency(check.agency_id).name,
            "when": check.checked_at,
            "reason": reason,
        },
        at,
    )
    audit.record(
        actor=actor,
        act="identity.window_check_withdrawn",
        object_kind="person",
        object_id=evidence.person_id,
        facts={"check_id": check.pk, "reason": reason},
        at=at,
    )
    return check


def check_may(actor: Actor) -> tuple[UUID, str]:
    """The clerk's agency and its place. Raises: Forbidden where the right does not reach it."""
    actor.check(FIND_PERSONS)
    actor.check(VERIFY_PERSONS, agency_id=actor.agency_id, region_path=actor.region_path)
    assert actor.agency_id is not None, "a permission of the desk is an officer's"
    return actor.agency_id, actor.region_path


def own_check(actor: Actor, check_id: UUID) -> tuple[WindowCheck, PersonCard]:
    """The check this clerk made, with its evidence, and whom he checked.

    Raises: Forbidden, OwnCheck (403), NotFound (404), ClerkUnknown (409).
    """
    check_may(actor)
    assert actor.officer_id is not None, "a permission of the desk is an officer's"
    check = (
        WindowCheck.objects.select_related("evidence")
        .filter(pk=check_id, officer_id=actor.officer_id)
        .first()
    )
    if check is None:
        raise NotFound
    card = person_of(check.evidence.person_id)
    check_not_own(actor, card)
    return check, card


def check_not_own(actor: Actor, card: PersonCard) -> None:
    """Raises: OwnCheck (403): himself, in this account or as the records of its posts say, or
    someone he acts for or who acts for him; ClerkUnknown (409) where no record says who he is.
    """
    own = persons_of(actor)
    if not own:
        raise ClerkUnknown
    if card.id in own or is_mandated(own, card.id):
        raise OwnCheck


def _tell(template: str, check: WindowCheck, facts: dict[str, object], at: datetime) -> None:
    person_id = check.evidence.person_id
    messaging.send(
        template=template,
        facts=facts,
        subject_kind="identity.window_check",
        subject_id=check.pk,
        person_id=person_id,
        phone=person_of(person_id).phone,
        link=reverse("identity:assurance"),
        at=at,
    )
