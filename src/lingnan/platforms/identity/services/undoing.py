"""Changes of names and documents that rested on a check at a window which is withdrawn."""

from datetime import date, datetime
from typing import Any

from lingnan.kernel import events
from lingnan.kernel.actors import Actor
from lingnan.security.audit import services as audit

from ..events import PersonDetailsChanged
from ..models import DetailsChange, Person, PersonDocument, WindowCheck

_OF_DOCUMENT = (
    "document_type", "document_number_sealed", "document_index", "document_valid_until", "ended_at",
)  # fmt: skip
_OF_PERSON = ("name", "born_on", "sex", *_OF_DOCUMENT[:-1])


def has_changes(check: WindowCheck) -> bool:
    """Whether a change was proposed on a check. One query."""
    return DetailsChange.objects.filter(check_made=check).exists()


def undo_changes(check: WindowCheck, *, actor: Actor, reason: str, at: datetime) -> None:
    """What rested on a check that is withdrawn, in the caller's transaction: a proposal is refused,
    a confirmed change goes back to what stood on record before, if nothing came after it.
    """
    for change in DetailsChange.objects.select_for_update(of=("self",)).filter(check_made=check):
        if change.state == DetailsChange.State.CONFIRMED:
            if not _take_back(change):
                continue
            change.state, act = DetailsChange.State.UNDONE, "identity.details_undone"
            events.publish(PersonDetailsChanged(person_id=change.person_id), at=at)
        elif change.state == DetailsChange.State.WAITING:
            change.state, change.decided_at = DetailsChange.State.REFUSED, at
            change.decided_by_id, act = check.withdrawn_by_id, "identity.details_refused"
        else:
            continue
        change.decided_for = change.decided_for or reason
        change.save(update_fields=["state", "decided_at", "decided_by", "decided_for"])
        audit.record(
            actor=actor,
            act=act,
            object_kind="person",
            object_id=change.person_id,
            facts={"change": change.pk, "document_type": change.document_type},
            at=at,
        )


def record_of(person: Person) -> dict[str, Any]:
    """Name, birth, sex and every document of a person as they stand, numbers sealed."""
    others = PersonDocument.objects.filter(person=person).order_by("id")
    return {
        "person": {name: _plain(getattr(person, name)) for name in _OF_PERSON},
        "others": [{name: _plain(getattr(row, name)) for name in _OF_DOCUMENT} for row in others],
    }


def _take_back(change: DetailsChange) -> bool:
    """Whether the record could be put back: not where a later change stands on this one."""
    person = Person.objects.select_for_update().get(pk=change.person_id)
    later = DetailsChange.objects.filter(
        person=person, state=DetailsChange.State.CONFIRMED, decided_at__gt=change.decided_at
    )
    if later.exists() or not change.before:  # the latter: confirmed before this was kept
        return False
    for name, value in change.before["person"].items():
        setattr(person, name, value)
    person.save(update_fields=list(_OF_PERSON))
    PersonDocument.objects.filter(person=person).delete()
    PersonDocument.objects.bulk_create(
        PersonDocument(person=person, **row) for row in change.before["others"]
    )
    return True


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
