"""Forms of payment's desk: a bill line by line, and changes of the catalogue."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lingnan.kernel import clock
from lingnan.kernel.money import NotAnAmount, parse_yuan
from lingnan.kernel.text import localise
from lingnan.kernel.web.picking import PickField, PickForm

from . import choosing, queries
from .models import Bill, FeeItem
from .types import PaidInto


class YuanField(forms.CharField):
    """An amount typed in yuan, kept in fen."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal"})
        super().__init__(max_length=20, widget=widget, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_yuan(text)
        except NotAnAmount as problem:
            raise forms.ValidationError(problem.text) from problem


def day_field(label: Any, **options: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, **options)


class LineForm(PickForm):
    """One charge to be added to a bill."""

    fee = PickField(
        label=_("Fee of the catalogue"),
        search_label=_("Part of its name, or its code"),
        find=choosing.find_fees,
        name=choosing.name_fees,
    )
    quantity = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=100_000, initial=1)
    price = YuanField(
        label=_("Price of one, in yuan"),
        help_text=_("Empty: the standard. At most the standard."),
        required=False,
    )
    reduction = forms.ChoiceField(
        label=_("Reduction"), required=False, help_text=_("It must belong to the fee chosen.")
    )
    agency = PickField(
        label=_("For another agency"),
        help_text=_("Only on a joint bill: whose charge this is."),
        search_label=_("Part of its name, or pinyin of its place"),
        find=choosing.find_agencies,
        name=choosing.name_agencies,
        required=False,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        grounds = queries.reductions_in_force(clock.today())
        reduction = self.fields["reduction"]
        assert isinstance(reduction, forms.ChoiceField)
        reduction.choices = [
            ("", _("No reduction")),
            *(
                (row.code, f"{row.fee_code} · {localise(row.name)} · {row.percent} %")
                for row in grounds
            ),
        ]


class BillForm(PickForm):
    """Who owes whom, and until when. Judged when the bill is looked at or issued, not before."""

    def __init__(self, *args: Any, is_judged: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        self._is_judged = is_judged

    @property
    def is_finding(self) -> bool:
        """As `PickForm`, also while charges are still being added."""
        return self.is_bound and (not self._is_judged or super().is_finding)

    agency = PickField(
        label=_("Collecting agency"),
        search_label=_("Part of its name, or pinyin of its place"),
        find=choosing.find_agencies,
        name=choosing.name_agencies,
    )
    payer_kind = forms.ChoiceField(
        label=_("Who pays"),
        choices=[
            (Bill.PayerKind.PERSON, _("A person")),
            (Bill.PayerKind.ORGANISATION, _("A firm or other organisation")),
        ],
    )
    payer_number = forms.CharField(
        label=_("Number of the payer"),
        help_text=_("Resident number of a person, unified social credit code of a firm."),
        max_length=40,
    )
    title = forms.CharField(
        label=_("Title of the bill"),
        help_text=_("Empty: the name of its first charge."),
        max_length=200,
        required=False,
    )
    is_fine = forms.BooleanField(
        label=_("A fine"),
        help_text=_("Due in fifteen days; after that three percent are added for each day."),
        required=False,
    )
    due_on = day_field(
        _("Day to pay by"), required=False, help_text=_("Empty: fifteen days from today.")
    )


class FeeRuleForm(forms.Form):
    code = forms.CharField(label=_("Code of the fee"), max_length=24)
    name = forms.CharField(label=_("Name of the fee"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind of revenue"), choices=FeeItem.Kind.choices)
    unit = forms.CharField(label=_("Unit"), max_length=40, help_text=_("Such as 份, 次, 平方米"))
    unit_price_fen = YuanField(label=_("Standard for one unit, in yuan"))
    legal_basis = forms.CharField(
        label=_("Legal basis"), max_length=200, help_text=_("Document, number and article")
    )
    paid_into = forms.ChoiceField(label=_("Handed in to"), choices=PaidInto.choices)
    effective_from = day_field(_("In force from"))


class EndRuleForm(forms.Form):
    code = forms.CharField(label=_("Code of the fee"), max_length=24)
    legal_basis = forms.CharField(
        label=_("Legal basis"), max_length=200, help_text=_("Document, number and article")
    )
    effective_from = day_field(_("First day without the fee"))


class ReductionRuleForm(forms.Form):
    code = forms.CharField(label=_("Code of the ground"), max_length=24)
    fee_code = forms.CharField(label=_("Code of the fee"), max_length=24)
    name = forms.CharField(label=_("Name of the ground"), max_length=200)
    percent = forms.IntegerField(
        label=_("Percent taken off"), min_value=1, max_value=100, help_text=_("100: waived")
    )
    needs_approval = forms.BooleanField(label=_("Only by approval"), required=False)
    legal_basis = forms.CharField(
        label=_("Legal basis"), max_length=200, help_text=_("Document, number and article")
    )
    effective_from = day_field(_("In force from"))
    until = day_field(
        _("Until"), required=False, help_text=_("The first day without it; empty: open.")
    )


class ShareRuleForm(forms.Form):
    code = forms.CharField(label=_("Code of the fee"), max_length=24)
    central = forms.DecimalField(
        label=_("Central government, percent"), max_value=100, min_value=0, decimal_places=2,
        max_digits=5, initial=0,
    )  # fmt: skip
    province = forms.DecimalField(
        label=_("Province, percent"), max_value=100, min_value=0, decimal_places=2, max_digits=5,
        initial=0,
    )  # fmt: skip
    city = forms.DecimalField(
        label=_("City, percent"), max_value=100, min_value=0, decimal_places=2, max_digits=5,
        initial=0,
    )  # fmt: skip
    county = forms.DecimalField(
        label=_("County or district, percent"), max_value=100, min_value=0, decimal_places=2,
        max_digits=5, initial=0,
    )  # fmt: skip
    legal_basis = forms.CharField(
        label=_("Legal basis"), max_length=200, help_text=_("Document, number and article")
    )
    effective_from = day_field(_("In force from"))


class AccountRuleForm(forms.Form):
    paid_into = forms.ChoiceField(label=_("Account of"), choices=PaidInto.choices)
    region_code = forms.CharField(
        label=_("Region code of the government"),
        max_length=12,
        required=False,
        help_text=_("12 digits; empty: the central government."),
    )
    holder_name = forms.CharField(label=_("Name of the account"), max_length=200)
    bank_name = forms.CharField(label=_("Bank or treasury"), max_length=200)
    account_number = forms.CharField(label=_("Account number"), max_length=40)
    effective_from = day_field(_("In force from"))


class EndpointForm(PickForm):
    """An agency's own system that is told results."""

    agency = PickField(
        label=_("Collecting agency"),
        search_label=_("Part of its name, or pinyin of its place"),
        find=choosing.find_agencies,
        name=choosing.name_agencies,
    )
    url = forms.CharField(
        label=_("Address of the system"),
        help_text=_("Public, beginning with https://"),
        max_length=400,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )
