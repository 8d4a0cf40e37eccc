"""Rows written by our own statement are what Django would have written."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DataError, IntegrityError, models, transaction

from lingnan.kernel import clock
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.rows import insert
from lingnan.platforms.workflow.models import ProcessInstance, WorkTask
from lingnan.platforms.workflow.testing import approval_xml, publish, start
from lingnan.standards.agencies.testing import make_agency

pytestmark = pytest.mark.django_db


def _columns(row: models.Model, *, without: set[str]) -> dict[str, object]:
    names = [field.attname for field in row._meta.concrete_fields]
    return {name: getattr(row, name) for name in names if name not in without}


@pytest.fixture
def started() -> ProcessInstance:
    publish(approval_xml(), key="rows", at=clock.now())
    result = start(key="rows", agency_id=make_agency().id, at=clock.now())
    return ProcessInstance.objects.get(pk=result.instance_id)


def test_a_row_with_every_kind_of_column_comes_back_as_it_was(started: ProcessInstance) -> None:
    task = WorkTask.objects.get(instance=started)
    WorkTask.objects.filter(pk=task.pk).delete()
    task.outcomes = ["同意", "100%", "a,b\"c'"]
    task.due_on = task.due_on - timedelta(days=1)
    insert([task])

    assert not task._state.adding
    again = WorkTask.objects.get(pk=task.pk)
    assert _columns(again, without={"created_at"}) == _columns(task, without={"created_at"})


def test_several_rows_keep_their_order_and_get_their_numbers() -> None:
    at = clock.now()
    insert([OutboxEvent(name=name, payload={"n": name}, occurred_at=at) for name in "cab"])
    insert([])

    assert list(OutboxEvent.objects.order_by("seq").values_list("name", flat=True)) == list("cab")


def test_what_a_table_refuses_is_refused(started: ProcessInstance) -> None:
    task = WorkTask.objects.get(instance=started)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert([task])
    task.pk, task.step_id = uuid4(), "x" * 1000
    with pytest.raises(DataError, match="too long"), transaction.atomic():
        insert([task])
