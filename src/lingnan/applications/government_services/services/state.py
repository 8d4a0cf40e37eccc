"""How a case moves: under its row lock, along the state machine, with audit and event.

Lock order: the process instance first, the case second. Verbs therefore call `workflow` before they
touch the case; the process calls back the acts, which take the row lock here. A check that fails
afterwards rolls both back.
"""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from lingnan.kernel import events
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.types import SelfApproval, is_own
from lingnan.security.audit import services as audit

from ..errors import CaseNotFound, WrongState
from ..events import CaseConcluded
from ..models import Case
from ..types import SUBJECT_KIND, TRANSITIONS, CaseState


def lock_case(case_id: UUID) -> Case:
    """The case, locked to the end of the transaction. Raises: CaseNotFound."""
    case = Case.objects.select_for_update().filter(pk=case_id).first()
    if case is None:
        raise CaseNotFound
    return case


def check_state(case: Case, allowed: Collection[str]) -> None:
    """Raises: WrongState."""
    if case.state not in allowed:
        raise WrongState(state=str(CaseState(case.state).label))


def check_not_submitter(case: Case, actor: Actor) -> None:
    """Whoever handed a case in, or is its applicant, may not accept, review or decide it; nor may
    the legal representative of the firm it is for.

    Raises: identity's SelfApproval (403).
    """
    if has_interest(case, actor):
        raise SelfApproval


def has_interest(case: Case, actor: Actor) -> bool:
    """Whether the actor, with whichever account, filed the case, is its applicant, or leads the
    firm it is for. At most three queries.
    """
    submitter = case.submitter_account_id
    persons = {case.submitter_person_id, *identity.persons_behind(submitter)}
    if case.applicant_kind == "person":
        persons.add(case.applicant_id)
    elif actor.persons:
        with suppress(NotFound):  # a case outlives the register entry of its applicant
            persons.add(identity.organisation(case.applicant_id).legal_representative_id)
    return is_own(actor, submitter, *persons)


def check_independent(actor: Actor, case_id: UUID) -> None:
    """As `check_not_submitter`, for whoever works on any step.

    Raises: CaseNotFound, SelfApproval.
    """
    case = Case.objects.filter(pk=case_id).first()
    if case is None:
        raise CaseNotFound
    check_not_submitter(case, actor)


def move(case: Case, state: CaseState, *, at: datetime, **changed: object) -> None:
    """Change the state of a locked case and write it. Raises: WrongState off the state machine."""
    if state not in TRANSITIONS[case.state]:
        raise WrongState(state=str(CaseState(case.state).label))
    case.state, case.state_since = state, at
    write(case, state=state, state_since=at, **changed)


def write(case: Case, **changed: object) -> None:
    """Write single columns of a locked case."""
    for name, value in changed.items():
        setattr(case, name, value)
    Case.objects.filter(pk=case.pk).update(**changed)


def record(case: Case, *, actor: Actor, act: str, at: datetime, **facts: object) -> None:
    """An audit row about the case."""
    audit.record(
        actor=actor,
        act=act,
        object_kind=SUBJECT_KIND,
        object_id=case.pk,
        facts={"number": case.number, **facts},
        at=at,
    )


def conclude(case: Case, *, result: str, at: datetime) -> None:
    """Close the locked case: nothing more happens to it. Once; later calls change nothing."""
    if case.concluded_at is not None:
        return
    write(case, result=result, concluded_at=at)
    events.publish(
        CaseConcluded(
            case_id=case.pk,
            item_code=case.item_code,
            receiving_agency_id=case.receiving_agency_id,
            deciding_agency_id=case.deciding_agency_id,
            region_path=case.region_path,
            channel=case.channel,
            result=result,
            submitted_at=case.submitted_at,
            accepted_at=case.accepted_at,
            decided_at=case.decided_at,
            concluded_at=at,
            promised_due_on=case.promised_due_on,
            statutory_due_on=case.statutory_due_on,
        ),
        at=at,
    )
