from django.db import models
from organizations.base import OrganizationBase, OrganizationInvitationBase, OrganizationOwnerBase, OrganizationUserBase


class SharedBaseModel(models.Model):
    created = models.DateTimeField(editable=False)
    modified = models.DateTimeField(editable=False)

    class Meta:
        abstract = True


class AbstractOrganization(SharedBaseModel, OrganizationBase):
    slug = models.SlugField(max_length=200, unique=True)

    class Meta(OrganizationBase.Meta):
        abstract = True

    def __str__(self):
        return self.name


class AbstractOrganizationUser(SharedBaseModel, OrganizationUserBase):
    is_admin = models.BooleanField(default=False)

    class Meta(OrganizationUserBase.Meta):
        abstract = True


class AbstractOrganizationOwner(SharedBaseModel, OrganizationOwnerBase):
    class Meta(OrganizationOwnerBase.Meta):
        abstract = True


class AbstractOrganizationInvitation(SharedBaseModel, OrganizationInvitationBase):
    class Meta(OrganizationInvitationBase.Meta):
        abstract = True
