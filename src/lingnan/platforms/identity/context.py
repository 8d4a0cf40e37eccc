"""What every page shows of identity: who acts, for whom, and who else he could be."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from lingnan.kernel.web.guard import actor_of
from lingnan.kernel.web.navigation import AccountPanel, ActingChoice

from .asking import identification_of


def actor_context(request: HttpRequest) -> dict[str, Any]:
    """`actor`, `acting_for` (a name, empty for oneself) and `acting_choices`. No query."""
    actor = actor_of(request)
    principal = actor.principal
    acting_for = principal.name if principal and principal.id != actor.person_id else ""
    return {"actor": actor, "acting_for": acting_for, "acting_choices": _choices(request)}


def account_panel(request: HttpRequest) -> AccountPanel:
    """What the header of every page needs."""
    actor = actor_of(request)
    return AccountPanel(
        choices=_choices(request),
        act_as_url=reverse("identity:acting_as"),
        sign_in_url=reverse("identity:sign_in"),
        sign_out_url=reverse("identity:sign_out"),
        account_url=reverse("identity:account"),
        messages_url="/messages/" if not actor.is_anonymous else "",
    )


def _choices(request: HttpRequest) -> tuple[ActingChoice, ...]:
    found = identification_of(request)
    if found is None or found.stage != "open" or len(found.choices) < 2:
        return ()
    return tuple(
        ActingChoice(
            kind=choice.kind,
            id=choice.id,
            name=choice.label,
            is_current=choice.key == found.current,
        )
        for choice in found.choices
    )
