"""Pages of what went wrong: nothing typed is lost, rules are cited as people cite them."""

import re

import pytest
from django.test import Client
from django.utils import translation

from lingnan.kernel.web.problems import basis_of


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("site", "is_shown"), [("same-origin", True), ("cross-site", False), ("", False)]
)
def test_a_form_that_became_too_old_gives_back_what_was_typed_on_our_own_page(
    site: str, is_shown: bool
) -> None:
    client = Client(enforce_csrf_checks=True)
    headers = {"Sec-Fetch-Site": site} if site else {}
    typed = {
        "username": "林小燕",
        "password": "secret word",
        "secret": "of a provider",
        "ward_document_number": "Ｎ 4401",
        "act": "enable",
        "csrfmiddlewaretoken": "old",
    }
    answer = client.post("/account/sign-in/password/", typed, headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "form_too_old" in page
    assert ("林小燕" in re.sub(r"<a[^>]*>", "", page)) is is_shown
    for hidden in ("secret word", "of a provider", "4401", ">enable", "\nenable"):
        assert hidden not in page


@pytest.mark.parametrize(
    ("source", "chinese", "english"),
    [
        ("行政许可法 32, 38", "《行政许可法》第32、38条", "行政许可法 32, 38"),
        (
            "行政许可法 第三十二条第一款第（四）项",
            "《行政许可法》第三十二条第一款第（四）项",
            "行政许可法 第三十二条第一款第（四）项",
        ),
        ("国务院令第716号 10", "国务院令第716号第10条", "国务院令第716号 10"),
        ("行政许可法 59；规划 五（三）", "《行政许可法》第59条", "行政许可法 59"),
        (
            "行政许可法 82; 民法典 200-203",
            "《行政许可法》第82条；《民法典》第200-203条",
            "行政许可法 82; 民法典 200-203",
        ),
        ("平台默认，规划未定数值", "", ""),
        ("国办发〔2019〕51号", "国办发〔2019〕51号", "国办发〔2019〕51号"),
        ("GB/T 38540-2020", "GB/T 38540-2020", "GB/T 38540-2020"),
        ("RFC 8259", "", ""),
        ("", "", ""),
    ],
)
def test_a_rule_is_cited_as_people_cite_it(source: str, chinese: str, english: str) -> None:
    with translation.override("zh-hans"):
        assert basis_of(source) == chinese
    with translation.override("en"):
        assert basis_of(source) == english
