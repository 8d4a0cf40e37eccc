"""From a name and a number, as others write them, to a holder we know."""

import re
import unicodedata
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Malformed
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity import services as identities
from lingnan.platforms.identity.errors import PersonKnown
from lingnan.standards.codes.types import DocumentType, document_types, normalise, uscc

from ..errors import HolderNameDiffers, HolderUnknown
from ..types import Holder, HolderGiven

_SPACE = re.compile(r"[\s·•．・]+")


def find_holder(given: HolderGiven) -> Holder | None:
    """The holder of an exact number, if registered. One query.

    Raises: HolderNameDiffers (409) when the number is known under another name.
    """
    if given.kind == "organisation":
        firm = identity.organisation_by_number(normalise(given.number))
        if firm is None:
            return None
        _check_name(given.name, firm.name)
        return Holder(
            kind="organisation", id=firm.id, name=firm.name, code=firm.registration_number
        )
    person = identity.find_person(given.document_type, normalise(given.number))
    if person is None:
        return None
    _check_name(given.name, person.name)
    return Holder(kind="person", id=person.id, name=person.name, code=person.document_number)


def ensure_holder(given: HolderGiven, *, actor: Actor, at: datetime) -> Holder:
    """As `find_holder`; a person not yet registered is registered, an organisation is not.

    Raises: HolderNameDiffers, HolderUnknown (409); identity's DetailsWrong (422).
    """
    found = find_holder(given)
    if found is not None:
        return found
    if given.kind == "organisation":
        raise HolderUnknown
    try:
        with transaction.atomic():
            person = identities.register_person(
                actor=actor,
                name=given.name,
                document_type=given.document_type,
                document_number=given.number,
                at=at,
            )
    except PersonKnown:  # someone else has just registered him
        found = find_holder(given)
        if found is None:
            raise
        return found
    known = identity.person(person.pk)
    return Holder(kind="person", id=known.id, name=known.name, code=known.document_number)


def check_given(given: HolderGiven) -> None:
    """Before writing: the holder is known under this name, or a person who could be registered.

    Raises: HolderNameDiffers, HolderUnknown (409), Malformed (422, the number cannot be).
    """
    if find_holder(given) is None:
        if given.kind == "organisation":
            raise HolderUnknown
        if given.document_type not in DocumentType.values:
            raise Malformed(document_type=given.document_type)
        document_types.check_number(DocumentType(given.document_type), given.number)
        if not 2 <= len(given.name.strip()) <= 100:
            raise Malformed


def number_problem(kind: str, document_type: str, number: str) -> str:
    """What is wrong with a holder's number by itself (a check digit), in words; "" where nothing.

    No query. A firm is known here by its credit code alone.
    """
    if kind == "organisation":
        return "" if uscc.is_valid(normalise(number)) else _("This is not a credit code.")
    if document_type not in DocumentType.values:
        return _("This is not a kind of document.")
    try:
        document_types.check_number(DocumentType(document_type), number)
    except Malformed as wrong:
        return wrong.text
    return ""


def same_name(left: str, right: str) -> bool:
    """Whether two spellings are one name: width, spaces and the dot of foreign names aside."""
    return _plain(left) == _plain(right)


def _check_name(given: str, known: str) -> None:
    if not same_name(given, known):
        raise HolderNameDiffers


def _plain(name: str) -> str:
    return _SPACE.sub("", unicodedata.normalize("NFKC", name)).upper()
