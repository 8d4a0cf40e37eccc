"""The search form of the audit page."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.clock import SHANGHAI

from .types import AuditFilter


class SearchForm(forms.Form):
    """What to look for; every field narrows."""

    act = forms.CharField(
        label=_("Act"),
        required=False,
        max_length=100,
        help_text=_("For example licences.revoked, or licences for all acts of that part"),
    )
    object_kind = forms.CharField(label=_("Kind of object"), required=False, max_length=60)
    object_id = forms.CharField(label=_("Object"), required=False, max_length=80)
    actor = forms.CharField(
        label=_("Acted by"),
        required=False,
        max_length=200,
        help_text=_("Exact name, or identifier"),
    )
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("To (inclusive)"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def wanted(self) -> AuditFilter:
        """The filter the form describes; dates are days in China."""
        values = self.cleaned_data
        since: date | None = values["since"]
        until: date | None = values["until"]
        return AuditFilter(
            act=values["act"].strip(),
            object_kind=values["object_kind"].strip(),
            object_id=values["object_id"].strip(),
            actor=values["actor"].strip(),
            since=datetime.combine(since, time.min, SHANGHAI) if since else None,
            until=datetime.combine(until + timedelta(days=1), time.min, SHANGHAI)
            if until
            else None,
        )
