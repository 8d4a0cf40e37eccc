"""When a licence's version moves: the old credential is invalid, its holder fetches the new one."""

from datetime import datetime
from uuid import UUID

from lingnan.kernel.text import localise
from lingnan.platforms.messaging import services as messaging

from .. import queries, wording
from .register import has_live_credentials


def tell_holder(*, superseded_id: UUID, at: datetime) -> bool:
    """Tell the holder where to fetch the new version, if the one before stands in a wallet.

    Nothing is pushed into a wallet: the protocol lets only the wallet fetch.
    """
    if not has_live_credentials(superseded_id):
        return False
    licence = queries.successor(superseded_id)
    if licence is None:
        return False
    is_person = licence.holder_kind == "person"
    messaging.send(
        template=wording.CREDENTIAL_OLD,
        facts={"licence": localise(licence.type.name)},
        subject_kind="licences.licence",
        subject_id=licence.pk,
        person_id=licence.holder_id if is_person else None,
        organisation_id=None if is_person else licence.holder_id,
        channels=(messaging.INBOX,),
        link=f"/wallet/{licence.pk}/wallets/",
        at=at,
    )
    return True
