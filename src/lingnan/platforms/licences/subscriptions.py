"""What every process knows of licences: who may read their files, where they stand in the
navigation, and what runs by the clock.
"""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lingnan.kernel import clock, events
from lingnan.kernel.actors import system_actor
from lingnan.kernel.jobs import periodic
from lingnan.kernel.web import navigation
from lingnan.platforms.documents.types import register_owner
from lingnan.platforms.identity import queries as people
from lingnan.platforms.identity import services as identity
from lingnan.platforms.identity.events import (
    OrganisationRegistered,
    PersonDetailsChanged,
    PersonRegistered,
)
from lingnan.platforms.identity.types import register_access_log, register_parent_proof
from lingnan.platforms.payment import services as payment
from lingnan.platforms.payment.events import ReceiptRendered

from . import access, faces
from .access_log import uses_as_looks
from .credentials import answers, offers, renewal
from .credentials.types import PRE_AUTHORISED
from .events import LicenceStatusChanged
from .life import Verb
from .parents import birth_certificate
from .seal_access import ANY_SEAL_RIGHT, can_read_request_file
from .services import (
    OWNER_SCAN,
    expire_licences,
    forget_codes,
    forget_verify_rates,
    match_all_waiting,
    match_waiting,
    note_look_at_copy,
    note_look_at_face,
    note_look_at_scan,
    seal_ofd,
    seal_pdf,
    seal_picture_of,
    supersede_begun,
    tell_of_change,
)
from .services.seal_requests import OWNER as SEAL_REQUESTS
from .services.stock_tables import OWNER as STOCK_TABLES
from .stock_access import can_read_scan
from .types import (
    BRING_IN,
    CHECK_ORIGINALS,
    DEFINE_TYPES,
    REVIEW_TYPES,
    SCAN,
    VIEW_LICENCES,
)

register_owner(faces.OWNER_LICENCE, access.can_read_licence_file, note_look=note_look_at_face)
register_parent_proof("licences", birth_certificate)
register_access_log("licences.uses", uses_as_looks)
register_owner(faces.OWNER_COPY, access.can_read_copy_file, note_look=note_look_at_copy)
_GROUP = pgettext_lazy("navigation", "Licences")

navigation.register(
    "portal", _("My licences"), "licences:wallet", order=40, icon="wallet", large=True
)
navigation.register(
    "desk",
    _("Licences"),
    "licences:desk",
    permission=VIEW_LICENCES,
    order=400,
    icon="wallet",
    group=_GROUP,
)
navigation.register(
    "desk",
    _("Scan a licence"),
    "licences:scan",
    permission=SCAN,
    order=405,
    icon="search",
    group=_GROUP,
)
navigation.register(
    "desk",
    _("Types of licence"),
    "licences:types",
    permission=(DEFINE_TYPES, REVIEW_TYPES),
    order=408,
    icon="list",
    group=_GROUP,
)
navigation.register(
    "desk",
    _("Ask a wallet"),
    "licences:ask_wallet",
    permission=SCAN,
    order=406,
    icon="wallet",
    group=_GROUP,
)
navigation.register(
    "desk",
    _("Licences brought in"),
    "licences:stock",
    permission=BRING_IN,
    order=407,
    icon="upload",
    group=_GROUP,
)
navigation.register(
    "desk",
    _("Compare an original"),
    "licences:originals",
    permission=CHECK_ORIGINALS,
    order=409,
    icon="check-circle",
    group=_GROUP,
)
register_owner(OWNER_SCAN, can_read_scan, note_look=note_look_at_scan)
register_owner(STOCK_TABLES, lambda actor, owner_id: False)  # read by its job only
identity.register_grant(
    PRE_AUTHORISED,
    offers.redeem,
    metadata={"pre-authorized_grant_anonymous_access_supported": True},
)
register_owner(SEAL_REQUESTS, can_read_request_file)
navigation.register(
    "desk",
    _("Seals"),
    "licences:seals",
    permission=ANY_SEAL_RIGHT,
    order=410,
    icon="check-circle",
    group=_GROUP,
)
navigation.register("footer", _("Verify a licence"), "licences:verify", order=20)


@periodic("licences.expire", cron="5 16 * * *")
def expire(*, timestamp: int) -> None:
    """At 00:05 in China (16:05 UTC): what begins today takes over, what ended yesterday expires."""
    supersede_begun(on=clock.today(), at=clock.now())
    expire_licences(on=clock.today(), at=clock.now())


@events.subscribe(ReceiptRendered, key="licences.seal_receipt")
def seal_receipt(event: ReceiptRendered, delivery: events.Delivery) -> None:
    """A fiscal receipt gets the seal of its collecting agency, where its paper has room for it, and
    its PDF the agency's two signatures.

    Source: 财库〔2021〕31号 (unit signature of an electronic payment voucher).
    """
    found = payment.receipt_to_seal(event.receipt_id)
    if found is None:
        return
    at, actor, purpose = clock.now(), system_actor("licences.receipts"), f"receipt {found.number}"
    sealed = seal_ofd(found.ofd, agency_id=found.agency_id, purpose=purpose, actor=actor, at=at)
    payment.attach_sealed_receipt(
        event.receipt_id,
        ofd=sealed,
        sign_pdf=lambda pdf: seal_pdf(
            pdf, agency_id=found.agency_id, purpose=purpose, actor=actor, at=at
        ),
        seal_picture=seal_picture_of(found.agency_id, at=at),
        at=at,
    )


@events.subscribe(PersonRegistered, key="licences.stock_of_person")
def stock_of_person(event: PersonRegistered, delivery: events.Delivery) -> None:
    """What was brought in for a person goes to him once he is registered."""
    person = people.person(event.person_id)
    match_waiting(holder_kind="person", number=person.document_number, at=clock.now())


@events.subscribe(PersonDetailsChanged, key="licences.stock_of_document")
def stock_of_document(event: PersonDetailsChanged, delivery: events.Delivery) -> None:
    """What was brought in under a number that became a person's goes to him."""
    for kept in people.documents_of(event.person_id):
        match_waiting(holder_kind="person", number=kept.number, at=clock.now())


@events.subscribe(OrganisationRegistered, key="licences.stock_of_firm")
def stock_of_firm(event: OrganisationRegistered, delivery: events.Delivery) -> None:
    """What was brought in for a firm goes to it once it is registered."""
    firm = people.organisation(event.organisation_id)
    match_waiting(holder_kind="organisation", number=firm.registration_number, at=clock.now())


@periodic("licences.forget_codes", cron="25 17 * * *")
def forget(*, timestamp: int) -> None:
    """At 01:25 in China: what nobody needs any more of codes, counts and wallets is forgotten."""
    forget_codes(at=clock.now())
    forget_verify_rates(at=clock.now())
    answers.blank_answers(at=clock.now())
    offers.sweep_offers(at=clock.now())


@events.subscribe(LicenceStatusChanged, key="licences.renew_credentials_superseded")
def renew_credentials(event: LicenceStatusChanged, delivery: events.Delivery) -> None:
    """A newer version took over: whoever carries the one before in a wallet is told to fetch it."""
    if event.verb == Verb.SUPERSEDE:
        renewal.tell_holder(superseded_id=event.licence_id, at=clock.now())


@events.subscribe(LicenceStatusChanged, key="licences.tell_holder")
def tell_holder(event: LicenceStatusChanged, delivery: events.Delivery) -> None:
    """Whose licence was suspended, given back, ended or has expired is told, and on what ground.

    Of a newer version the case or the officer that issued it tells him.
    """
    if event.verb != Verb.SUPERSEDE:
        tell_of_change(
            licence_id=event.licence_id,
            status=event.status,
            ground=event.ground,
            at=event.changed_at,
        )


@periodic("licences.match_stock", cron="45 17 * * *")
def match_stock(*, timestamp: int) -> None:
    """At 01:45 in China: holders are looked for again."""
    match_all_waiting(at=clock.now())
