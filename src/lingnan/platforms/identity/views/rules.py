"""The numbers identity goes by: read, and the next version of each set by one page."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render

from .. import queries, services
from ..forms import show_refusal
from ..proof_words import number_text
from ..rules import SHIPPED, ShippedRule
from ..types import MANAGE_RULES


class RuleForm(forms.Form):
    """One field for each number, and the day from which on they count."""

    effective_from = forms.DateField(
        label=gettext_lazy("In force from"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, shipped: ShippedRule, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.keys = tuple(shipped.parameters)
        for key in self.keys:
            low, high = shipped.bounds_of(key)
            self.fields[key] = forms.IntegerField(
                label=number_text(key),
                help_text=gettext_lazy("%(low)s to %(high)s") % {"low": low, "high": high},
                min_value=low,
                max_value=high,
            )
        self.order_fields([*self.keys, "effective_from"])


@permitted(MANAGE_RULES)
@require_http_methods(["GET", "HEAD"])
def rules(request: HttpRequest) -> HttpResponse:
    """Every rule with its numbers today."""
    today = clock.local_date(clock.now())
    rows = [
        {
            "rule": shipped,
            "in_force": found,
            "numbers": [(number_text(key), value) for key, value in found.parameters.items()],
        }
        for shipped in SHIPPED.values()
        for found in [queries.rule(shipped.code, on=today)]
    ]
    return render(request, "identity/rules.html", {"rows": rows})


@permitted(MANAGE_RULES)
@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, code: str) -> HttpResponse:
    """Publish a rule's next version, from tomorrow at the earliest."""
    shipped = SHIPPED.get(code)
    if shipped is None:
        raise NotFound
    at = clock.now()
    today = clock.local_date(at)
    found = queries.rule(code, on=today)
    initial = {**found.parameters, "effective_from": today + timedelta(days=1)}
    form = RuleForm(shipped, request.POST or None, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            row = services.set_rule(
                actor=actor_of(request),
                code=code,
                parameters={key: form.cleaned_data[key] for key in form.keys},
                effective_from=form.cleaned_data["effective_from"],
                at=at,
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            message = _("Version %(version)s is published.") % {"version": row.version}
            messages.success(request, message)
            return HttpResponseRedirect(reverse("identity:rules"))
    context = {"rule": shipped, "form": form, "versions": queries.rule_versions(code)}
    return render(request, "identity/rule.html", context, status=status)
