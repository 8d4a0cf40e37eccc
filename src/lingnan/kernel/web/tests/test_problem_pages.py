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
    typed = {"username": "linxiaoyan", "password": "secret-word", "csrfmiddlewaretoken": "old"}
    answer = client.post("/account/sign-in/password/", typed, headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "form_too_old" in page
    assert ("linxiaoyan" in re.sub(r"<a[^>]*>", "", page)) is is_shown
    assert "secret-word" not in page


@pytest.mark.parametrize(
    ("source", "chinese", "english"),
    [
        ("行政许可法 32, 38", "《行政许可法》第32、38条", "行政许可法 32, 38"),
        ("行政许可法 32(4)", "《行政许可法》第32条（4）", "行政许可法 32(4)"),
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
