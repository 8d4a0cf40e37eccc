"""A device as a person would name it."""

import pytest

from lingnan.platforms.identity.device_words import device_name
from lingnan.platforms.identity.models import Session
from lingnan.platforms.identity.templatetags.identity_words import authority_name
from lingnan.platforms.identity.testing import client_for, make_person_actor


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (
            "Mozilla (Windows NT 10.0) Chrome/130 Safari/537 Edg/130",
            "Edge, Windows",
        ),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/130 Safari MicroMessenger/8", "WeChat, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18) Version/18 Safari/604", "Safari, iPhone"),
    ],
)
def test_device_name(agent: str, said: str) -> None:
    assert device_name(agent) == said


def test_a_program_is_called_one() -> None:
    assert "python-httpx/0.28.1" in device_name("python-httpx/0.28.1")
    assert device_name("") != ""


@pytest.mark.parametrize(
    ("issuer", "said"),
    [
        ("Common Name: 演示认证机构（测试）, Country: CN", "演示认证机构（测试）"),
        ("Country: CN, Organization: A, Common Name: Net, Trust CA", "Net, Trust CA"),
        ("Common Name: B, Organizational Unit: C", "B"),
        ("Country: CN", "Country: CN"),
    ],
)
def test_an_authority_is_called_by_its_common_name(issuer: str, said: str) -> None:
    assert authority_name(issuer) == said


@pytest.mark.django_db
def test_ways_of_signing_in_are_listed_as_the_language_lists_them() -> None:
    actor = make_person_actor()
    client = client_for(actor)
    assert actor.account_id is not None
    Session.objects.filter(account_id=actor.account_id).update(methods=["password", "face"])
    for path in ("/account/assurance/", "/account/devices/"):
        assert "密码、人脸识别" in client.get(path).content.decode(), path
        page = client.get(path, headers={"Accept-Language": "en"}).content.decode()
        assert "密码" not in page and "Password, Face check" in page
