"""What personnel systems feed us (SCIM): their users and groups, beside our officers and grants."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from .accounts import Account, Officer, Role, RoleGrant
from .sso import Client


class ProvisionedUser(Record):
    """One civil servant as a personnel system knows him, and the account and post that came of it.

    `document` is the rest of what the system says (SCIM User, as JSON); `version` is its ETag.
    Data class: personal. Kept: 1 year after `deleted_at`, for the personnel system's questions;
    the officer stays.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", null=True)
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+", null=True)
    user_name = models.CharField(max_length=200)
    user_name_key = models.CharField(max_length=200)
    external_id = models.CharField(max_length=200, blank=True, default="")
    active = models.BooleanField(default=True)
    document = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["client", "user_name_key"],
                condition=Q(deleted_at__isnull=True),
                name="provisioned_user_once_per_name",
            ),
            models.CheckConstraint(
                condition=Q(active=True, deleted_at__isnull=True, officer__isnull=False)
                | Q(active=False, officer__isnull=True),
                name="provisioned_user_active_has_post",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["client", "external_id"], name="provisioned_user_by_external")
        ]

    def __str__(self) -> str:
        return self.user_name


class ProvisionedGroup(Record):
    """One group of a personnel system. Named after a role (`case_handler`, or
    `case_handler@<agency code>`), its members hold that role there.

    Data class: internal. Kept: 1 year after `deleted_at`; the grants stay.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    display_name = models.CharField(max_length=200)
    external_id = models.CharField(max_length=200, blank=True, default="")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+", null=True)
    agency = models.ForeignKey(
        "agencies.Agency", on_delete=models.PROTECT, related_name="+", null=True
    )
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(role__isnull=True, agency__isnull=True)
                | Q(role__isnull=False, agency__isnull=False),
                name="provisioned_group_role_in_agency",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["client"], name="provisioned_group_by_client")]

    def __str__(self) -> str:
        return self.display_name


class ProvisionedMember(Record):
    """A user is in a group; `grant` is the role it gave him, if the group stands for one.

    Data class: internal. Kept: while user and group are; the grant stays.
    """

    group = models.ForeignKey(ProvisionedGroup, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(ProvisionedUser, on_delete=models.CASCADE, related_name="memberships")
    display = models.CharField(max_length=200, blank=True, default="")
    grant = models.ForeignKey(RoleGrant, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "user"], name="provisioned_member_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.group_id}"
