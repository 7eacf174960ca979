import luthier
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from treebeard.mp_tree import MP_Node, MP_NodeManager
from wagtail.query import PageQuerySet


class Orderable(models.Model):
    sort_order = models.IntegerField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True
        ordering = ["sort_order"]


class LocaleManager(models.Manager):
    def get_for_language(self, language_code): ...


class Locale(models.Model):
    language_code = models.CharField(max_length=100, unique=True)

    objects = LocaleManager()
    all_objects = models.Manager()

    class Meta:
        ordering = ["language_code"]

    def __str__(self): ...


class TranslatableMixin(models.Model):
    translation_key = models.UUIDField(editable=False)
    locale = models.ForeignKey(Locale, on_delete=models.PROTECT, related_name="+", editable=False)

    class Meta:
        abstract = True
        unique_together = [("translation_key", "locale")]

    @property
    def localized(self): ...


class Revision(models.Model):
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    base_content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    object_id = models.CharField(max_length=255)
    created_at = models.DateTimeField(db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="wagtail_revisions")
    object_str = models.TextField(default="")
    content = models.JSONField()
    approved_go_live_at = models.DateTimeField(null=True, blank=True, db_index=True)

    content_object = GenericForeignKey("content_type", "object_id", for_concrete_model=False)

    objects = models.Manager()
    page_revisions = models.Manager()


class RevisionMixin(models.Model):
    latest_revision = models.ForeignKey("wagtailcore.Revision", related_name="+", on_delete=models.SET_NULL, null=True, blank=True, editable=False)
    _revisions = GenericRelation("wagtailcore.Revision", content_type_field="content_type", object_id_field="object_id", for_concrete_model=False)

    class Meta:
        abstract = True


class DraftStateMixin(models.Model):
    live = models.BooleanField(default=True, editable=False)
    has_unpublished_changes = models.BooleanField(default=False, editable=False)
    first_published_at = models.DateTimeField(blank=True, null=True, db_index=True)
    last_published_at = models.DateTimeField(null=True, editable=False)
    live_revision = models.ForeignKey("wagtailcore.Revision", related_name="+", on_delete=models.SET_NULL, null=True, blank=True, editable=False)
    go_live_at = models.DateTimeField(blank=True, null=True)
    expire_at = models.DateTimeField(blank=True, null=True)
    expired = models.BooleanField(default=False, editable=False)

    class Meta:
        abstract = True


class LockableMixin(models.Model):
    locked = models.BooleanField(default=False, editable=False)
    locked_at = models.DateTimeField(null=True, editable=False)
    locked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="locked_%(class)ss")

    class Meta:
        abstract = True


class WorkflowMixin(models.Model):
    _workflow_states = GenericRelation("wagtailcore.WorkflowState", content_type_field="base_content_type", object_id_field="object_id", for_concrete_model=False)

    class Meta:
        abstract = True


class PreviewableMixin: ...


class BasePageManager(MP_NodeManager):
    def get_queryset(self):
        return self._queryset_class(self.model).order_by("path")


PageManager = BasePageManager.from_queryset(PageQuerySet)


class Page(WorkflowMixin, PreviewableMixin, DraftStateMixin, LockableMixin, RevisionMixin, TranslatableMixin, ClusterableModel, MP_Node):
    title = models.CharField(max_length=255)
    draft_title = models.CharField(max_length=255, editable=False)
    slug = models.SlugField(allow_unicode=True, max_length=255)
    content_type = models.ForeignKey(ContentType, related_name="pages", on_delete=models.CASCADE)
    url_path = models.TextField(blank=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="owned_pages")
    seo_title = models.CharField(blank=True, max_length=255)
    show_in_menus = models.BooleanField(default=False)
    search_description = models.TextField(blank=True)
    latest_revision_created_at = models.DateTimeField(null=True, editable=False)
    _revisions = GenericRelation("wagtailcore.Revision", content_type_field="content_type", object_id_field="object_id", related_query_name="page", for_concrete_model=False)
    _workflow_states = GenericRelation("wagtailcore.WorkflowState", content_type_field="base_content_type", object_id_field="object_id", related_query_name="page", for_concrete_model=False)
    _specific_workflow_states = GenericRelation("wagtailcore.WorkflowState", content_type_field="content_type", object_id_field="object_id", related_query_name="page", for_concrete_model=False)
    alias_of = models.ForeignKey("wagtailcore.Page", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="aliases")

    objects = PageManager()

    def __str__(self):
        return self.title

    def __luthier_entry__(self):
        self.serve(luthier.request())

    def serve(self, request, *args, **kwargs):
        luthier.render_template(self.get_template(request, *args, **kwargs), self.get_context(request, *args, **kwargs))

    def get_template(self, request, *args, **kwargs):
        return luthier.page_template(self)

    def get_context(self, request, *args, **kwargs):
        return {"page": self, "self": self, "request": request}

    @property
    def specific(self):
        return luthier.specific_page(self)

    @property
    def specific_deferred(self):
        return luthier.unknown()

    def get_specific(self, *args, **kwargs):
        return luthier.specific_page(self)

    def get_children(self):
        return Page.objects.filter(depth=luthier.unknown())

    def get_descendants(self, inclusive=False):
        return Page.objects.descendant_of(self, inclusive)

    def get_ancestors(self, inclusive=False):
        return Page.objects.ancestor_of(self, inclusive)

    def get_siblings(self, inclusive=True):
        return Page.objects.sibling_of(self, inclusive)

    def get_next_siblings(self, inclusive=False):
        return Page.objects.sibling_of(self, inclusive)

    def get_prev_siblings(self, inclusive=False):
        return Page.objects.sibling_of(self, inclusive)

    def get_first_child(self):
        return Page.objects.filter(depth=luthier.unknown()).first()

    def get_parent(self, *args, **kwargs):
        return Page.objects.get(path=luthier.unknown())

    @property
    def specific_class(self): ...
    @property
    def url(self): ...
    @property
    def full_url(self): ...
    def get_url(self, request=None, current_site=None): ...
    def get_full_url(self, request=None): ...
    def get_site(self): ...
    def get_view_restrictions(self): ...
    def get_translations(self, inclusive=False): ...
    def permissions_for_user(self, user): ...


class Site(models.Model):
    hostname = models.CharField(max_length=255, db_index=True)
    port = models.IntegerField(default=80)
    site_name = models.CharField(max_length=255, blank=True)
    root_page = models.ForeignKey(Page, related_name="sites_rooted_here", on_delete=models.CASCADE)
    is_default_site = models.BooleanField(default=False)

    class Meta:
        unique_together = ("hostname", "port")

    @staticmethod
    def find_for_request(request): ...


class Collection(MP_Node):
    name = models.CharField(max_length=255)

    def __str__(self):
        return self.name


class CollectionMember(models.Model):
    collection = models.ForeignKey(Collection, related_name="+", on_delete=models.CASCADE)

    class Meta:
        abstract = True


class BaseViewRestriction(models.Model):
    restriction_type = models.CharField(max_length=20)
    password = models.CharField(max_length=255, blank=True)
    groups = models.ManyToManyField(Group, blank=True)

    class Meta:
        abstract = True


class PageViewRestriction(BaseViewRestriction):
    page = models.ForeignKey(Page, related_name="view_restrictions", on_delete=models.CASCADE)


class CollectionViewRestriction(BaseViewRestriction):
    collection = models.ForeignKey(Collection, related_name="view_restrictions", on_delete=models.CASCADE)


class GroupPagePermission(models.Model):
    group = models.ForeignKey(Group, related_name="page_permissions", on_delete=models.CASCADE)
    page = models.ForeignKey(Page, related_name="group_permissions", on_delete=models.CASCADE)
    permission = models.ForeignKey(Permission, on_delete=models.CASCADE)


class GroupCollectionPermission(models.Model):
    group = models.ForeignKey(Group, related_name="collection_permissions", on_delete=models.CASCADE)
    collection = models.ForeignKey(Collection, related_name="group_permissions", on_delete=models.CASCADE)
    permission = models.ForeignKey(Permission, on_delete=models.CASCADE)


class Workflow(ClusterableModel):
    name = models.CharField(max_length=255)
    active = models.BooleanField(default=True)

    def __str__(self):
        return self.name


class Task(models.Model):
    name = models.CharField(max_length=255)
    content_type = models.ForeignKey(ContentType, related_name="wagtail_tasks", on_delete=models.CASCADE)
    active = models.BooleanField(default=True)

    def __str__(self):
        return self.name


class WorkflowTask(Orderable):
    workflow = ParentalKey(Workflow, on_delete=models.CASCADE, related_name="workflow_tasks")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="workflow_tasks")


class WorkflowPage(models.Model):
    page = models.OneToOneField(Page, on_delete=models.CASCADE, primary_key=True)
    workflow = models.ForeignKey(Workflow, related_name="workflow_pages", on_delete=models.CASCADE)


class WorkflowState(models.Model):
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    base_content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    object_id = models.CharField(max_length=255, db_index=True)
    content_object = GenericForeignKey("base_content_type", "object_id", for_concrete_model=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="workflow_states")
    status = models.CharField(max_length=50)
    created_at = models.DateTimeField(auto_now_add=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="requested_workflows")
    current_task_state = models.OneToOneField("wagtailcore.TaskState", on_delete=models.SET_NULL, null=True, blank=True)


class TaskState(models.Model):
    workflow_state = models.ForeignKey(WorkflowState, on_delete=models.CASCADE, related_name="task_states")
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="task_states")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="task_states")
    status = models.CharField(max_length=50)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    finished_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="finished_task_states")
    comment = models.TextField(blank=True)
    content_type = models.ForeignKey(ContentType, related_name="wagtail_task_states", on_delete=models.CASCADE)


class GroupSitePermission(models.Model):
    group = models.ForeignKey(Group, related_name="site_permissions", on_delete=models.CASCADE)
    site = models.ForeignKey(Site, related_name="group_permissions", on_delete=models.CASCADE)
    permission = models.ForeignKey(Permission, on_delete=models.CASCADE)

    class Meta:
        unique_together = ("group", "site", "permission")


class WorkflowContentType(models.Model):
    content_type = models.OneToOneField(ContentType, related_name="wagtail_workflow_content_type", on_delete=models.CASCADE, primary_key=True)
    workflow = models.ForeignKey(Workflow, related_name="workflow_content_types", on_delete=models.CASCADE)


class AbstractGroupApprovalTask(Task):
    groups = models.ManyToManyField(Group)

    class Meta:
        abstract = True


class GroupApprovalTask(AbstractGroupApprovalTask): ...


class Comment(ClusterableModel):
    page = ParentalKey(Page, on_delete=models.CASCADE, related_name="wagtail_admin_comments")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wagtail_admin_comments")
    text = models.TextField()
    contentpath = models.TextField()
    position = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    revision_created = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="created_comments", null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="comments_resolved", null=True, blank=True)


class CommentReply(models.Model):
    comment = ParentalKey(Comment, on_delete=models.CASCADE, related_name="replies")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="comment_replies")
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


class PageSubscription(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="page_subscriptions")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="subscribers")
    comment_notifications = models.BooleanField()

    class Meta:
        unique_together = [("page", "user")]


class BaseLogEntry(models.Model):
    content_type = models.ForeignKey(ContentType, models.SET_NULL, blank=True, null=True, related_name="+")
    label = models.TextField()
    action = models.CharField(max_length=255, blank=True, db_index=True)
    data = models.JSONField(blank=True)
    timestamp = models.DateTimeField(db_index=True)
    uuid = models.UUIDField(blank=True, null=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.DO_NOTHING, related_name="+")
    revision = models.ForeignKey(Revision, null=True, blank=True, on_delete=models.DO_NOTHING, related_name="+")
    content_changed = models.BooleanField(default=False, db_index=True)
    deleted = models.BooleanField(default=False)

    class Meta:
        abstract = True
        ordering = ["-timestamp", "-id"]


class ModelLogEntry(BaseLogEntry):
    object_id = models.CharField(max_length=255, db_index=True)


class PageLogEntry(BaseLogEntry):
    page = models.ForeignKey(Page, on_delete=models.DO_NOTHING, related_name="+")


class UploadedFile(models.Model):
    for_content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="uploads", null=True)
    file = models.FileField(max_length=200)
    uploaded_by_user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
