"""Changes of names and documents that rested on a check at a window which is withdrawn."""

from datetime import datetime

from lingnan.kernel import events

from ..events import PersonDetailsChanged
from ..models import DetailsChange, Person, PersonDocument, WindowCheck


def has_changes(check: WindowCheck) -> bool:
    """Whether a change was proposed on a check. One query."""
    return DetailsChange.objects.filter(check_made=check).exists()


def undo_changes(check: WindowCheck, *, reason: str, at: datetime) -> None:
    """What rested on a check that is withdrawn, in the caller's transaction: a proposal is refused,
    a confirmed change goes back to what stood on record before, if nothing came after it.
    """
    for change in DetailsChange.objects.select_for_update(of=("self",)).filter(check_made=check):
        if change.state == DetailsChange.State.CONFIRMED:
            if not _take_back(change):
                continue
            change.state = DetailsChange.State.UNDONE
            events.publish(PersonDetailsChanged(person_id=change.person_id), at=at)
        elif change.state == DetailsChange.State.WAITING:
            change.state, change.decided_at = DetailsChange.State.REFUSED, at
            change.decided_by_id = check.withdrawn_by_id
        else:
            continue
        change.decided_for = change.decided_for or reason
        change.save(update_fields=["state", "decided_at", "decided_by", "decided_for"])


def _take_back(change: DetailsChange) -> bool:
    """Whether the record could be put back: the name and the document are still the change's."""
    person = Person.objects.select_for_update().get(pk=change.person_id)
    if change.name and person.name != change.name:
        return False
    if change.document_index:
        of_change = {"document_type": change.document_type, "document_index": change.document_index}
        if not change.replaces:
            PersonDocument.objects.filter(person=person, ended_at=None, **of_change).delete()
        else:
            former = PersonDocument.objects.filter(person=person, ended_at=change.decided_at)
            before = former.first()
            is_main = (person.document_type, person.document_index) == tuple(of_change.values())
            if before is None or not is_main:
                return False
            person.document_type = before.document_type
            person.document_number_sealed = before.document_number_sealed
            person.document_index = before.document_index
            person.document_valid_until = before.document_valid_until
            before.delete()
    if change.name:
        person.name = change.name_before
    person.save()
    return True
