"""The forms of the account pages. What is right and wrong is decided by the services."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import Refusal
from lingnan.kernel.web.picking import PickField, PickForm
from lingnan.standards.codes.types import DocumentType

from . import choosing
from .adapters.base import Field
from .models import Mandate, Organisation

UPLOAD_MAX_BYTES = 100_000

RELATIONS = [
    (Mandate.Relation.RELATIVE, _("A relative")),
    (Mandate.Relation.EMPLOYEE, _("Someone who works for the firm")),
    (Mandate.Relation.AGENT, _("Another agent")),
]
KINSHIPS = [
    (Mandate.Kinship.NONE, _("Not a relative, or not said")),
    (Mandate.Kinship.SPOUSE, _("Husband or wife")),
    (Mandate.Kinship.PARENT, _("Father or mother")),
    (Mandate.Kinship.CHILD, _("Son or daughter")),
    (Mandate.Kinship.SIBLING, _("Brother or sister")),
    (Mandate.Kinship.GRANDPARENT, _("Grandparent")),
    (Mandate.Kinship.GRANDCHILD, _("Grandchild")),
    (Mandate.Kinship.OTHER, _("Another relative")),
]
REGISTRATIONS = [
    (Organisation.RegistrationType.USCC, _("Unified social credit code")),
    (
        Organisation.RegistrationType.FOREIGN,
        _("Registration abroad, in Hong Kong, Macao or Taiwan"),
    ),
]
DOCUMENTS = [choice for choice in DocumentType.choices if choice[0] not in {"military", "other"}]


def _password(label: object, *, fresh: bool, hint: object = "") -> forms.CharField:
    purpose = "new-password" if fresh else "current-password"
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        help_text=hint,  # type: ignore[arg-type]
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": purpose}),
    )


def _code(label: object, hint: object = "") -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        help_text=hint,  # type: ignore[arg-type]
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "text"}),
    )


class SignInForm(forms.Form):
    username = forms.CharField(
        label=_("Telephone number or sign-in name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    password = _password(_("Password"), fresh=False)
    as_officer = forms.BooleanField(label=_("I am at work as an officer"), required=False)


class CodeForm(forms.Form):
    code = _code(_("Six digits"), _("From the authenticator on your phone; or a recovery code."))


class RegisterForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"),
        help_text=_("As on your document."),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    document_type = forms.ChoiceField(
        label=_("Your document"), choices=DOCUMENTS, initial=DocumentType.RESIDENT_ID
    )
    document_number = forms.CharField(
        label=_("Number of the document"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    phone = forms.CharField(
        label=_("Telephone number"),
        help_text=_("You will sign in with it."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )
    password = _password(
        _("Password"), fresh=True, hint=_("At least 8 characters, letters and digits.")
    )
    password_again = _password(_("The password once more"), fresh=True)

    def clean_password_again(self) -> str:
        again: str = self.cleaned_data["password_again"]
        if again != self.cleaned_data.get("password"):
            raise forms.ValidationError(_("The two passwords are not the same."))
        return again


class ContactForm(PickForm):
    email = forms.CharField(label=_("E-mail"), max_length=200, required=False)
    address = forms.CharField(label=_("Address"), max_length=300, required=False)
    region_code = PickField(
        label=_("Where you live"),
        search_label=_("Name or pinyin of a city, district or town"),
        find=choosing.find_regions,
        name=choosing.name_regions,
        required=False,
    )


class PasswordForm(forms.Form):
    present = _password(_("Present password"), fresh=False)
    new_password = _password(
        _("New password"),
        fresh=True,
        hint=_("Residents at least 8 characters; officers at least 10, of three kinds."),
    )
    new_again = _password(_("The new password once more"), fresh=True)

    def clean_new_again(self) -> str:
        again: str = self.cleaned_data["new_again"]
        if again != self.cleaned_data.get("new_password"):
            raise forms.ValidationError(_("The two passwords are not the same."))
        return again


class RecoveryForm(forms.Form):
    username = forms.CharField(
        label=_("Telephone number or sign-in name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    name = forms.CharField(
        label=_("Your name"),
        help_text=_("As on your document."),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    document_type = forms.ChoiceField(
        label=_("Your document"), choices=DOCUMENTS, initial=DocumentType.RESIDENT_ID
    )
    document_number = forms.CharField(
        label=_("Number of the document"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class NewPasswordForm(forms.Form):
    new_password = _password(
        _("New password"),
        fresh=True,
        hint=_("Residents at least 8 characters; officers at least 10, of three kinds."),
    )
    new_again = _password(_("The new password once more"), fresh=True)

    def clean_new_again(self) -> str:
        again: str = self.cleaned_data["new_again"]
        if again != self.cleaned_data.get("new_password"):
            raise forms.ValidationError(_("The two passwords are not the same."))
        return again


class PhoneForm(forms.Form):
    phone = forms.CharField(
        label=_("New telephone number"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )


class PhoneCodesForm(forms.Form):
    code = _code(_("The six digits sent to the new number"))
    old_code = _code(_("The six digits sent to the number so far"))

    def __init__(self, asks_old: bool, data: Any = None) -> None:
        super().__init__(data)
        if not asks_old:
            del self.fields["old_code"]


class ClosingForm(forms.Form):
    password = _password(_("Password"), fresh=False)
    code = forms.CharField(
        label=_("Six digits"),
        help_text=_("Only if the account has a second factor."),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "text"}),
    )


class MergeForm(ClosingForm):
    field_order = ("username", "password", "code")
    username = forms.CharField(
        label=_("Sign-in name of the other account"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class RemoveSecondFactorForm(forms.Form):
    password = _password(_("Password"), fresh=False)
    code = _code(_("Six digits"))


class PasskeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the passkey"),
        help_text=_("You will know it by this name, such as: my phone."),
        max_length=60,
    )
    attempt = forms.CharField(max_length=40, widget=forms.HiddenInput)
    credential = forms.CharField(max_length=20_000, widget=forms.HiddenInput)


class CertificateForm(forms.Form):
    certificate_file = forms.FileField(
        label=_("The file of the certificate"), help_text=_("PEM or DER."), required=False
    )
    certificate_text = forms.CharField(
        label=_("Or its text"),
        help_text=_("From BEGIN CERTIFICATE to END CERTIFICATE."),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not values.get("certificate_file") and not values.get("certificate_text"):
            raise forms.ValidationError(_("Choose the certificate’s file, or paste its text."))
        return values

    def certificate(self) -> bytes:
        given = self.cleaned_data.get("certificate_file")
        if given:
            content: bytes = given.read(UPLOAD_MAX_BYTES)
            return content
        return str(self.cleaned_data["certificate_text"]).encode()


class OrganisationForm(forms.Form):
    name = forms.CharField(label=_("Full registered name"), max_length=200)
    registration_type = forms.ChoiceField(
        label=_("Kind of number"),
        choices=REGISTRATIONS,
        initial=Organisation.RegistrationType.USCC,
        widget=forms.RadioSelect,
    )
    registration_number = forms.CharField(label=_("Number"), max_length=64)
    registration_place = forms.CharField(
        label=_("Country or region of registration"),
        help_text=_("Only for a registration elsewhere."),
        max_length=100,
        required=False,
    )
    address = forms.CharField(label=_("Address"), max_length=300, required=False)
    phone = forms.CharField(label=_("Telephone number"), max_length=40, required=False)


class MandateForm(PickForm):
    agent_name = forms.CharField(label=_("Name of the agent"), max_length=100)
    agent_document_type = forms.ChoiceField(
        label=_("The agent's document"), choices=DOCUMENTS, initial=DocumentType.RESIDENT_ID
    )
    agent_document_number = forms.CharField(label=_("Number of the document"), max_length=40)
    relation = forms.ChoiceField(label=_("Who is it?"), choices=RELATIONS, widget=forms.RadioSelect)
    kinship = forms.ChoiceField(
        label=_("What is the relative to you?"), choices=KINSHIPS, required=False
    )
    item_codes = PickField(
        label=_("Only for these matters"),
        help_text=_("Choose as many as you like. None chosen: all matters."),
        search_label=_("Search in your own words or by pinyin, such as 居住证 or jzz"),
        find=choosing.find_matters,
        name=choosing.name_matters,
        many=True,
        required=False,
    )
    valid_from = forms.DateField(
        label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    valid_until = forms.DateField(
        label=_("Until"),
        help_text=_("The first day on which it no longer counts."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class ChildForm(forms.Form):
    name = forms.CharField(label=_("Name of the child"), max_length=100)
    document_type = forms.ChoiceField(
        label=_("The child's document"), choices=DOCUMENTS, initial=DocumentType.RESIDENT_ID
    )
    document_number = forms.CharField(
        label=_("Number of the document"),
        help_text=_("For a resident: the number in the household register."),
        max_length=40,
    )


class PairForm(forms.Form):
    ward_name = forms.CharField(label=_("Name of the ward"), max_length=100)
    ward_document_type = forms.ChoiceField(
        label=_("The ward's document"), choices=DOCUMENTS, initial=DocumentType.RESIDENT_ID
    )
    ward_document_number = forms.CharField(label=_("Number of the ward's document"), max_length=40)
    guardian_name = forms.CharField(label=_("Name of the guardian"), max_length=100)
    guardian_document_type = forms.ChoiceField(
        label=_("The guardian's document"), choices=DOCUMENTS, initial=DocumentType.RESIDENT_ID
    )
    guardian_document_number = forms.CharField(
        label=_("Number of the guardian's document"), max_length=40
    )


class GuardianForm(PairForm, PickForm):
    field_order = ("ground",)
    ground = forms.ChoiceField(
        label=_("Why does the ward need a guardian?"),
        choices=[
            ("minor", _("A minor")),
            ("adult", _("An adult for whom the law appoints a guardian")),
        ],
        widget=forms.RadioSelect,
    )
    documents = forms.CharField(
        label=_("Papers you saw, each with its number"),
        help_text=_("Such as a birth certificate, a household register, a decision of a court."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    item_codes = PickField(
        label=_("Only for these matters"),
        help_text=_("Choose as many as you like. None chosen: all matters."),
        search_label=_("Search in your own words or by pinyin, such as 居住证 or jzz"),
        find=choosing.find_matters,
        name=choosing.name_matters,
        many=True,
        required=False,
    )
    valid_until = forms.DateField(
        label=_("Until"),
        help_text=_(
            "A minor: empty means until the eighteenth birthday. An adult: within 5 years."
        ),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class GuardianEndForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it ends; both sides read it"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class GuardianClaimEndForm(GuardianEndForm, PairForm):
    pass


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("What is it for?"), help_text=_("You will know it by this name."), max_length=100
    )
    scopes = forms.CharField(
        label=_("Scopes"),
        help_text=_("Permission codes or module names, separated by spaces."),
        max_length=1000,
    )
    days = forms.IntegerField(label=_("Days it is valid"), min_value=1, max_value=365, initial=90)


class FirmFindForm(forms.Form):
    uscc = forms.CharField(
        label=_("Unified social credit code of the firm"),
        help_text=_("18 characters, as on the business licence."),
        max_length=18,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_uscc(self) -> str:
        return str(self.cleaned_data["uscc"]).strip().upper()


class LeaderForm(FirmFindForm):
    """Who leads the firm from now on, and the entry of the register that says so."""

    document_type = forms.ChoiceField(
        label=_("Identity document of the new legal representative"),
        choices=DOCUMENTS,
        initial=DocumentType.RESIDENT_ID,
    )
    document_number = forms.CharField(
        label=_("Number of the document"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    evidence = forms.CharField(
        label=_("Entry in the business register"),
        help_text=_("Number and date of the notice that the change is registered."),
        max_length=200,
    )


class OfficerPersonForm(PickForm):
    document_type = forms.ChoiceField(
        label=_("Kind of document"),
        choices=DocumentType.choices,
        initial=DocumentType.RESIDENT_ID,
    )
    document_number = forms.CharField(
        label=_("Document number"),
        help_text=_("Who decides must not decide on a matter of his own; this tells."),
        max_length=40,
    )


class OfficerForm(OfficerPersonForm):
    field_order = ("name", "document_type", "document_number", "username", "agency")
    name = forms.CharField(label=_("Full name"), max_length=100)
    username = forms.CharField(label=_("Sign-in name"), max_length=64)
    agency = PickField(
        label=_("Agency"),
        help_text=_("The agency must be in your reach."),
        search_label=_("Part of its name, or pinyin of its place"),
        find=choosing.find_agencies,
        name=choosing.name_agencies,
    )


class PostOfferForm(PickForm):
    name = forms.CharField(label=_("Full name"), max_length=100)
    username = forms.CharField(label=_("Sign-in name of the account"), max_length=64)
    agency = PickField(
        label=_("Agency"),
        help_text=_("The agency must be in your reach."),
        search_label=_("Part of its name, or pinyin of its place"),
        find=choosing.find_agencies,
        name=choosing.name_agencies,
    )


class _ReachForm(PickForm):
    role = forms.ChoiceField(label=_("Role"))
    agency = PickField(
        label=_("In one agency"),
        search_label=_("Part of its name, or pinyin of its place"),
        find=choosing.find_agencies,
        name=choosing.name_agencies,
        required=False,
    )
    region_code = PickField(
        label=_("Or in a region and all below it"),
        search_label=_("Name or pinyin of a city, district or town"),
        find=choosing.find_regions,
        name=choosing.name_regions,
        required=False,
    )
    valid_until = forms.DateField(
        label=_("Until"),
        help_text=_("The first day on which it no longer counts. Empty: as long as yours."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class GrantForm(_ReachForm):
    entrusted = forms.MultipleChoiceField(
        label=_("Roles the officer may give on"),
        help_text=_("Only for security administrators. None chosen: the same as you."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class ProposalForm(_ReachForm):
    reason = forms.CharField(
        label=_("What the officer needs the role for"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def show_refusal(form: forms.Form, refusal: Refusal, **names: str) -> None:
    """Put a service's refusal where it belongs: at its fields, else above the form."""
    shown = False
    for problem in refusal.fields:
        name = names.get(problem.path, problem.path)
        form.add_error(name if name in form.fields else None, str(problem.message))
        shown = True
    if not shown:
        text = f"{refusal.text} {refusal.remedy}".strip()
        form.add_error(None, text)


class ProofForm(forms.Form):
    """The fields of one way to prove who one is."""

    def __init__(self, fields: Sequence[Field], data: Any = None, files: Any = None) -> None:
        super().__init__(data, files)
        self.asked = tuple(fields)
        for field in fields:
            self.fields[field.name] = _proof_field(field)

    def typed(self) -> dict[str, str]:
        return {
            field.name: self.cleaned_data.get(field.name) or ""
            for field in self.asked
            if field.kind != "file"
        }

    def uploads(self) -> dict[str, bytes]:
        found = {
            field.name: self.cleaned_data.get(field.name)
            for field in self.asked
            if field.kind == "file"
        }
        return {name: file.read(UPLOAD_MAX_BYTES) for name, file in found.items() if file}


def _proof_field(field: Field) -> forms.Field:
    common: dict[str, Any] = {
        "label": field.label,
        "help_text": field.hint,
        "required": field.required,
    }
    if field.kind == "code":
        return _code(field.label, field.hint)
    if field.kind == "file":
        return forms.FileField(**common)
    if field.kind == "long":
        return forms.CharField(
            max_length=20_000, widget=forms.Textarea(attrs={"rows": 6}), **common
        )
    attributes = {"autocomplete": "off", "spellcheck": "false"}
    return forms.CharField(max_length=200, widget=forms.TextInput(attrs=attributes), **common)
