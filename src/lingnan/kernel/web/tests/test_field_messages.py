"""Each error type we have words for is one of Pydantic's, with the facts the words name."""

import pytest
from django.utils import translation
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import PydanticKnownError

from lingnan.kernel.web.field_messages import _COUNTED, _PLAIN, message_of

# What Pydantic tells with these errors, beside the fact the words name.
MORE: dict[str, dict[str, object]] = {
    "too_short": {"field_type": "List", "actual_length": 1},
    "too_long": {"field_type": "List", "actual_length": 9},
    "union_tag_invalid": {"discriminator": "'kind'", "tag": "x"},
    "string_pattern_mismatch": {"pattern": "^a$"},
    "date_parsing": {"error": "x"},
    "date_from_datetime_parsing": {"error": "x"},
    "datetime_parsing": {"error": "x"},
    "datetime_from_date_parsing": {"error": "x"},
    "datetime_object_invalid": {"error": "x"},
    "uuid_parsing": {"error": "x"},
    "json_invalid": {"error": "x"},
    "model_type": {"class_name": "X"},
}


class Asked(BaseModel):
    name: str = Field(min_length=3)
    shares: list[int] = Field(max_length=2)
    kind: bool


@pytest.mark.parametrize("kind", sorted(_PLAIN) + sorted(_COUNTED))
def test_it_is_a_type_of_pydantic_and_said_in_both_languages(kind: str) -> None:
    fact = _COUNTED[kind][0] if kind in _COUNTED else ""
    value: object = "'a' or 'b'" if fact.startswith("expected") else 7
    facts = {**MORE.get(kind, {}), **({fact: value} if fact else {})}
    # Pydantic refuses a type it does not know, and one without its facts.
    assert PydanticKnownError(kind, facts or None).message()  # type: ignore[arg-type]
    said = {}
    for language in ("en", "zh-hans"):
        with translation.override(language):
            said[language] = message_of(kind, facts, "otherwise")
    assert "otherwise" not in said.values()
    assert said["en"] != said["zh-hans"]
    if fact:
        assert all(str(value).replace(" or ", ", ") in words for words in said.values())


def test_what_was_sent_is_told_field_by_field() -> None:
    with pytest.raises(ValidationError) as wrong:
        Asked.model_validate({"name": "ab", "shares": [1, 2, 3], "kind": "perhaps"})
    with translation.override("zh-hans"):
        said = [
            message_of(item["type"], item.get("ctx", {}), item["msg"])
            for item in wrong.value.errors()
        ]
    assert said == ["至少 3 个字符。", "最多 2 项。", "请填写 true 或 false。"]


def test_a_rare_type_keeps_its_own_words() -> None:
    assert message_of("url_scheme", {}, "URL scheme should be https") == (
        "URL scheme should be https"
    )
