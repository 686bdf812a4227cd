"""The policy table: every route, who may use it, and why. What has no row is denied.

A row names a view (`namespace:name`) or, for a tool mounted whole, the start of its address. `roles` is a set of
StaffRole values, or PUBLIC (anyone), or RECIPIENT (whoever holds a brief's link; the brief itself asks for the PIN), or
NOBODY (a tool brings the route, and it must not be used). `permission` is asked for besides, where the tool behind the
route would otherwise answer a person without it by sending them round in circles. `with_key` names methods that get
through without a session because the request carries a signed key, which the view checks. `scope`: what a token of the
field API must be made for.
Rows say who may come in at all; which cases a person sees is decided again per object (`Case.objects.visible_to`).
"""

from dataclasses import dataclass, field

from .models import StaffRole, User

NOBODY: frozenset[str] = frozenset()
PUBLIC = frozenset({"public"})
RECIPIENT = frozenset({"recipient"})
FIELD = frozenset({StaffRole.WORKER.value, StaffRole.COORDINATOR.value})
WORKER = frozenset({StaffRole.WORKER.value})
COORDINATOR = frozenset({StaffRole.COORDINATOR.value})
EDITOR = frozenset({StaffRole.EDITOR.value})
OPERATOR = frozenset({StaffRole.OPERATOR.value})
AUDITOR = frozenset({StaffRole.AUDITOR.value})
STAFF = frozenset(role.value for role in StaffRole)
KEEPERS = frozenset({StaffRole.COORDINATOR.value, StaffRole.OPERATOR.value})
CMS = frozenset(
    {StaffRole.EDITOR.value, StaffRole.COORDINATOR.value, StaffRole.OPERATOR.value, StaffRole.AUDITOR.value}
)

READ = frozenset({"GET", "HEAD", "OPTIONS"})
WRITE = frozenset({"GET", "HEAD", "OPTIONS", "POST"})
POST_ONLY = frozenset({"POST", "OPTIONS"})
GET_ONLY = frozenset({"GET"})
API_POST = frozenset({"POST"})
ADMIN_DOOR = "wagtailadmin.access_admin"
PREVIEW = WRITE | {"DELETE"}  # what Wagtail's preview of an unsaved page is told when it closes
TRANSLATE = WRITE | {"PUT", "DELETE"}  # a translated sentence is saved, or taken back
REMEMBER = WRITE | {"PATCH"}  # Wagtail remembers that a hint was put away
EVERY_METHOD = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})  # no row takes them all


@dataclass(frozen=True)
class Row:
    route: str
    roles: frozenset[str]
    reason: str
    methods: frozenset[str] = field(default_factory=lambda: READ)
    permission: str = ""
    with_key: frozenset[str] = frozenset()
    scope: str = ""  # what a token of the field API must be made for; "": any token

    @property
    def is_open(self) -> bool:
        """Nobody needs to be signed in."""
        return self.roles in (PUBLIC, RECIPIENT)

    def allows(self, user: User) -> bool:
        if self.is_open:
            return True
        has_role = bool(user.is_authenticated and user.is_active and user.roles() & self.roles)
        return has_role and (not self.permission or user.has_perm(self.permission))


VIEWS: tuple[Row, ...] = (
    Row("healthz", PUBLIC, "The supervisor and the proxy ask whether the process lives; says nothing else."),
    Row("readyz", PUBLIC, "The supervisor and the proxy ask whether notices can go out; strangers read one word."),
    # signing in, the second factor, the password
    Row("account_login", PUBLIC, "Signing in comes before being known.", WRITE),
    Row("account_logout", PUBLIC, "Signing out must work whatever roles are left.", WRITE),
    Row("account_inactive", PUBLIC, "Tells a person whose account is switched off; says nothing about it."),
    Row("account_reauthenticate", STAFF, "Asks for the password again before the second factor is changed.", WRITE),
    Row("account_change_password", STAFF, "Each person keeps their own password.", WRITE),
    Row(
        "mfa_authenticate", PUBLIC, "The second step of signing in; without the first it only leads back to it.", WRITE
    ),
    Row("account_invitation", PUBLIC, "Whoever holds an invitation's link chooses the account's password once.", WRITE),
    Row("account_sessions", STAFF, "Each person sees where they are signed in."),
    Row("account_end_session", STAFF, "Each person ends their own sessions, one of them or all others.", POST_ONLY),
    Row("account_lock", STAFF, "One press locks the session; nothing can be read until it is unlocked.", POST_ONLY),
    Row("account_unlock", PUBLIC, "Asks for the PIN of a locked session; without one it leads to signing in.", WRITE),
    Row("account_alive", STAFF, "A page in which somebody types says so, so that it isn't locked.", POST_ONLY),
    Row("account_home", PUBLIC, "Leads each person to where they start, visitors to signing in."),
    Row("account_typed", STAFF, "What was sent while the session was locked is offered again, once.", WRITE),
    Row("account_pin", STAFF, "Each person chooses their own PIN.", WRITE),
    Row("account_tokens", FIELD, "Each person makes and ends their own tokens, after the second factor.", WRITE),
    Row("account_calls", KEEPERS, "Coordinators see calls for help of their regions, and say they see to it.", WRITE),
    Row("mfa_index", STAFF, "Each person keeps their own second factor."),
    Row("mfa_reauthenticate", STAFF, "Asks for a code again before the second factor is changed.", WRITE),
    Row("mfa_activate_totp", STAFF, "Each person keeps their own second factor.", WRITE),
    Row("mfa_deactivate_totp", STAFF, "Each person keeps their own second factor.", WRITE),
    Row("mfa_view_recovery_codes", STAFF, "Each person sees their own codes, after the password."),
    Row("mfa_generate_recovery_codes", STAFF, "Each person keeps their own second factor.", WRITE),
    Row("mfa_download_recovery_codes", STAFF, "Each person sees their own codes, after the password."),
    Row("mfa_list_webauthn", STAFF, "Each person keeps their own keys."),
    Row("mfa_add_webauthn", STAFF, "Each person keeps their own keys.", WRITE),
    Row("mfa_edit_webauthn", STAFF, "Each person keeps their own keys; allauth looks up the holder's only.", WRITE),
    Row("mfa_remove_webauthn", STAFF, "Each person keeps their own keys; allauth looks up the holder's only.", WRITE),
    Row("mfa_reauthenticate_webauthn", STAFF, "Asks for a key again before the second factor is changed.", WRITE),
    # Wagtail: what it serves to everyone
    Row("wagtaildocs_serve", PUBLIC, "Files that editors publish; private collections are kept back by Wagtail."),
    Row("wagtailcore_authenticate_with_password", PUBLIC, "The password of a page that editors protected so.", WRITE),
    Row("wagtaildocs_authenticate_with_password", PUBLIC, "The password of a collection protected so.", WRITE),
    # Wagtail: doors that would go around the second factor or the operator
    Row("wagtailcore_login", NOBODY, "Signs in by password alone; ours is account_login."),
    Row("wagtail_localize:convert_to_alias", NOBODY, "Would put a page of one language before readers of the other."),
    Row("wagtailadmin_login", NOBODY, "Signs in by password alone; ours is account_login."),
    Row("wagtailadmin_logout", CMS, "Signing out from the admin's menu; a link to it changes nothing.", POST_ONLY),
    Row("wagtailadmin_password_reset", NOBODY, "Passwords are set by the operator, not by mail."),
    Row("wagtailadmin_password_reset_done", NOBODY, "Passwords are set by the operator, not by mail."),
    Row("wagtailadmin_password_reset_confirm", NOBODY, "Passwords are set by the operator, not by mail."),
    Row("wagtailadmin_password_reset_complete", NOBODY, "Passwords are set by the operator, not by mail."),
    *(
        Row(f"wagtailsnippetchoosers_{name}:create", NOBODY, "Nothing is created while it is being chosen.")
        for name in (
            "content_hotline",
            "content_glossaryterm",
            "content_searchanswer",
            "content_searchsynonyms",
            "builder_formdefinition",
            "builder_choicelist",
        )
    ),
    Row("wagtailadmin_error_test", NOBODY, "Fails on purpose, for Wagtail's own developers."),
    # the sandbox (local profile only; elsewhere these routes don't exist)
    Row("sandbox:inbox", PUBLIC, "Made-up mail on the machine it was made on, for whoever tries the house out."),
    Row("sandbox:letter", PUBLIC, "Made-up mail on the machine it was made on, for whoever tries the house out."),
    Row("sandbox:gallery", PUBLIC, "The parts of the screens with invented text, for whoever works on them."),
    Row("sandbox:gallery_group", PUBLIC, "The parts of the screens with invented text, for whoever works on them."),
    Row("cards:enter", PUBLIC, "Whoever holds a card types its code; it says of no code whether there is one.", WRITE),
    Row("cards:card", PUBLIC, "Whoever knows a card's code reads its session's page; nothing on it is secret."),
    Row("cards:feedback", PUBLIC, "Whoever holds a card chooses before or after the session."),
    Row("cards:answer", PUBLIC, "Whoever holds a card is counted without a name; bounded by card and day.", WRITE),
    Row("cards:thanks", PUBLIC, "Says that something was counted, and what is true."),
    Row("session_cards:page", FIELD, "A session's unit and coordinators see its card; the unit makes the page.", WRITE),
    Row("session_cards:renew", FIELD, "The unit or its coordinator writes the page anew from the record.", POST_ONLY),
    Row(
        "session_cards:difference",
        FIELD,
        "The unit or its coordinator sees what editors changed on the page, and puts the record's text back.",
        WRITE,
    ),
    Row("session_cards:keep", FIELD, "The unit or its coordinator ends or extends the card.", POST_ONLY),
    Row("session_cards:qr", FIELD, "Those who see a session take its pattern for papers of their own."),
    Row("session_cards:handouts", FIELD, "Those who see a session see what can be printed for it."),
    Row("session_cards:handout", FIELD, "Those who see a session print its papers."),
    Row("content:exit", PUBLIC, "Anyone may leave a page; it changes nothing here."),
    Row("content:left", PUBLIC, "Whoever comes back to a page that was left finds an empty one that leads out."),
    Row("wagtail_serve", PUBLIC, "The public pages."),
    Row("serving:worker", PUBLIC, "A script that reads kept pages without a network; the same for everybody."),
    Row("serving:manifest", PUBLIC, "A name and pictures for a phone's home screen; the same for everybody."),
    Row("serving:rendition", PUBLIC, "Pictures made for public pages; never the originals."),
    Row("papers:paper", PUBLIC, "Papers for everybody to print, with the lines that may be shown now."),
    Row("phone:offline", PUBLIC, "The numbers to call, for a phone without a network."),
    Row("briefs:brief", RECIPIENT, "A contact opens the notice they were told of; the PIN comes first.", WRITE),
    Row("briefs:reply", RECIPIENT, "A contact answers the notice that their PIN opened.", POST_ONLY),
    Row("briefs:not_me", RECIPIENT, "Whoever got a link by mistake gives it back, without a PIN.", WRITE),
    Row("briefs:close", RECIPIENT, "A contact ends what their PIN opened.", POST_ONLY),
    Row("briefs:reports", RECIPIENT, "A contact sees what was added to the notice that their PIN opened.", GET_ONLY),
    Row("briefs:report", RECIPIENT, "A contact reads one report that was added to their notice.", GET_ONLY),
    Row("briefs:document", RECIPIENT, "A contact reads the PDF of the notice that their PIN opened."),
    Row("intake:home", FIELD, "Units begin their forms here; coordinators see their regions' cases."),
    Row(
        "intake:language",
        PUBLIC,
        "Anyone may choose the language of the sign-in page; on an account it is kept.",
        POST_ONLY,
    ),
    Row("intake:start", FIELD, "A worker begins a form for their own unit.", POST_ONLY),
    Row(
        "intake:section",
        FIELD,
        "A worker fills their own draft. POST gets through without a session when it carries the draft's key: what was"
        " typed on a phone whose session ended is kept, and nothing is shown.",
        WRITE,
        with_key=POST_ONLY,
    ),
    Row("intake:review", FIELD, "A worker looks their own draft over and sends it.", WRITE),
    Row("intake:discard", FIELD, "A worker throws their own draft away.", POST_ONLY),
    Row("intake:move", FIELD, "A worker moves their own draft to a newer version of its form.", WRITE),
    Row("intake:sent", FIELD, "Leads to where a form of the unit or region stands."),
    Row("intake:submission", FIELD, "A unit and its coordinator read what was sent; each reading is recorded."),
    Row(
        "intake:handled",
        FIELD,
        "A unit or its coordinator says that they have dealt with a form that no rule was about.",
        POST_ONLY,
    ),
    Row("intake:case_submission", FIELD, "A unit and its coordinator read what was sent; each reading is recorded."),
    Row(
        "intake:answers_out",
        FIELD,
        "A coordinator takes the answers of their regions out, a worker those of their units; less is in clear than on"
        " the screen (answers_out/clearance.py), and each time is recorded.",
        WRITE,
    ),
    Row("intake:export", FIELD, "Whoever asked for a large file sees how far it is."),
    Row("intake:fetch_export", FIELD, "Whoever asked for a large file fetches it; each time is recorded."),
    Row("intake:drop_export", FIELD, "Whoever asked for a large file deletes it before its time.", POST_ONLY),
    Row("intake:attachment", FIELD, "Its owner, then whoever may read what was sent; each reading is recorded."),
    Row(
        "intake:newer_procedure",
        FIELD,
        "A unit and its coordinator read what a case of an older procedure lacks; only a coordinator takes it over.",
        WRITE,
    ),
    Row("cases:case", FIELD, "A unit and its coordinator follow a case and its notices."),
    Row("cases:timeline", FIELD, "The part of a case's page that renews itself."),
    Row("cases:instead", FIELD, "Its unit and its coordinators choose whom to tell when a notice has nobody.", WRITE),
    Row("outreach:zones", FIELD, "A unit sees the zones of its region, a coordinator those of their regions."),
    Row("outreach:zone_add", COORDINATOR, "Coordinators keep the list of zones of their regions.", WRITE),
    Row("outreach:zone_change", COORDINATOR, "Coordinators keep the list of zones of their regions.", WRITE),
    Row(
        "outreach:zone_visits",
        FIELD,
        "A unit reads the visits to a zone of its region and what was begun from them, a coordinator those of their"
        " regions; cases by what each may open.",
    ),
    Row("outreach:plan", FIELD, "A unit plans its visits, a coordinator those of their regions' units.", WRITE),
    Row("outreach:plan_cancel", FIELD, "Whoever may plan a visit may take it off the plan.", POST_ONLY),
    Row("outreach:month", FIELD, "A unit sees its own month in numbers, a coordinator those of their units."),
    Row("sessions:list", FIELD, "A unit sees its sessions, a coordinator those of their regions."),
    Row("sessions:month", FIELD, "A unit sees its sessions, a coordinator those of their regions."),
    Row("sessions:month_file", FIELD, "The same month for a calendar program: when, where and for whom."),
    Row("sessions:subscription", FIELD, "Each person keeps their own calendar address."),
    Row("sessions:make_subscription", FIELD, "Each person makes their own calendar address.", POST_ONLY),
    Row("sessions:revoke_subscription", FIELD, "Each person stops their own calendar address.", POST_ONLY),
    Row(
        "sessions:feed",
        PUBLIC,
        "A telephone comes for its person's calendar without a session: the secret in the address stands for them,"
        " until they stop it or leave.",
    ),
    Row("sessions:numbers", FIELD, "Counts of what was held, of one's own units or regions."),
    Row("sessions:numbers_file", FIELD, "The same counts for a spreadsheet; each time is recorded."),
    Row("sessions:plan", FIELD, "Workers plan for their unit, coordinators for the units of their regions.", WRITE),
    Row("sessions:session", FIELD, "A unit and its coordinator read what is recorded; another's isn't there."),
    Row("sessions:change", FIELD, "Whoever may plan a session may put its plan right.", WRITE),
    Row("sessions:outcome", FIELD, "Only a unit's workers record who came to its sessions.", WRITE),
    Row("sessions:cancel", FIELD, "Whoever may plan a session may call it off.", WRITE),
    Row("sessions:again", FIELD, "Whoever may plan a session may put it back to planned.", POST_ONLY),
    Row("field_api:submissions", WORKER, "Only a unit's workers submit for it.", API_POST, scope="send"),
    Row("asking:start", PUBLIC, "Anyone chooses the region they write from."),
    Row("asking:card", PUBLIC, "Anyone with a session's card asks or reports, without an account.", WRITE),
    Row("asking:region", PUBLIC, "Anyone asks or reports from a region's page, without an account.", WRITE),
    Row("asking:back", PUBLIC, "Whoever has a receipt code reads the answer; the code is asked first.", WRITE),
    Row("signals:list", FIELD, "A unit sees what the public wrote to it, a coordinator that of their regions."),
    Row("signals:signal", FIELD, "A unit reads what was written to it; another's isn't there. Opening it is recorded."),
    Row("signals:take", FIELD, "Whoever reads a message takes care of it, and the chase ends.", POST_ONLY),
    Row("signals:close_several", FIELD, "In a flood the unit closes those that nobody meant.", POST_ONLY),
    Row("signals:let_others_know", FIELD, "The unit has the others notified of one that was held back.", POST_ONLY),
    Row("signals:answer", FIELD, "The unit, or the coordinator who was called, answers the person.", POST_ONLY),
    Row("signals:close", FIELD, "The unit, or the coordinator who was called, says what became of it.", POST_ONLY),
    Row(
        "field_api:attachments", WORKER, "An app of a unit's worker puts in a file to name it.", API_POST, scope="send"
    ),
    Row("field_api:forms", FIELD, "An app asks which forms its person may fill.", GET_ONLY),
    Row("field_api:form_version", FIELD, "An app fetches a form to fill or to read answers by.", GET_ONLY),
    Row("field_api:form_schema", FIELD, "An app fetches the schema of a form's answers.", GET_ONLY),
    Row(
        "field_api:case",
        FIELD,
        "A unit and its coordinator follow a case; another's isn't there.",
        GET_ONLY,
        scope="read",
    ),
    Row("field_api:openapi-json", FIELD, "The description of the field API, for those who write apps for it."),
    Row("field_api:api-root", FIELD, "Only tells the framework where the field API begins; always 404."),
    Row("feed", PUBLIC, "What is new among the public pages, for feed readers."),
    Row("sitemap", PUBLIC, "Where the public pages are, for search engines."),
    Row("robots", PUBLIC, "What search engines should leave alone."),
    Row("security_txt", PUBLIC, "To whom a weakness is reported, as the operator has set it."),
    Row("openapi", PUBLIC, "The description of the public API, for those who build other front ends."),
    Row("api_unknown", PUBLIC, "Says that an address of the API leads nowhere."),
)

MOUNTS: tuple[Row, ...] = (
    Row("api/v2/", PUBLIC, "Published content for other front ends; drafts and unlisted pages don't exist there."),
    Row("cms/contact/card/", COORDINATOR, "Whoever keeps a contact prints the card for their PIN; no PIN is on it."),
    Row("cms/contact/", COORDINATOR, "Coordinators keep the contacts and PINs of their regions, by two.", WRITE),
    Row("cms/dutyshift/", COORDINATOR, "Coordinators keep the duty roster of their regions.", WRITE),
    Row("cms/leave/", COORDINATOR, "Coordinators write down who is away in their regions.", WRITE),
    Row("cms/partner/", COORDINATOR, "Coordinators keep the offices of their regions, by two.", WRITE),
    Row(
        "cms/directory-changes/",
        KEEPERS,
        "A second coordinator agrees to a change of the directory; an operator only undoes an emergency.",
        WRITE,
    ),
    Row(
        "cms/office-conflicts/",
        KEEPERS,
        "A coordinator or operator says that they checked an office that an upgrade switched off; it takes two.",
        POST_ONLY,
        permission="wagtailadmin.access_admin",
    ),
    Row(
        "cms/outbox/notice/retry/",
        COORDINATOR,
        "A coordinator has a failed notice of their regions tried again now; each time is recorded.",
        WRITE,
        permission="wagtailadmin.access_admin",
    ),
    Row("cms/agreement/", COORDINATOR, "Coordinators keep the agreements of their regions.", WRITE),
    Row("cms/users/", NOBODY, "Wagtail's screen would set passwords and superusers; staff are kept under cms/staff/."),
    Row("cms/groups/", NOBODY, "Groups follow from roles (access.staff.groups); nobody edits rights by hand."),
    Row("cms/staff/", OPERATOR, "Operators make accounts, give roles for a time, invite and end work.", WRITE),
    Row(
        "cms/factor-resets/",
        KEEPERS,
        "A lost second factor is reset by two: one asks, another decides; a coordinator in their own regions.",
        WRITE,
    ),
    Row(
        "cms/by-two/",
        KEEPERS,
        "Keepers decide what another keeper asked for; a coordinator in their own regions.",
        WRITE,
    ),
    Row("cms/mobileunit/", OPERATOR, "Operators keep the units; another number that officers call takes two.", WRITE),
    Row(
        "cms/municipality/",
        OPERATOR,
        "Operators ask for a municipality's other police directorate; two decide.",
        WRITE,
    ),
    Row("cms/policedirectorate/", OPERATOR, "Operators keep the police directorates.", WRITE),
    Row("cms/region/", OPERATOR, "Operators ask to change in which regions units work; it takes two.", WRITE),
    Row(
        "cms/public/",
        EDITOR,
        "Editors look pages over, run the checks, read the reports and write down test calls; each view asks further.",
        WRITE,
        permission="wagtailadmin.access_admin",
    ),
    Row(
        "cms/put-aside/",
        OPERATOR,
        "The operator sees which rows could not be dealt with, by code and id, and has them tried again.",
        WRITE,
        permission="wagtailadmin.access_admin",
    ),
    Row(
        "cms/audit/",
        AUDITOR,
        "Two keepers of the record read who did what to whom, by ids; each reading is itself recorded.",
        permission="wagtailadmin.access_admin",
    ),
    Row("cms/forms/try/", COORDINATOR, "Whoever edits a form tries it out beside it; nothing is stored.", POST_ONLY),
    Row("cms/choice-lists/", COORDINATOR, "Coordinators keep the lists of choices that forms share.", WRITE),
    Row("cms/forms/", COORDINATOR, "Coordinators build forms, approve each other's and see their versions.", WRITE),
    Row("cms/api/main/images/", EDITOR, "The pictures of the public pages, for choosing among them.", READ, ADMIN_DOOR),
    Row("cms/api/main/documents/", EDITOR, "The files of the public pages, for choosing among them.", READ, ADMIN_DOOR),
    Row("cms/api/", EDITOR, "The pages that editors choose among, drafts too.", READ, ADMIN_DOOR),
    Row("cms/choose-", EDITOR, "Where a link in a page leads; lists drafts too.", WRITE, ADMIN_DOOR),
    Row("cms/embeds/", EDITOR, "What a page takes from elsewhere.", WRITE, ADMIN_DOOR),
    Row("cms/images/", EDITOR, "Editors keep the pictures of the public pages.", WRITE, ADMIN_DOOR),
    Row("cms/documents/", EDITOR, "Editors keep the files of the public pages.", WRITE, ADMIN_DOOR),
    Row("cms/pages/", EDITOR, "Editors write pages; Wagtail asks its rights at each of them.", PREVIEW, ADMIN_DOOR),
    Row("cms/snippets/choose/builder/", NOBODY, "Nothing on a page points to a form or to a list of choices."),
    Row("cms/snippets/", EDITOR, "Editors keep helplines and words that pages share.", PREVIEW, ADMIN_DOOR),
    Row("cms/localize/", EDITOR, "Editors translate the public pages.", TRANSLATE, ADMIN_DOOR),
    Row("cms/dismissibles/", CMS, "Each person puts away hints for themselves.", REMEMBER, ADMIN_DOOR),
    Row("cms/reports/site-history/", EDITOR, "Who did what to the public pages.", READ, ADMIN_DOOR),
    Row("cms/reports/aging-pages/", EDITOR, "How old the public pages are.", READ, ADMIN_DOOR),
    Row(
        "cms/reports/workflow",
        EDITOR | COORDINATOR,
        "What waits for approval, of what the person may change: editors' pages, coordinators' forms.",
        READ,
        ADMIN_DOOR,
    ),
    Row("cms/reports/", EDITOR, "Which pages are locked, of which kinds there are.", READ, ADMIN_DOOR),
    Row("cms/redirects/import/", NOBODY, "Redirects lead to pages of our own; a file would hold addresses."),
    Row(
        "cms/guides/",
        CMS,
        "Whoever works in the admin reads the guides of their roles; they are the same as in docs/.",
        permission="wagtailadmin.access_admin",
    ),
    Row(
        "cms/",
        CMS,
        "Wagtail's admin: pages, forms, procedures, registers. It checks each action against permissions of its own.",
        WRITE,
        permission="wagtailadmin.access_admin",
    ),
)

# What a stand-in may read (`access.sessions.duress`): pages that are empty for whoever works nowhere, and ways out.
IN_DURESS: frozenset[tuple[str, str]] = frozenset(
    {
        *((view, method) for view in ("intake:home", "signals:list", "sessions:list") for method in ("GET", "HEAD")),
        *((view, "POST") for view in ("account_lock", "account_alive")),
        ("intake:section", "POST"),  # a page from before goes on saving by its draft's key, which shows nothing
    }
)


_BY_VIEW = {row.route: row for row in VIEWS}


def row_for(view_name: str | None, route: str) -> Row | None:
    """The row of a resolved request: by view name, else by the mount its route starts with. None means denied."""
    if view_name and view_name in _BY_VIEW:
        return _BY_VIEW[view_name]
    return next((row for row in MOUNTS if route.startswith(row.route)), None)
