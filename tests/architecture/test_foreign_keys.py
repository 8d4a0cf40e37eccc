"""Foreign keys point down the plan's layers, and never cascade across modules."""

from django.apps import apps
from django.db import models

ORDER = (
    "operations",
    "applications",
    "platforms",
    "data",
    "infrastructure",
    "security",
    "standards",
    "kernel",
)


def home(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(apps.get_app_config(model._meta.app_label).name.split(".")[1:3])


def test_foreign_keys_point_down_and_protect_across_modules() -> None:
    wrong = []
    checked = 0
    for model in apps.get_models():
        if not apps.get_app_config(model._meta.app_label).name.startswith("lingnan."):
            continue
        for field in model._meta.get_fields():
            if not isinstance(field, models.ForeignKey):
                continue
            target = field.related_model
            assert isinstance(target, type)
            checked += 1
            if home(target) == home(model):
                continue
            up = ORDER.index(home(target)[0]) < ORDER.index(home(model)[0])
            named = not field.remote_field.hidden
            if up or named or field.remote_field.on_delete is not models.PROTECT:
                wrong.append(str(field))
    assert wrong == []
    assert checked > 20, "the walk found hardly any foreign key: it no longer looks at the models"
