"""Mandates given and held."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound

from ..models import Mandate
from ..types import MandateCard


def mandate(mandate_id: UUID) -> MandateCard:
    """Raises: NotFound (404)."""
    row = _rows().filter(pk=mandate_id).first()
    if row is None:
        raise NotFound
    return mandate_card(row)


def mandate_covers(mandate_id: UUID, *, item_code: str, on: date) -> bool:
    """Whether the mandate binds in this matter on this day, read from the table, not a session."""
    row = _rows().filter(pk=mandate_id).first()
    return row is not None and mandate_card(row).covers(item_code, on)


def mandates_of(person_id: UUID) -> list[MandateCard]:
    """Those a person gave (himself or for firms he leads) or holds, the newest first."""
    mine = (
        Q(grantor_person_id=person_id)
        | Q(agent_id=person_id)
        | Q(grantor_organisation__legal_representative_id=person_id)
    )
    return [mandate_card(row) for row in _rows().filter(mine).order_by("-id")[:200]]


def is_mandated(persons: Collection[UUID], other_id: UUID) -> bool:
    """Whether one of these persons acts for another today, or the other for him. One query."""
    pairs = Q(grantor_person__in=persons, agent=other_id) | Q(
        agent__in=persons, grantor_person=other_id
    )
    live = Mandate.objects.filter(state=Mandate.State.ACCEPTED, valid_until__gt=clock.today())
    return live.filter(pairs).exists()


def _rows() -> QuerySet[Mandate]:
    return Mandate.objects.select_related(
        "grantor_person", "grantor_organisation", "agent", "guardianship"
    )


def mandate_card(row: Mandate) -> MandateCard:
    grantor = row.grantor_person or row.grantor_organisation
    assert grantor is not None, "a mandate has one grantor"
    guardianship = getattr(row, "guardianship", None)
    return MandateCard(
        id=row.pk,
        grantor_kind="person" if row.grantor_person_id else "organisation",
        grantor_id=grantor.pk,
        grantor_name=grantor.name,
        agent_id=row.agent_id,
        agent_name=row.agent.name,
        relation=row.relation,
        all_matters=row.all_matters,
        item_codes=tuple(row.item_codes),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        state=row.state,
        kinship=row.kinship,
        ground=guardianship.ground if guardianship else "",
    )
