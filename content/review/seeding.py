"""Seed the rights on pages, images and documents, and the approval workflow in place of Wagtail's own."""

from django.contrib.auth.models import Group, Permission
from wagtail.models import (
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

from .models import PageReviewTask

WRITERS = "Editors"
REVIEWERS = "Moderators"
NAME = "Miratimi nga një redaktor tjetër"
ROOT_NAME = "Faqet"
STOCK_ROOT_NAME = "Root"
# On the whole tree. `publish` lets reviewers take pages away; nobody publishes by it (models/page_permissions.py).
PAGES = {
    WRITERS: ("add_page", "change_page"),
    REVIEWERS: ("add_page", "change_page", "publish_page", "lock_page", "unlock_page"),
}
FILES = ("add_image", "change_image", "choose_image", "add_document", "change_document", "choose_document")
FILES_OF_REVIEWERS = (*FILES, "delete_image", "delete_document")


def seed_review() -> int:
    """Add missing rights on pages and files, and put our approval on the tree. Returns how many rows were added."""
    made = 0
    root = Page.get_first_root_node()
    for name, codenames in PAGES.items():
        made += sum(_on_pages(name, codename, root) for codename in codenames)
    for name, codenames in ((WRITERS, FILES), (REVIEWERS, FILES_OF_REVIEWERS)):
        made += sum(_on_files(name, codename) for codename in codenames)
    if root.title == STOCK_ROOT_NAME:
        # Wagtail's migration names the root in English.
        Page.objects.filter(pk=root.pk).update(title=ROOT_NAME, draft_title=ROOT_NAME)
    return made + _workflow(root)


def _on_pages(group: str, codename: str, root: Page) -> int:
    permission = Permission.objects.get(content_type__app_label="wagtailcore", codename=codename)
    return GroupPagePermission.objects.get_or_create(group=_group(group), page=root, permission=permission)[1]


def _on_files(group: str, codename: str) -> int:
    permission = Permission.objects.get(content_type__app_label__in=("wagtailimages", "wagtaildocs"), codename=codename)
    collection = Collection.get_first_root_node()
    return GroupCollectionPermission.objects.get_or_create(
        group=_group(group), collection=collection, permission=permission
    )[1]


def _workflow(root: Page) -> int:
    """Put our workflow on the whole tree, unless somebody has put another one there on purpose."""
    laid = WorkflowPage.objects.filter(page=root).select_related("workflow").first()
    if laid is not None and not _is_stock(laid.workflow):
        return 0
    task = PageReviewTask.objects.filter(active=True).first()
    if task is None:
        task = PageReviewTask.objects.create(name=NAME)
        # Only when it is new: which groups approve is then the installation's own choice.
        task.groups.set([_group(REVIEWERS)])
    workflow = Workflow.objects.create(name=NAME)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    if laid is not None:
        _retire(laid.workflow)
    WorkflowPage.objects.update_or_create(page=root, defaults={"workflow": workflow})
    return 1


def _is_stock(workflow: Workflow) -> bool:
    """Return whether it is the workflow of Wagtail's migrations: approval by a group, one's own work included."""
    tasks = [task.specific for task in workflow.tasks]
    return bool(tasks) and all(type(task) is GroupApprovalTask for task in tasks)


def _retire(workflow: Workflow) -> None:
    tasks = list(workflow.tasks)
    workflow.deactivate()
    for task in tasks:
        if not task.workflows.filter(active=True).exists():
            task.deactivate()


def _group(name: str) -> Group:
    return Group.objects.get_or_create(name=name)[0]
