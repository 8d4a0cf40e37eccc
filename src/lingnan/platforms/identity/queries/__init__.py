"""Identity's questions. Reads only."""

from ..types import mask_name, mask_number, mask_phone
from .accounts import account_card, live_sessions, live_tokens, persons_behind
from .demo import current_code, demo_accounts
from .mandates import mandate, mandate_covers, mandates_of
from .officers import list_officers, officer, officers_with, roles
from .people import (
    born_on,
    find_person,
    organisation,
    organisation_by_number,
    organisations_led_by,
    person,
    prefill,
)
from .rights import actor_of_officer, actor_of_person, choices_of

__all__ = (
    "account_card",
    "actor_of_officer",
    "actor_of_person",
    "born_on",
    "choices_of",
    "current_code",
    "demo_accounts",
    "find_person",
    "list_officers",
    "live_sessions",
    "live_tokens",
    "mandate",
    "mandate_covers",
    "mandates_of",
    "mask_name",
    "mask_number",
    "mask_phone",
    "officer",
    "officers_with",
    "organisation",
    "organisation_by_number",
    "organisations_led_by",
    "person",
    "persons_behind",
    "prefill",
    "roles",
)
