"""Reference data that production starts from: geography, organisations, forms, the procedure, admin rights, pages.

Seeding adds what is missing. What people may change afterwards (a municipality's directorate, a partner, a page) is
never overwritten; a form or procedure is updated from its file only as long as nobody has changed it.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import structlog
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from access.models import MobileUnit, Municipality, PoliceDirectorate, Region
from audit.chain import log_event
from case_forms.form_builder.actions import DefinitionRefused, as_published, publish_form, save_definition
from case_forms.form_builder.dependents import problems_for_dependents
from case_forms.form_builder.models import CaseFactType, FormDefinition, FormVersion
from case_forms.form_builder.workflow import seed_approval
from case_forms.procedures.actions import ProcedureRefused, publish_procedure, save_procedure
from case_forms.procedures.models import Procedure, ProcedureVersion
from content.review.seeding import seed_review
from content.seeding.actions import seed_content
from notifications.directory.models import Partner
from outreach_pages.kits.versions import freeze_all

Made = dict[str, int]

log = structlog.get_logger(__name__)

# rights in the Wagtail admin, by group: (app, models, verbs). Which cases somebody sees never depends on these
ALL = ("add", "change", "view", "delete", "publish", "lock", "unlock")
WRITE = ("add", "change", "view")
# nobody deletes a form, and nobody publishes one alone (docs/adr/0012)
BUILD = ("add", "change", "view", "lock", "unlock")
# the directory takes two coordinators; operators had it until 2026 (docs/adr/0074)
KEPT_BY_COORDINATORS = ("directory", (), ("add", "change", "view", "delete"))
GROUPS: dict[str, tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] = {
    "Editors": (
        ("wagtailadmin", ("admin",), ("access",)),
        ("content", (), ALL),
        ("checks", (), ("change",)),
        ("wagtailredirects", ("redirect",), (*WRITE, "delete")),
        ("wagtail_localize", (), ("submit",)),
    ),
    "Moderators": (("wagtailadmin", ("admin",), ("access",)), ("content", (), ALL)),
    "Coordinators": (
        ("wagtailadmin", ("admin",), ("access",)),
        ("builder", ("formdefinition",), BUILD),
        ("builder", ("choicelist",), (*WRITE, "delete")),
        ("builder", ("casefacttype",), WRITE),
        ("procedures", ("procedure",), ALL),
        ("directory", (), WRITE),
    ),
    "Operators": (
        ("wagtailadmin", ("admin",), ("access",)),
        ("access", ("mobileunit", "policedirectorate"), WRITE),
        ("access", ("region", "municipality"), ("change", "view")),
        ("procedures", ("procedure",), ("view",)),
    ),
    "Auditors": (
        ("wagtailadmin", ("admin",), ("access",)),
        ("procedures", ("procedure",), ("view",)),
    ),
}
# rights that groups had once and must lose: accounts are managed under cms/staff/, never by Wagtail's own screens
WITHDRAWN = (("access", ("user", "assignment"), (*WRITE, "delete")), ("auth", ("group",), (*WRITE, "delete")))


def seed_reference() -> Made:
    """Add all reference data that is missing, in one transaction.

    Returns how many rows of each kind were added; all 0 when there was nothing to do. Raises DefinitionRefused or
    ProcedureRefused when a file is not fit to be published.
    """
    with transaction.atomic():
        made = {
            **seed_geography(read("access", "geography.json")),
            "partners": seed_partners(read("directory", "partners.json")["partners"]),
            "facts of a case": seed_case_facts(read("builder", "case_facts.json")["facts"]),
            **seed_definitions(),
            "admin rights": seed_groups(),
            "approvals": sum(
                seed_approval(model, name="Miratimi nga një koordinator tjetër")
                for model in (FormDefinition, Procedure)
            ),
            "rights on pages": seed_review(),
            **seed_content(),
            "versions of kits": freeze_all(),
        }
        if any(made.values()):
            log_event("seed.reference", target_kind="seed", made=made)
    return made


def folder(room: str) -> Path:
    """Return the data folder of a room, by its app label."""
    return Path(apps.get_app_config(room).path) / "data"


def read(room: str, name: str) -> dict[str, Any]:
    return json.loads((folder(room) / name).read_text(encoding="utf-8"))


def seed_geography(facts: dict[str, Any]) -> Made:
    """Seed regions, police directorates, municipalities (each with its own directorate) and mobile units."""
    made = {
        "regions": _add(Region, facts["regions"], ("slug", "name", "iso_code", "is_outreach")),
        "police directorates": _add(PoliceDirectorate, facts["directorates"], ("slug", "name", "short_name")),
    }
    regions, directorates = _by_slug(Region), _by_slug(PoliceDirectorate)
    municipalities = [
        row | {"region": regions[row["region"]], "police_directorate": directorates[row["police_directorate"]]}
        for row in facts["municipalities"]
    ]
    fields = ("slug", "name", "region", "police_directorate", "aliases")
    made["municipalities"] = _add(Municipality, municipalities, fields)
    units = [row | {"region": regions[row["region"]]} for row in facts["units"]]
    made["mobile units"] = _add(MobileUnit, units, ("slug", "name", "region", "working_since"))
    return made


def seed_partners(rows: Iterable[dict[str, Any]], *, is_demo: bool = False) -> int:
    """Seed organisations without people: contacts and PINs are agreed with each of them and entered by hand."""
    known = set(Partner.objects.values_list("slug", flat=True))
    regions, directorates, municipalities = _by_slug(Region), _by_slug(PoliceDirectorate), _by_slug(Municipality)
    missing = [row for row in rows if row["slug"] not in known]
    for row in missing:
        partner = Partner.objects.create(
            slug=row["slug"],
            role=row["role"],
            names=row["names"],
            directorate=directorates[row["directorate"]] if "directorate" in row else None,
            municipality=municipalities[row["municipality"]] if "municipality" in row else None,
            services=row.get("services", []),
            is_demo=is_demo,
        )
        partner.regions.set([regions[slug] for slug in row.get("regions", ())])
    return len(missing)


def seed_case_facts(entries: Iterable[dict[str, Any]]) -> int:
    """Add the kinds of fact that aren't in the catalogue yet; the forms that are seeded next write and read them."""
    known = set(CaseFactType.objects.values_list("key", flat=True))
    missing = [CaseFactType(**entry) for entry in entries if entry["key"] not in known]
    CaseFactType.objects.bulk_create(missing)
    return len(missing)


def form_files() -> list[dict[str, Any]]:
    """Return the shipped form definitions, in the order of their keys."""
    return [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted((folder("builder") / "forms").glob("*.json"))
    ]


def procedure_files() -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder("procedures").glob("*.json"))]


def seed_definitions() -> Made:
    """Publish the shipped forms and procedures that are new or newer, and check them against each other at the end.

    Between a new form and a new procedure there may be a moment in which they don't fit.

    Where somebody has changed a form or procedure by hand, what is shipped may not fit it. Then what fits is taken
    over, each by itself, the rest stays as it is, and the log says so: an upgrade must not end in a service that
    doesn't start. Raises DefinitionRefused or ProcedureRefused when nothing was changed by hand.
    """
    try:
        with transaction.atomic():
            made = {"form versions": seed_forms(), "procedure versions": seed_procedures()}
            _raise_if_rules_miss_something()
            return made
    except (DefinitionRefused, ProcedureRefused):
        if not _was_changed_by_hand():
            raise
    # forms before and after: some fit only once the procedures that have rules for them are there
    forms = seed_forms(one_by_one=True)
    procedures = seed_procedures(one_by_one=True)
    return {"form versions": forms + seed_forms(one_by_one=True), "procedure versions": procedures}


def seed_forms(*, one_by_one: bool = False) -> int:
    """Publish each shipped form that is new, or newer than a form that nobody has changed. Return how many versions.

    `one_by_one`: only what fits the published procedures, and of the forms that a shipped procedure has rules for none
    that no published one has rules for; without it, checking that is up to the caller.
    """
    made = 0
    for definition in form_files():
        form = FormDefinition.objects.filter(key=definition["key"]).first()
        if form is not None and not _to_renew(form, as_published(form.working_copy()), as_published(definition)):
            continue
        if one_by_one and form is None and _waits_for_rules(definition["key"]):
            log.error("shipped_form_waits_for_rules", key=definition["key"])
            continue
        before = form.versions.count() if form else 0
        try:
            with transaction.atomic():
                form = save_definition(key=definition["key"], definition=definition)
                publish_form(form=form, asks_dependents=one_by_one)
        except DefinitionRefused as refused:
            if not one_by_one:
                raise
            _kept("form", definition["key"], refused)
            continue
        made += form.versions.count() - before
    return made


def _waits_for_rules(key: str) -> bool:
    """Return whether shipped procedures have rules for this form and the one in force has none."""
    try:
        in_force = [ProcedureVersion.objects.in_force().definition]
    except ProcedureVersion.DoesNotExist:
        in_force = []
    return _has_rules(procedure_files(), key) and not _has_rules(in_force, key)


def _has_rules(procedures: Iterable[dict[str, Any]], key: str) -> bool:
    return any(key in rule.get("forms", ()) for procedure in procedures for rule in procedure.get("rules", ()))


def seed_procedures(*, one_by_one: bool = False) -> int:
    """Publish each shipped procedure that is new, or newer than a procedure that nobody has changed.

    `one_by_one`: only what fits the published forms. Returns how many versions.
    """
    made = 0
    for definition in procedure_files():
        procedure = Procedure.objects.filter(key=definition["key"]).first()
        if procedure is not None and not _to_renew(procedure, procedure.working_copy(), definition):
            continue
        before = procedure.versions.count() if procedure else 0
        try:
            with transaction.atomic():
                procedure = save_procedure(key=definition["key"], definition=definition)
                publish_procedure(procedure=procedure, in_force_from=timezone.now())
        except ProcedureRefused as refused:
            if not one_by_one:
                raise
            _kept("procedure", definition["key"], refused)
            continue
        made += procedure.versions.count() - before
    return made


def _raise_if_rules_miss_something() -> None:
    problems = [
        problem
        for version in FormVersion.objects.newest()
        for problem in problems_for_dependents(version.form.key, version.parsed_form)
    ]
    if problems:
        raise DefinitionRefused(problems)


def _was_changed_by_hand() -> bool:
    return (
        FormVersion.objects.filter(published_by__isnull=False).exists()
        or ProcedureVersion.objects.filter(published_by__isnull=False).exists()
    )


def _kept(what: str, key: str, refused: DefinitionRefused | ProcedureRefused) -> None:
    log.error("shipped_definition_not_taken_over", what=what, key=key, problems=str(refused))


def seed_groups() -> int:
    """Grant the admin's groups the rights that GROUPS names. Return how many were added."""
    made = 0
    withdrawn = {right for app, models, verbs in WITHDRAWN for right in _permissions(app, models, verbs)}
    for group in Group.objects.filter(permissions__in=withdrawn).distinct():
        group.permissions.remove(*withdrawn)
    for name, grants in GROUPS.items():
        group, _new = Group.objects.get_or_create(name=name)
        group.permissions.remove(*_permissions(*KEPT_BY_COORDINATORS) if name == "Operators" else ())
        wanted = set()
        for app, models, verbs in grants:
            wanted |= set(_permissions(app, models, verbs))
        missing = wanted - set(group.permissions.all())
        group.permissions.add(*missing)
        made += len(missing)
    return made


def _permissions(app: str, models: tuple[str, ...], verbs: tuple[str, ...]) -> Iterable[Permission]:
    named = Q()
    for verb in verbs:
        named |= Q(codename__startswith=f"{verb}_")
    found = Permission.objects.filter(named, content_type__app_label=app)
    return found.filter(content_type__model__in=models) if models else found


def _to_renew(thing: FormDefinition | Procedure, working: dict[str, Any], shipped: dict[str, Any]) -> bool:
    """Return whether the file differs, and nobody has changed the working copy or published a version by hand."""
    newest = thing.versions.order_by("-number").first()
    untouched = newest is None or (
        working == newest.definition and not thing.versions.filter(published_by__isnull=False).exists()
    )
    return untouched and (newest is None or newest.definition != shipped)


def _add(model: Any, rows: Iterable[dict[str, Any]], fields: tuple[str, ...]) -> int:
    """Create the rows whose slug isn't there yet; others stay as they are."""
    known = set(model.objects.values_list("slug", flat=True))
    missing = [model(**{field: row[field] for field in fields}) for row in rows if row["slug"] not in known]
    model.objects.bulk_create(missing)
    return len(missing)


def _by_slug(model: Any) -> dict[str, Any]:
    return {row.slug: row for row in model.objects.all()}
