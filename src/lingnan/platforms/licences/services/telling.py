"""Tell the holder what became of his licence, with the ground in law."""

from datetime import datetime
from uuid import UUID

from lingnan.kernel.text import in_every_language
from lingnan.platforms.messaging import services as messaging

from .. import wording
from ..models import Licence
from ..types import Status

SUBJECT_KIND = "licences.licence"


def tell_of_change(*, licence_id: UUID, status: str, ground: str, at: datetime) -> None:
    """One message in the holder's inbox, in the caller's transaction.

    Source: 行政许可法 69, 70; 行政处罚法 61 (whom a decision concerns is told of it).
    """
    licence = Licence.objects.select_related("type", "agency").get(pk=licence_id)
    is_person = licence.holder_kind == "person"
    messaging.send(
        template=wording.STATUS_CHANGED,
        facts={
            "licence": licence.type.name,
            "status": in_every_language(lambda: str(Status(status).label)),
            "ground": ground,
            "agency": licence.agency.name,
        },
        subject_kind=SUBJECT_KIND,
        subject_id=licence.pk,
        person_id=licence.holder_id if is_person else None,
        organisation_id=None if is_person else licence.holder_id,
        channels=(messaging.INBOX,),
        link=f"/wallet/{licence.pk}/",
        at=at,
    )
