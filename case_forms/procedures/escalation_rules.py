"""The rules about ladders (what happens while nobody answers) and chains (where somebody is looked for)."""

from django.utils.translation import gettext as _

from case_forms.form_builder.definition.problems import Problem
from notifications.directory.links import COORDINATOR_LINKS, LINKS, MUNICIPALITY, OPERATOR

from .checks import ROLES, Problems, Surrounding, check_minutes, is_minutes
from .definition import Chain, Ladder, LadderStep
from .definition.nodes import FOR_EVERY_ROLE

STEPS = frozenset({"remind", "deputy", "call"})

# ---- ladders ----


def ladder_has_a_step(ladder: Ladder, here: Surrounding) -> Problems:
    if not ladder.steps:
        yield Problem(here.path, "empty_ladder", _("An escalation has at least one step."))


def step_is_known(step: LadderStep, here: Surrounding) -> Problems:
    do = step.stored.get("do")
    if not isinstance(do, str) or do not in STEPS:
        yield Problem(f"{here.path}/do", "unknown_step", _("A step is one of remind, deputy or call."))


def step_comes_after_the_one_before(step: LadderStep, here: Surrounding) -> Problems:
    minutes = step.stored.get("after_minutes")
    yield from check_minutes(f"{here.path}/after_minutes", minutes)
    before = [each.after_minutes for each in here.earlier if isinstance(each, LadderStep)]
    if is_minutes(minutes) and minutes <= max(filter(is_minutes, before), default=0):
        words = _("Each step comes after the one before it.")
        yield Problem(f"{here.path}/after_minutes", "not_increasing", words)


def ladder_does_not_run_out(step: LadderStep, here: Surrounding) -> Problems:
    """The last step asks a coordinator to call, again and again, until somebody answers."""
    if here.is_last and step.stored.get("do") != "call":
        yield Problem(f"{here.path}/do", "does_not_call", _("The last step is a call."))
    if here.is_last and not is_minutes(step.stored.get("repeat_minutes")):
        yield Problem(f"{here.path}/repeat_minutes", "does_not_repeat", _("The last step repeats until answered."))
    if not here.is_last and "repeat_minutes" in step.stored:
        yield Problem(f"{here.path}/repeat_minutes", "repeats_too_early", _("Only the last step repeats."))


# ---- chains ----


def chain_is_for_a_role(chain: Chain, here: Surrounding) -> Problems:
    if here.key != FOR_EVERY_ROLE and here.key not in ROLES:
        words = _("A chain is for a recipient's role, or “default” for all others.")
        yield Problem(here.path, "unknown_role", words)


def chain_has_a_link(chain: Chain, here: Surrounding) -> Problems:
    if not chain.links:
        yield Problem(here.path, "empty_chain", _("A chain has at least one link."))


def links_widen(chain: Chain, here: Surrounding) -> Problems:
    last = -1
    for position, link in enumerate(chain.links):
        if link not in LINKS:
            words = _("A link is one of: %(links)s.") % {"links": ", ".join(LINKS)}
            yield Problem(f"{here.path}/{position}", "unknown_link", words)
        elif LINKS.index(link) <= last:
            words = _("Each link reaches further than the one before it.")
            yield Problem(f"{here.path}/{position}", "not_widening", words)
        else:
            last = LINKS.index(link)


def chain_ends_with_somebody_who_can_act(chain: Chain, here: Surrounding) -> Problems:
    """The nearest office is always asked first, and whoever is left at the end must be able to act (ADR 32)."""
    if not chain.links:
        return
    if chain.links[0] != MUNICIPALITY:
        words = _("A chain starts at the office for the municipality.")
        yield Problem(f"{here.path}/0", "starts_elsewhere", words)
    if not any(link in COORDINATOR_LINKS for link in chain.links):
        yield Problem(here.path, "no_coordinator", _("Coordinators are asked before the operator."))
    if chain.links[-1] != OPERATOR:
        yield Problem(here.path, "ends_in_silence", _("The last link is the operator."))
