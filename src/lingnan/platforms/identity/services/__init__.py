"""Identity's verbs: the only writer of its tables."""

from .accounts import (
    change_password,
    confirm_second_factor,
    open_account,
    remove_second_factor,
    renew_recovery_codes,
    reset_second_factor,
    sign_up,
    start_second_factor,
)
from .mandates import accept_mandate, decline_mandate, expire_mandates, give_mandate, revoke_mandate
from .officers import (
    create_officer,
    deactivate_officer,
    ensure_roles,
    grant_role,
    revoke_grant,
)
from .people import (
    find_person_for,
    register_organisation,
    register_person,
    update_contact,
)
from .sessions import (
    act_as,
    check_covered,
    continue_sign_in,
    end_other_sessions,
    end_session,
    identify,
    make_api_token,
    revoke_api_token,
    sign_in,
    sweep,
)

__all__ = (
    "accept_mandate",
    "act_as",
    "change_password",
    "check_covered",
    "confirm_second_factor",
    "continue_sign_in",
    "create_officer",
    "deactivate_officer",
    "decline_mandate",
    "end_other_sessions",
    "end_session",
    "ensure_roles",
    "expire_mandates",
    "find_person_for",
    "give_mandate",
    "grant_role",
    "identify",
    "make_api_token",
    "open_account",
    "register_organisation",
    "register_person",
    "remove_second_factor",
    "renew_recovery_codes",
    "reset_second_factor",
    "revoke_api_token",
    "revoke_grant",
    "revoke_mandate",
    "sign_in",
    "sign_up",
    "start_second_factor",
    "sweep",
    "update_contact",
)
