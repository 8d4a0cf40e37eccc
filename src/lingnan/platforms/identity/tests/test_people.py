"""Persons and organisations: entered once, numbers sealed, found by exact number only."""

from collections.abc import Callable

import pytest

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.errors import Forbidden
from lingnan.kernel.testing import race
from lingnan.security.audit.queries import history_of
from lingnan.standards.codes.types import resident_id

from .. import queries, services
from ..errors import (
    DetailsWrong,
    OrganisationKnown,
    PasswordWeak,
    PersonKnown,
    TooManyAttempts,
    UsernameTaken,
)
from ..models import Account, Organisation, Person
from ..testing import (
    PASSWORD,
    firm_number,
    make_officer_actor,
    make_person,
    make_person_actor,
    resident_number,
)
from ..types import SelfApproval, check_not_self, mask_name, mask_number, mask_phone

AT = clock.now()


@pytest.mark.django_db
def test_the_number_is_sealed_masked_and_says_birth_and_sex() -> None:
    number = resident_number(male=True)
    person = make_person("陈先生", document_number=number)
    row = Person.objects.filter(pk=person.pk).values().get()
    assert all(number not in str(value) for value in row.values())
    card = queries.person(person.pk)
    assert card.document_number == number
    assert card.masked_document_number == f"0{'*' * 16}{number[-1]}"
    assert (card.born_on, card.sex) == (resident_id.parse(number).born_on, "1")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("document_type", "number"),
    [
        ("resident_id", "11010519491231002X"),
        ("hmt_residence", resident_id.build(region_code="810000", born_on=AT.date(), sequence=1)),
        ("hm_travel", "H12345678"),
        ("tw_travel", "12345678"),
        ("foreign_permanent", "ABC123456789012"),
        ("passport", "E12345678"),
    ],
)
def test_every_kind_of_document_registers_and_is_found_again(
    document_type: str, number: str
) -> None:
    person = make_person(document_type=document_type, document_number=f" {number.lower()} ")
    found = queries.find_person(document_type, number)
    assert found is not None and found.id == person.pk
    with pytest.raises(PersonKnown):
        make_person(document_type=document_type, document_number=number)


@pytest.mark.django_db
def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(DetailsWrong) as refused:
        make_person(
            "王",
            document_number="110105194912310021",
            phone="12",
            email="x",
            region_code="999",
        )
    assert {field.path for field in refused.value.fields} == {
        "name",
        "document_number",
        "phone",
        "email",
        "region_code",
    }
    assert Person.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_one_document_registered_five_times_at_once_is_one_person() -> None:
    number = resident_number()
    answers = race([lambda: make_person(document_number=number)] * 5)
    assert sum(isinstance(answer, PersonKnown) for answer in answers) == 4
    assert Person.objects.count() == 1


def sign_up(number: str, phone: str, **options: object) -> Account:
    values: dict[str, object] = {
        "name": "陈美玲",
        "document_type": "resident_id",
        "document_number": number,
        "phone": phone,
        "password": PASSWORD,
        "address": "192.0.2.1",
        "at": AT,
        **options,
    }
    return services.sign_up(**values)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_registering_makes_person_and_account_together_or_neither() -> None:
    number = resident_number()
    sign_up(number, "13800000001")
    with pytest.raises(PersonKnown):
        sign_up(number, "13800000002")
    with pytest.raises(UsernameTaken):
        sign_up(resident_number(), "13800000001")
    with pytest.raises(PasswordWeak):
        sign_up(resident_number(), "13800000003", password="12345678")
    with pytest.raises(DetailsWrong):
        sign_up(resident_number(), "")
    assert (Person.objects.count(), Account.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_trying_out_numbers_by_registering_is_stopped() -> None:
    number = resident_number()
    sign_up(number, "13800000001")
    for _n in range(10):
        with pytest.raises(PersonKnown):
            sign_up(number, "13800000002")
    with pytest.raises(TooManyAttempts):
        sign_up(resident_number(), "13800000003")


@pytest.mark.django_db
def test_looking_a_person_up_needs_right_and_purpose_and_is_on_record() -> None:
    number = resident_number()
    person = make_person(document_number=number)
    clerk = make_officer_actor("window_clerk")
    look = {"document_type": "resident_id", "document_number": number, "at": AT}
    for other in (make_officer_actor("inspector"), make_person_actor()):
        with pytest.raises(Forbidden):
            services.find_person_for(actor=other, purpose="受理", **look)  # type: ignore[arg-type]
    with pytest.raises(DetailsWrong):
        services.find_person_for(actor=clerk, purpose=" ", **look)  # type: ignore[arg-type]
    card = services.find_person_for(actor=clerk, purpose="受理", **look)  # type: ignore[arg-type]
    assert card is not None and card.id == person.pk
    (entry,) = [
        e for e in history_of("person", str(person.pk)) if e.act == "identity.person_looked_up"
    ]
    assert entry.facts["purpose"] == "受理"
    assert number not in str(entry.facts)


@pytest.mark.django_db
def test_a_person_names_only_himself_as_legal_representative() -> None:
    someone, stranger = make_person_actor(), make_person()
    firm = services.register_organisation(
        actor=someone,
        name="广州演示餐饮有限公司",
        registration_number=firm_number(),
        legal_representative_id=stranger.pk,
        source=Organisation.Source.REGISTER,
        at=AT,
    )
    assert firm.legal_representative_id == someone.person_id
    assert firm.source == "declared"
    with pytest.raises(OrganisationKnown):
        services.register_organisation(
            actor=make_person_actor(),
            name="另一家公司",
            registration_number=firm.registration_number,
            legal_representative_id=stranger.pk,
            at=AT,
        )


@pytest.mark.django_db
def test_a_foreign_registration_needs_its_place_and_a_credit_code_its_check() -> None:
    leader = make_person()
    common = {
        "actor": SYSTEM,
        "name": "Harbour Trading Limited",
        "legal_representative_id": leader.pk,
        "at": AT,
    }
    for wrong in (
        {"registration_type": "foreign", "registration_number": "12345678"},
        {"registration_number": "91350100M000100Y4Z"},
        {"registration_type": "other", "registration_number": "12345678"},
    ):
        with pytest.raises(DetailsWrong):
            services.register_organisation(**common, **wrong)  # type: ignore[arg-type]
    firm = services.register_organisation(
        registration_type="foreign",
        registration_number="12345678",
        registration_place="香港特别行政区",
        **common,  # type: ignore[arg-type]
    )
    assert queries.organisation(firm.pk).uscc == ""


@pytest.mark.django_db
def test_no_one_decides_on_his_own_submission_in_any_identity() -> None:
    officer, other = make_officer_actor("approver"), make_person_actor()
    with pytest.raises(SelfApproval):
        check_not_self(officer, officer.account_id)
    check_not_self(officer, other.account_id)
    check_not_self(SYSTEM, None)


@pytest.mark.parametrize(
    ("mask", "plain", "masked"),
    [
        (mask_number, "11010519491231002X", "1****************X"),
        (mask_number, "H123", "****"),
        (mask_phone, "13800000001", "138****0001"),
        (mask_phone, "+85260000001", "+852****0001"),
        (mask_phone, "12345", "*****"),
        (mask_name, "陈静", "*静"),
        (mask_name, "陈", "*"),
    ],
)
def test_masks(mask: Callable[[str], str], plain: str, masked: str) -> None:
    assert mask(plain) == masked
