"""Refusal codes are stable and unambiguous; what people read is complete."""

from collections import Counter
from pathlib import Path

from lingnan.kernel.errors import refusal_classes
from lingnan.kernel.events import event_classes, subscriptions
from lingnan.project import translations

PACKAGE = Path(translations.__file__).parents[1]


def own_refusals() -> list[type]:
    return [
        cls
        for cls in refusal_classes()
        if cls.__module__.startswith("lingnan.") and ".tests." not in cls.__module__
    ]


def test_each_refusal_code_belongs_to_one_class() -> None:
    codes = Counter(cls.code for cls in own_refusals() if "code" in vars(cls))  # type: ignore[attr-defined]
    assert [code for code, count in codes.items() if count > 1] == []
    assert len(codes) > 40


def test_each_refusal_has_its_own_words_and_a_4xx_status() -> None:
    wordless = [cls.__name__ for cls in own_refusals() if not str(cls.message)]  # type: ignore[attr-defined]
    statuses = {cls.status for cls in own_refusals()}  # type: ignore[attr-defined]
    assert wordless == []
    assert all(400 <= status < 500 for status in statuses - {500, 503})


def test_each_event_name_belongs_to_one_class_and_subscriptions_name_real_events() -> None:
    names = Counter(cls.name for cls in event_classes() if ".tests." not in cls.__module__)
    assert [name for name, count in names.items() if count > 1] == []
    assert set(subscriptions()) <= set(names) | {
        cls.name for cls in event_classes() if ".tests." in cls.__module__
    }


def test_every_message_has_its_chinese() -> None:
    missing = translations.missing(PACKAGE)
    assert [f"{place}: {msgid}" for (_context, msgid), place in missing.items()] == []
