"""Routes of the staff that take a POST and that no act of the day drives: why each of them leaves nothing in the chain.

`REFUSED` take nothing from anybody: Wagtail asks for rights that no role has, or there is nothing to do it with. The
test sends to each of them as everybody whom the policy table lets in.
"""

from fnmatch import fnmatchcase

BECAUSE: dict[str, tuple[str, ...]] = {
    "It shows something and changes nothing; Wagtail's router takes a POST for all its page views alike.": (
        "wagtailadmin_explore*",
        "wagtailadmin_pages:type_use*",
        "wagtailadmin_pages:usage",
        "wagtailadmin_pages:view_draft",
        "wagtailadmin_pages:search*",
        "wagtailadmin_pages:revisions_index",
        "wagtailadmin_pages:revisions_view",
        "wagtailadmin_pages:revisions_compare",
        "wagtailadmin_pages:workflow_history*",
        "wagtailadmin_pages:history*",
        "wagtailadmin_tag_*autocomplete",
        "wagtailadmin_sprite",
        "wagtailadmin_javascript_catalog",
        "wagtailadmin_workflows:task_chosen",
        "wagtail_localize:download_pofile",
        "*_modeladmin_index",
        "wagtailsnippets_builder_formdefinition:current",
        "wagtailsnippets_procedures_procedure:current",
        "wagtailsnippets_procedures_procedure:findings",
        "staff:list",
        "staff:person",
        "factor_resets:list",
        "by_two:list",
        "directory_changes:list",
        "texts",
        "text_preview*",
        "duty_requests",
        "drills",
        "agreement_account",
        "people_asked",
        "numbers_report",
    ),
    "It asks a question; the answer goes to another route, which is driven.": (
        "wagtailadmin_pages:add_subpage",
        "wagtailadmin_pages:choose_parent",
        "wagtailadmin_pages:move",
        "wagtailadmin_pages:confirm_workflow_cancellation",
        "*:collect_workflow_action_data",
    ),
    "It is a preview or a check of what is being written; nothing is stored for others.": (
        "*:preview_on_*",
        "wagtailadmin_pages:workflow_preview",
        "wagtail_localize:preview_translation",
        "wagtailimages:preview",
        "checks_on_*",
        "try_form",
        "simulation:try",
    ),
    "What is chosen comes back to the page that is being written; saving that one is recorded.": (
        "wagtailadmin_choose_page_*_link",
        "wagtailembeds:chooser*",
        "wagtailimages_chooser:select_format",
    ),
    "Somebody proves again who they are; failures are recorded, and so is what they do next.": (
        "account_reauthenticate",
        "mfa_reauthenticate*",
    ),
    "Somebody types into their own draft: beginning, moving, sending and discarding it are recorded.": (
        "intake:section",
        "intake:continue_in",
        "account_typed",
        "account_alive",
    ),
    "It is about one's own screen only.": (
        "wagtailadmin_dismissibles",
        "wagtailadmin_editing_sessions:*",
    ),
    "An upload that never came into the library is thrown away by the one who sent it.": (
        "wagtail*:delete_upload_multiple",
    ),
    "It needs a real key's signature; recorded by the receiver that records an app (access.events).": (
        "mfa_add_webauthn",
    ),
    "Recorded by the function that records a sentence (content.review.localize.log_translation).": (
        "wagtail_localize:edit_override",
    ),
}

REFUSED = (
    "wagtailadmin_collections:*",
    "wagtailadmin_workflows:*",
    "wagtaillocales:*",
    "wagtailsites:*",
    "wagtailsettings:*",
    "wagtail_localize:machine_translate",
    "municipality:add",
    "region:add",
    "wagtailsnippetchoosers_procedures_procedure:create",
)


def get_reason(name: str) -> str:
    """Why this route leaves nothing in the chain; "" when nobody says."""
    return next((why for why, names in BECAUSE.items() if any(fnmatchcase(name, each) for each in names)), "")


def is_refused(name: str) -> bool:
    return not get_reason(name) and any(fnmatchcase(name, each) for each in REFUSED)
