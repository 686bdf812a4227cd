"""Wagtail hooks and viewsets of the content room."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.action_menu import ActionMenuItem, SubmitForModerationMenuItem
from wagtail.admin.menu import MenuItem
from wagtail.admin.userbar import ContentCheckerItem
from wagtail.admin.widgets.button import Button
from wagtail.models import Page
from wagtail.snippets.models import register_snippet

from access.models import StaffRole

from .hotlines.actions import CALLED_ACTION, HIDDEN_ACTION, WAY_FAILED_ACTION
from .models import Hotline
from .phone_numbers import is_reserved
from .redirects import views as redirects
from .reports.panels import build_panels
from .review import history, logged_uploads
from .review.actions import get_translation, was_publication_stopped, withdraw_submission
from .review.deleted_pages import RESTORED_ACTION
from .review.deletion_views import delete_in_bulk, delete_in_wagtails_view
from .review.localize import build_urlpatterns as localize_addresses
from .review.localize import publish_term_translation
from .review.models import may_decide
from .snippet_viewsets import GlossaryTermViewSet, HotlineViewSet, SearchGroup

logged_uploads.register_chooser_views()
register_snippet(HotlineViewSet)
register_snippet(GlossaryTermViewSet)
register_snippet(SearchGroup)


@hooks.register("insert_global_admin_css")
def add_admin_styles() -> SafeString:
    """Link the tokens and the few styles that the administration adds to Wagtail's."""
    names = ("css/tokens.css", "css/cms.css")
    return format_html_join("\n", '<link rel="stylesheet" href="{}">', ((static(name),) for name in names))


@hooks.register("register_admin_urls")
def register_editor_urls() -> list[URLPattern | URLResolver]:
    # No order: these addresses shadow nothing of Wagtail's. The hooks below register with order=-1, because Django
    # takes the first pattern that matches.
    return [path("public/", include("content.cms_urls"))]


@hooks.register("register_admin_urls", order=-1)
def register_localize_urls() -> list[URLPattern]:
    """Put our views in front of wagtail-localize's.

    Its own let whoever translates publish, and record nobody as the author.
    """
    return localize_addresses()


@hooks.register("register_admin_urls", order=-1)
def register_redirect_urls() -> list[URLPattern | URLResolver]:
    """Put our views in front of Wagtail's redirect screens.

    Theirs could send readers to any site, for good (docs/adr/0075).
    """
    return [
        path("redirects/", redirects.IndexView.as_view()),
        # Wagtail reloads the list at this address while somebody types into its search.
        path("redirects/results/", redirects.IndexView.as_view(results_only=True)),
        path("redirects/add/", redirects.CreateView.as_view()),
        path("redirects/<int:redirect_id>/", redirects.EditView.as_view()),
    ]


@hooks.register("register_admin_urls", order=-1)
def register_upload_urls() -> list[URLPattern]:
    """Put our views in front of Wagtail's for several files at once, which leave no trace of who did it."""
    return logged_uploads.build_urlpatterns()


@hooks.register("construct_homepage_panels")
def add_editor_panels(request: HttpRequest, panels: list[Any]) -> None:
    panels += build_panels(request)


class EditorMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return user.has_role(StaffRole.EDITOR)


@hooks.register("register_reports_menu_item")
def add_review_report() -> MenuItem:
    return EditorMenuItem(_("Pages to review"), reverse("review_by_report"), icon_name="calendar-check", order=100)


@hooks.register("register_reports_menu_item")
def add_hotlines_report() -> MenuItem:
    return EditorMenuItem(_("Helplines to call"), reverse("lines_report"), icon_name="mobile-alt", order=110)


@hooks.register("register_reports_menu_item")
def add_findings_report() -> MenuItem:
    return EditorMenuItem(_("Checks of all pages"), reverse("findings_report"), icon_name="glasses", order=120)


@hooks.register("register_reports_menu_item")
def add_changes_report() -> MenuItem:
    return EditorMenuItem(_("What changed, in words"), reverse("changes_report"), icon_name="history", order=130)


@hooks.register("register_reports_menu_item")
def add_numbers_report() -> MenuItem:
    return EditorMenuItem(_("Numbers for the lawyer"), reverse("numbers_report"), icon_name="list-ol", order=150)


@hooks.register("register_reports_menu_item")
def add_deleted_pages() -> MenuItem:
    return EditorMenuItem(_("Deleted pages"), reverse("review:deleted"), icon_name="bin", order=140)


@hooks.register("register_snippet_listing_buttons")
def add_hotline_buttons(snippet: Any, user: Any, next_url: str | None = None) -> Iterator[Button]:
    if not isinstance(snippet, Hotline) or not user.has_perm("content.change_hotline"):
        return
    if snippet.number:
        # The number goes along: a call confirms only the number that was called.
        address = f"{reverse('line_called', args=[snippet.pk])}?{urlencode({'number': snippet.number})}"
        # Recording a call changes data, so the button posts; without JavaScript the link opens a page that asks first.
        yield Button(
            _("I have just called it"), address, icon_name="check", attrs=_build_post_attributes(address), priority=15
        )
    if snippet.is_published:
        address = reverse("line_hide", args=[snippet.pk])
        yield Button(_("Hide it now"), address, icon_name="view", attrs=_build_post_attributes(address), priority=16)


def _build_post_attributes(address: str) -> dict[str, str]:
    return {"data-controller": "w-action", "data-action": "w-action#post", "data-w-action-url-value": address}


@hooks.register("before_delete_snippet")
def refuse_to_delete_reserved_hotlines(request: HttpRequest, instances: Any) -> HttpResponse | None:
    """Refuse to delete a reserved number: nobody could enter it again (docs/adr/0076)."""
    # One reserved number refuses the whole selection: Wagtail's bulk delete hands over all instances in one call.
    if not any(isinstance(each, Hotline) and is_reserved(each.number) for each in instances):
        return None
    messages.error(request, gettext("Numbers such as 129 and 116 111 are never deleted. Hide the helpline instead."))
    return redirect("wagtailsnippets_content_hotline:list")


@hooks.register("register_page_header_buttons")
def add_delete_button(page: Page, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    return _iter_delete_button(page, user)


@hooks.register("register_page_listing_more_buttons")
def add_delete_button_in_lists(page: Page, user: Any, next_url: str | None = None) -> Iterator[Button]:
    return _iter_delete_button(page, user)


def _iter_delete_button(page: Page, user: Any) -> Iterator[Button]:
    """Yield the button that replaces Wagtail's "Delete" where one person can't delete a page (docs/adr/0047)."""
    permissions = page.permissions_for_user(user)
    # Pages of other types have Wagtail's own permission tester, without this method; `bool()` is False for them.
    if getattr(permissions, "can_ask_to_delete", bool)() and not page.is_root():
        yield Button(
            _("Delete (needs two people)"), reverse("review:delete", args=[page.pk]), icon_name="bin", priority=51
        )


# A file's name, or "picture of": people who use a screen reader already know that it is one.
POOR_ALT_TEXT = (
    r"\.(avif|gif|jpe?g|png|svg|webp)$|_"
    r"|^(img|dsc|image|foto|photo)[ -]?\d"
    r"|^(foto|fotografi|figurë|pamje|image|picture|photo) (e|i|of) "
)


class ContentChecker(ContentCheckerItem):
    """Wagtail's content checker with our own rule for alt texts."""

    axe_custom_checks = [
        {**check, "options": {"pattern": POOR_ALT_TEXT}} if check["id"] == "check-image-alt-text" else check
        for check in ContentCheckerItem.axe_custom_checks
    ]


@hooks.register("construct_wagtail_userbar")
def replace_content_checker(request: HttpRequest, items: list[Any], page: Any) -> None:
    """Put our checker in place of Wagtail's. The preview and the panel beside the editor ask the same hook."""
    items[:] = [
        ContentChecker(in_editor=item.in_editor) if isinstance(item, ContentCheckerItem) else item for item in items
    ]


hooks.register("before_delete_page", delete_in_wagtails_view)
hooks.register("before_bulk_action", delete_in_bulk)

# Before wagtail-localize's hook, which answers the same request.
hooks.register("before_edit_snippet", publish_term_translation, order=-2)


@hooks.register("register_log_actions")
def register_log_actions(actions: Any) -> None:
    history.register_log_actions(actions)
    actions.register_action(RESTORED_ACTION, _("Restore"), _("Restored as a draft, after it was deleted"))
    actions.register_action(HIDDEN_ACTION, _("Hide"), _("Hidden from readers"))
    actions.register_action(WAY_FAILED_ACTION, _("Doesn’t work"), _("One of its ways didn’t work, and is hidden"))
    actions.register_action(CALLED_ACTION, _("Test call"), _("Called; it answered"))


class SubmitForApprovalMenuItem(SubmitForModerationMenuItem):
    """Menu item "Submit for approval": named after what happens, not after the workflow."""

    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        return super().get_context_data(parent_context) | {"label": _("Submit for approval")}


class DecideMenuItem(ActionMenuItem):
    """Link "Review and decide", for whoever may decide on the page: approving stands there, beside the page."""

    name = "review-and-decide"
    label = _("Review and decide")
    icon_name = "glasses"

    def __init__(self, address: str) -> None:
        super().__init__(order=0)
        self.address = address

    def get_url(self, parent_context: dict[str, Any]) -> str:
        return self.address


@hooks.register("construct_page_action_menu")
def offer_decision(items: list[ActionMenuItem], request: HttpRequest, context: dict[str, Any]) -> None:
    """Put "Review and decide" first, which makes it the button at the foot of the editor."""
    page, user = context.get("page"), request.user
    state = page.current_workflow_task_state if page is not None else None
    if state is not None and may_decide(state, user):  # type: ignore[arg-type]
        items.insert(0, DecideMenuItem(reverse("review:decide", args=[state.pk])))


@hooks.register("construct_page_action_menu")
def adapt_page_actions(items: list[ActionMenuItem], request: HttpRequest, context: dict[str, Any]) -> None:
    """Remove "Convert to alias" and rename Wagtail's submit item.

    An alias would show the text of one language at the address of the other.
    """
    items[:] = [item for item in items if item.name != "localize-convert-to-alias"]
    for number, item in enumerate(items):
        if type(item) is SubmitForModerationMenuItem:
            items[number] = SubmitForApprovalMenuItem(order=item.order)


@hooks.register("before_edit_page", order=-2)
def withdraw_under_lock(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Withdraw a submitted page under the lock that deciding takes.

    Wagtail decides by what it read before, so a withdrawal at the same moment as an approval would only seem to undo
    it.
    """
    if request.method != "POST" or not request.POST.get("action-cancel-workflow"):
        return None
    user: Any = request.user
    title = {"title": page.get_admin_display_title()}
    if withdraw_submission(page, user=user):
        messages.success(request, gettext("Withdrawn: “%(title)s”. It can be changed again.") % title)
    else:
        messages.error(request, gettext("Not withdrawn: somebody has already decided on “%(title)s”.") % title)
    return redirect("wagtailadmin_pages:edit", page.pk)


@hooks.register("before_edit_page", order=-1)
def warn_of_stopped_publication(request: HttpRequest, page: Page) -> None:
    """Warn on the edit page that the scheduled publication was stopped.

    The text of the approved page was changed afterwards.
    """
    # A request by script shows no page; a message queued for it would appear later, somewhere else.
    if request.method != "GET" or request.headers.get("X-Requested-With") or not was_publication_stopped(page):
        return
    words = gettext(
        "Not published at its hour: its text differs from what was approved. Readers keep what they have. Compare it"
        " with the approved version under History, put it right, and submit it for approval again."
    )
    address = reverse("wagtailadmin_pages:history", args=[page.pk])
    html = '{} <span class="buttons"><a class="button button-small button-secondary" href="{}">{}</a></span>'
    messages.error(request, format_html(html, words, address, gettext("History")))


@hooks.register("before_edit_page", order=-1)
def explain_translation_submission(request: HttpRequest, page: Page) -> None:
    """Show how a translation is submitted: wagtail-localize's sentence editor has no button for it."""
    if request.method != "GET" or request.headers.get("X-Requested-With") or get_translation(page) is None:
        return
    user: Any = request.user
    if page.workflow_in_progress:
        state = page.current_workflow_task_state
        address, words, button = (
            reverse("review:decide", args=[state.pk]),
            gettext("This page is waiting for approval."),
            gettext("Review and decide") if may_decide(state, user) else gettext("See what is waiting"),
        )
    else:
        address, words, button = (
            reverse("review:submit_translation", args=[page.pk]),
            gettext(
                "Translate sentence by sentence, or with a PO file. Readers see it when another editor has approved it."
            ),
            gettext("Send for approval"),
        )
    html = '{} <span class="buttons"><a class="button button-small button-secondary" href="{}">{}</a></span>'
    messages.info(request, format_html(html, words, address, button))
