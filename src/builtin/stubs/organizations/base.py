from django.conf import settings
from django.db import models


# The metaclass of these points each at the class of the same app that extends the other; they are mostly named so.
class OrganizationBase(models.Model):
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    users = models.ManyToManyField(settings.AUTH_USER_MODEL, through="OrganizationUser", related_name="%(app_label)s_%(class)s")

    class Meta:
        abstract = True


class OrganizationUserBase(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="%(app_label)s_%(class)s")
    organization = models.ForeignKey("Organization", on_delete=models.CASCADE, related_name="organization_users")

    class Meta:
        abstract = True
        unique_together = ("user", "organization")


class OrganizationOwnerBase(models.Model):
    organization_user = models.OneToOneField("OrganizationUser", on_delete=models.CASCADE)
    organization = models.OneToOneField("Organization", on_delete=models.CASCADE, related_name="owner")

    class Meta:
        abstract = True


class OrganizationInvitationBase(models.Model):
    guid = models.UUIDField(editable=False)
    invitee_identifier = models.CharField(max_length=1000)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="%(app_label)s_%(class)s_sent_invitations")
    invitee = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="%(app_label)s_%(class)s_invitations")
    organization = models.ForeignKey("Organization", on_delete=models.CASCADE, related_name="organization_invites")

    class Meta:
        abstract = True
