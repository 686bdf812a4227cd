"""The labels of a procedure's closed vocabularies, and the texts of the editor's script."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from notifications.directory import links

CONFIDENCES: "dict[str, str | Promise]" = {
    "source": gettext_lazy("it stands in the source"),
    "background": gettext_lazy("it follows from the background"),
    "proposal": gettext_lazy("a proposal, not law"),
}
LINKS: "dict[str, str | Promise]" = {
    links.MUNICIPALITY: gettext_lazy("the office for the municipality"),
    links.REGION: gettext_lazy("other offices in the region"),
    links.UNIT_REGION: gettext_lazy("offices in the unit's own region"),
    links.UNIT_COORDINATORS: gettext_lazy("the unit's coordinators, who are asked to call"),
    links.EVERY_COORDINATOR: gettext_lazy("every coordinator on duty, who is asked to call"),
    links.OPERATOR: gettext_lazy("the operator, as an alarm"),
}
WEEKDAY_NAMES: "dict[str, str | Promise]" = {
    "monday": gettext_lazy("Monday"),
    "tuesday": gettext_lazy("Tuesday"),
    "wednesday": gettext_lazy("Wednesday"),
    "thursday": gettext_lazy("Thursday"),
    "friday": gettext_lazy("Friday"),
    "saturday": gettext_lazy("Saturday"),
    "sunday": gettext_lazy("Sunday"),
}
# What a deadline has beside its name and its marks.
DEADLINE_WORDS: "dict[str, str | Promise]" = {
    "owner": gettext_lazy("Whose duty it is"),
    "ladder": gettext_lazy("What happens while nobody answers"),
    "form": gettext_lazy("The form that answers it"),
    "next_step": gettext_lazy("The next step"),
}
STEPS: "dict[str, str | Promise]" = {
    "remind": gettext_lazy("remind them"),
    "deputy": gettext_lazy("notify the deputy"),
    "call": gettext_lazy("ask a coordinator to call"),
}


def procedure_words() -> dict[str, str]:
    """Return {name: text} of static/js/procedures/, in the language of the page. %(name)s is filled in there."""
    return {**_doing(), **_parts(), **_rules()}


def _doing() -> dict[str, str]:
    return {
        "change": _("Change"),
        "change_what": _("Change: %(name)s"),
        "done": _("Done"),
        "copy": _("Copy"),
        "move_up": _("Move up"),
        "move_down": _("Move down"),
        "remove": _("Remove"),
        "remove_what": _("Remove “%(name)s”?"),
        "is_used": _("These refer to it, and will have a problem until you change them:"),
        "not_used": _("Nothing refers to it."),
        "remove_anyway": _("Remove it"),
        "removed": _("Removed: %(name)s"),
        "added": _("Added: %(name)s"),
        "moved": _("Moved: %(name)s"),
        "saved": _("All changes are saved in the draft."),
        "unsaved": _("Not saved yet."),
        "problems_none": _("Nothing keeps this procedure from being published."),
        "problems_one": _("1 problem keeps this procedure from being published"),
        "problems_many": _("%(count)s problems keep this procedure from being published"),
        "warnings_one": _("1 thing is good to know"),
        "warnings_many": _("%(count)s things are good to know"),
        "warning": _("Good to know:"),
        "blocking": _("Problem:"),
        "findings": _("What the checks say"),
        "checks_failed": _("The checks could not be asked. They are asked again when you submit."),
        "draft_of_sentence": _("The sentence is written once this is saved."),
        "search_parts": _("Search in the procedure"),
        "found": _("%(count)s found"),
        "found_one": _("1 found"),
        "copy_of": _("%(name)s (copy)"),
        "step_add_part": _("adding a part"),
        "step_remove_part": _("removing a part"),
        "step_move_part": _("moving a part"),
        "step_change_part": _("a change"),
    }


def _parts() -> dict[str, str]:
    return {
        "add_rules": _("Add a rule"),
        "add_deadlines": _("Add a deadline"),
        "add_ladders": _("Add a line of steps"),
        "add_facts": _("Add a fact"),
        "add_settings": _("Add a choice of the organisation"),
        "add_chains": _("Add an order for a recipient"),
        "add_calendars": _("Add a calendar"),
        "add_flags": _("Add a flag"),
        "new_rules": _("New rule"),
        "new_deadlines": _("New deadline"),
        "new_ladders": _("New line of steps"),
        "new_facts": _("New fact"),
        "new_settings": _("New choice"),
        "new_chains": _("New order"),
        "new_calendars": _("New calendar"),
        "new_flags": _("New flag"),
        "title": _("Title"),
        "label": _("Name"),
        "basis": _("What it rests on"),
        "basis_hint": _("The article or the page of the source, or who proposed it."),
        "confidence": _("How sure it is"),
        "part_key": _("Key"),
        "part_key_hint": _("By this name the procedure refers to it. Small letters, digits and underscores."),
        "amber_minutes": _("Soon due after"),
        "red_minutes": _("Late after"),
        "breach_minutes": _("Missed after"),
        "calendar": _("Counted in"),
        "calendar_none": _("all hours, day and night"),
        "owner": _("Whose duty it is"),
        "ladder": _("What happens while nobody answers"),
        "form": _("The form that answers it"),
        "next_step": _("The next step"),
        "none": _("None"),
        "unit_1": pgettext("unit of time", "minutes"),
        "unit_60": pgettext("unit of time", "hours"),
        "unit_1440": pgettext("unit of time", "days"),
        "unit_of": _("Unit: %(name)s"),
        "after": _("after"),
        "step": _("Step %(number)s"),
        "do": _("What is done"),
        "repeat": _("and again every"),
        "add_step": _("Add a step"),
        "delete_step": _("Delete this step"),
        "choices_of_setting": _("Choices"),
        "add_choice_of_setting": _("Add a choice"),
        "delete_choice_of_setting": _("Delete this choice"),
        "choice_key": _("Key of the choice"),
        "default": _("Proposed"),
        "chosen": _("Chosen by the organisation"),
        "chosen_none": _("Nothing: the proposed choice holds"),
        "for_lawyer": _("A lawyer should look at it"),
        "public_holidays": _("Closed on public holidays"),
        "closed": _("Closed on these days"),
        "closed_hint": _("One date on each line, for example 2026-12-31."),
        "hours": _("Opening hours"),
        "opens": _("opens"),
        "closes": _("closes"),
        "add_span": _("Add hours"),
        "delete_span": _("Delete these hours"),
        "links": _("In this order, until somebody is found"),
        "chain_for": _("For"),
        "chain_default": _("All other recipients"),
        "fact_value": _("What it is"),
        "fact_is_condition": _("Yes or no: a condition"),
        "fact_is_value": _("A value that is worked out"),
        "place_facts": _("Facts"),
        "place_settings": _("Choices of the organisation"),
        "place_event": _("What happened"),
    }


def _rules() -> dict[str, str]:
    return {
        "event": _("When"),
        "date_question": _("The question that gives the date"),
        "days": _("Days after it"),
        "days_hint": _("0 on the day itself; with a minus, for example -3, days before it."),
        "forms": _("About these forms"),
        "forms_hint": _("None ticked: about any form."),
        "when": _("On which answers"),
        "when_always": _("On all"),
        "then": _("What is done, in this order"),
        "nothing_done": _("Nothing is done. The sender reads the text below."),
        "add_action": _("Add what is done"),
        "choose_action": _("Choose what is done"),
        "delete_action": _("Delete: %(name)s"),
        "rule_words": _("What the sender reads, and the case keeps"),
        "rule_title_hint": _("A short name, for lists and for what the case keeps."),
        "loading_forms": _("The questions of the forms are loading …"),
        "forms_failed": _("The questions of the forms could not be loaded. Close this and open it again."),
        "unknown_action": _("This service doesn't know this action. It can only be deleted."),
        "unknown_form": _("%(key)s (not published)"),
    }
