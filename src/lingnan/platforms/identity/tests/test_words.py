"""A device as a person would name it."""

import pytest

from lingnan.platforms.identity.device_words import device_name


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
