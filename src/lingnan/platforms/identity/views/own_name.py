"""Pages on which one decides about oneself, opened while acting for another."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse

from lingnan.kernel.web.guard import actor_of
from lingnan.kernel.web.pages import render

View = Callable[[HttpRequest], HttpResponse]


def in_own_name(view: View) -> View:
    """Whoever acts under a mandate is offered to switch to himself, in place of a dead end."""

    @wraps(view)
    def asked(request: HttpRequest) -> HttpResponse:
        actor = actor_of(request)
        if actor.mandate_id is None:
            return view(request)
        status = 403 if request.method == "POST" else 200
        own = {"own": f"person:{actor.person_id}"}
        return render(request, "identity/own_name.html", own, status=status)

    return asked
