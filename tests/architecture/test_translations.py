"""One message has one translation, whichever catalogue it stands in."""

from django.conf import settings

from lingnan.project import translations


def test_no_message_is_translated_in_two_ways() -> None:
    assert not translations.disagreements(settings.PACKAGE_DIR)
