"""Money booked on a day after it was closed was never handed in: it is carried to an open day.

Its entries stay where they were posted; with which day it is handed in is what changes.
"""

from datetime import timedelta
from typing import Any, ClassVar

from django.db import migrations
from django.db.models import F, OuterRef, Subquery


def carry(apps: Any, editor: Any) -> None:
    days, payments = apps.get_model("payment", "BusinessDay"), apps.get_model("payment", "Payment")
    refunds = apps.get_model("payment", "Refund")
    closed = set(days.objects.filter(state="closed").values_list("channel", "business_on"))
    if not closed:
        return

    def following(channel: str, on: Any) -> Any:
        while (channel, on) in closed:
            on += timedelta(days=1)
        return on

    closed_at = days.objects.filter(
        state="closed", channel=OuterRef("channel"), business_on=OuterRef("business_on")
    ).values("closed_at")
    late = payments.objects.annotate(closed_at=Subquery(closed_at)).filter(
        recorded_at__gt=F("closed_at")
    )
    for key, channel, on in late.values_list("pk", "channel", "business_on"):
        payments.objects.filter(pk=key).update(carried_to=following(channel, on))
    # A refund has no instant of recording; one asked about after the day closed was paid after it.
    by_day = {(day.channel, day.business_on): day.closed_at for day in days.objects.all()}
    paid = refunds.objects.filter(state="paid", asked_at__isnull=False).select_related("payment")
    for refund in paid.iterator():
        on = (refund.paid_at + timedelta(hours=8)).date()
        at = by_day.get((refund.payment.channel, on))
        if at is not None and refund.asked_at > at:
            carried = following(refund.payment.channel, on)
            refunds.objects.filter(pk=refund.pk).update(carried_to=carried)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("payment", "0008_carried_money_and_second_persons")]

    operations: ClassVar = [migrations.RunPython(carry, migrations.RunPython.noop)]
