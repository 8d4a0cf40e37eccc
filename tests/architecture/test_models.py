"""Every table says what personal data it holds and how long it is kept."""

import re

from django.apps import apps

DATA_CLASS = re.compile(r"Data class: (public|internal|personal|sensitive)\b")
KEPT = re.compile(r"Kept: \S")


def test_every_model_states_data_class_and_retention() -> None:
    silent, seen = [], 0
    for model in apps.get_models():
        if not apps.get_app_config(model._meta.app_label).name.startswith("lingnan."):
            continue
        if model._meta.auto_created:
            continue
        seen += 1
        text = " ".join((model.__doc__ or "").split())
        if not DATA_CLASS.search(text) or not KEPT.search(text):
            silent.append(model._meta.label)
    assert silent == []
    assert seen > 20
