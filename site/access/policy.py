"""The policy table: every route, who may use it, and why. A route without a row is denied (docs/adr/0008).

A row names a view (`namespace:name`) or, for a tool mounted whole, the start of its address. `roles` is a set of
StaffRole values, or PUBLIC (anyone), or RECIPIENT (whoever holds a brief's link; the brief itself asks for the PIN), or
DEVICE (a phone by its own token, which the view checks), or
NOBODY (a tool brings the route, and it must not be used). `permission` is required as well, where the tool behind the
route would otherwise answer a person without it by sending them round in circles. `with_key` names methods that get
through without a session because the request carries a signed key, which the view checks. `scope`: what a token of the
field API must be made for.

Rows say who may use a route at all; which cases a person sees is decided per object (`Case.objects.visible_to`).
"""

from dataclasses import dataclass, field

from .models import BY_SESSION, StaffRole, User

NOBODY: frozenset[str] = frozenset()
PUBLIC = frozenset({"public"})
RECIPIENT = frozenset({"recipient"})
# A phone that stores, by its own token. The view looks it up: one of a person who has left is still answered that it
# ended, and delivers what it holds.
DEVICE = frozenset({"device"})
FIELD = frozenset({StaffRole.WORKER.value, StaffRole.COORDINATOR.value})
WORKER = frozenset({StaffRole.WORKER.value})
COORDINATOR = frozenset({StaffRole.COORDINATOR.value})
EDITOR = frozenset({StaffRole.EDITOR.value})
OPERATOR = frozenset({StaffRole.OPERATOR.value})
AUDITOR = frozenset({StaffRole.AUDITOR.value})
STAFF = frozenset(role.value for role in StaffRole)
DIRECTORY_MANAGERS = frozenset({StaffRole.COORDINATOR.value, StaffRole.OPERATOR.value})
CMS = frozenset(
    {StaffRole.EDITOR.value, StaffRole.COORDINATOR.value, StaffRole.OPERATOR.value, StaffRole.AUDITOR.value}
)

READ = frozenset({"GET", "HEAD", "OPTIONS"})
WRITE = frozenset({"GET", "HEAD", "OPTIONS", "POST"})
POST_ONLY = frozenset({"POST", "OPTIONS"})
GET_ONLY = frozenset({"GET"})
API_POST = frozenset({"POST"})
HEAD_PATCH = frozenset({"HEAD", "PATCH"})
ADMIN_DOOR = "wagtailadmin.access_admin"
PREVIEW = WRITE | {"DELETE"}  # Wagtail sends DELETE when the preview of an unsaved page closes
TRANSLATE = WRITE | {"PUT", "DELETE"}  # PUT saves a translated sentence, DELETE removes it
REMEMBER = WRITE | {"PATCH"}  # Wagtail stores by PATCH that a hint was dismissed
EVERY_METHOD = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})  # no row takes them all


@dataclass(frozen=True)
class RouteRule:
    """One row of the table."""

    route: str
    roles: frozenset[str]
    reason: str
    methods: frozenset[str] = field(default_factory=lambda: READ)
    permission: str = ""
    with_key: frozenset[str] = frozenset()
    scope: str = ""  # what a token of the field API must be made for; "": any token

    @property
    def is_open(self) -> bool:
        """Whether no session is needed."""
        return self.roles in (PUBLIC, RECIPIENT, DEVICE)

    def allows(self, user: User) -> bool:
        if self.is_open:
            return True
        # No exception for `is_superuser`, which gives nothing here (docs/adr/0008).
        has_role = bool(user.is_authenticated and user.is_active and user.roles() & self.roles)
        return has_role and (not self.permission or user.has_perm(self.permission))


VIEWS: tuple[RouteRule, ...] = (
    RouteRule("healthz", PUBLIC, "The supervisor and the proxy ask whether the process lives; says nothing else."),
    RouteRule(
        "readyz", PUBLIC, "The supervisor and the proxy ask whether notices can go out; strangers read one word."
    ),
    RouteRule(
        "metrics", PUBLIC, "Figures for this machine, or whoever sends the token; to everybody else there is nothing."
    ),
    # signing in, the second factor, the password
    RouteRule("account_login", PUBLIC, "Signing in comes before being known.", WRITE),
    RouteRule("account_logout", PUBLIC, "Signing out must work whatever roles are left.", WRITE),
    RouteRule("account_inactive", PUBLIC, "Tells a person whose account is switched off; says nothing about it."),
    RouteRule(
        "account_reauthenticate", STAFF, "Asks for the password again before the second factor is changed.", WRITE
    ),
    RouteRule("account_change_password", STAFF, "Each person keeps their own password.", WRITE),
    RouteRule(
        "mfa_authenticate", PUBLIC, "The second step of signing in; without the first it only leads back to it.", WRITE
    ),
    RouteRule(
        "account_invitation", PUBLIC, "Whoever holds an invitation's link chooses the account's password once.", WRITE
    ),
    RouteRule("account_sessions", STAFF, "Each person sees where they are signed in."),
    RouteRule(
        "account_end_session", STAFF, "Each person ends their own sessions, one of them or all others.", POST_ONLY
    ),
    RouteRule(
        "account_lock", STAFF, "One press locks the session; nothing can be read until it is unlocked.", POST_ONLY
    ),
    RouteRule(
        "account_unlock", PUBLIC, "Asks for the PIN of a locked session; without one it leads to signing in.", WRITE
    ),
    RouteRule("account_alive", STAFF, "A page in which somebody types says so, so that it isn't locked.", POST_ONLY),
    RouteRule("account_home", PUBLIC, "Leads each person to where they start, visitors to signing in."),
    RouteRule("account_typed", STAFF, "What was sent while the session was locked is offered again, once.", WRITE),
    RouteRule("account_pin", STAFF, "Each person chooses their own PIN.", WRITE),
    RouteRule("account_phones", STAFF, "Each person says on which phones they are woken, and ends their own.", WRITE),
    RouteRule("account_push_worker", PUBLIC, "A script that shows a neutral notification; the same for everybody."),
    RouteRule("account_tokens", FIELD, "Each person makes and ends their own tokens, after the second factor.", WRITE),
    RouteRule(
        "account_calls",
        DIRECTORY_MANAGERS,
        "Coordinators see calls for help of their regions, and say they see to it.",
        WRITE,
    ),
    RouteRule("mfa_index", STAFF, "Each person keeps their own second factor."),
    RouteRule("mfa_reauthenticate", STAFF, "Asks for a code again before the second factor is changed.", WRITE),
    RouteRule("mfa_activate_totp", STAFF, "Each person keeps their own second factor.", WRITE),
    RouteRule("mfa_deactivate_totp", STAFF, "Each person keeps their own second factor.", WRITE),
    RouteRule("mfa_view_recovery_codes", STAFF, "Each person sees their own codes, after the password."),
    RouteRule("mfa_generate_recovery_codes", STAFF, "Each person keeps their own second factor.", WRITE),
    RouteRule("mfa_download_recovery_codes", STAFF, "Each person sees their own codes, after the password."),
    RouteRule("mfa_list_webauthn", STAFF, "Each person keeps their own keys."),
    RouteRule("mfa_add_webauthn", STAFF, "Each person keeps their own keys.", WRITE),
    RouteRule(
        "mfa_edit_webauthn", STAFF, "Each person keeps their own keys; allauth looks up the holder's only.", WRITE
    ),
    RouteRule(
        "mfa_remove_webauthn", STAFF, "Each person keeps their own keys; allauth looks up the holder's only.", WRITE
    ),
    RouteRule("mfa_reauthenticate_webauthn", STAFF, "Asks for a key again before the second factor is changed.", WRITE),
    *(
        RouteRule(
            f"{model}_modeladmin_export",
            COORDINATOR,
            "Coordinators take the rows of their regions out of a register; each file is recorded.",
            POST_ONLY,
            ADMIN_DOOR,
        )
        for model in ("cases_case", "cases_referral", "cases_deadline", "intake_submission", "outbox_notice")
    ),
    RouteRule(
        "wagtailsnippets_procedures_procedure:list",
        COORDINATOR | OPERATOR | AUDITOR,
        "Those who answer for the service see which procedures are in force.",
        permission=ADMIN_DOOR,
    ),
    RouteRule(
        "wagtailsnippets_procedures_procedure:list_results",
        COORDINATOR | OPERATOR | AUDITOR,
        "The same list, as it is sorted and paged.",
        permission=ADMIN_DOOR,
    ),
    RouteRule(
        "wagtailsnippets_procedures_procedure:read",
        COORDINATOR | OPERATOR | AUDITOR,
        "Those who answer for the service read what is in force; only coordinators change it.",
        permission=ADMIN_DOOR,
    ),
    # the records of the controller
    RouteRule(
        "accountability:breaches",
        DIRECTORY_MANAGERS,
        "Who answers for the data writes breaches down.",
        WRITE,
        ADMIN_DOOR,
    ),
    RouteRule(
        "accountability:breach",
        DIRECTORY_MANAGERS,
        "They add what becomes known; nothing is changed.",
        WRITE,
        ADMIN_DOOR,
    ),
    RouteRule(
        "accountability:breaches_file",
        DIRECTORY_MANAGERS,
        "The register for the Commissioner; each time recorded.",
        READ,
        ADMIN_DOOR,
    ),
    RouteRule(
        "accountability:record",
        DIRECTORY_MANAGERS,
        "Who answers for the data reads what is processed; no case is in it.",
        READ,
        ADMIN_DOOR,
    ),
    RouteRule("accountability:record_file", DIRECTORY_MANAGERS, "The same as a file.", READ, ADMIN_DOOR),
    # the simulator
    RouteRule(
        "simulation:try",
        COORDINATOR,
        "Whoever edits a procedure tries it on a story; nothing of it is stored.",
        WRITE,
        ADMIN_DOOR,
    ),
    RouteRule(
        "simulation:scenarios", COORDINATOR, "Whoever edits a procedure sees which scenarios hold.", READ, ADMIN_DOOR
    ),
    RouteRule(
        "simulation:panel", COORDINATOR, "The editor shows how the scenarios stand on the draft.", READ, ADMIN_DOOR
    ),
    RouteRule(
        "simulation:new", COORDINATOR, "A story that was tried becomes a scenario; recorded.", POST_ONLY, ADMIN_DOOR
    ),
    RouteRule(
        "simulation:scenario",
        COORDINATOR,
        "Whoever edits a procedure changes its scenarios; recorded.",
        WRITE,
        ADMIN_DOOR,
    ),
    RouteRule(
        "simulation:copy", COORDINATOR, "A scenario begins as a copy of another; recorded.", POST_ONLY, ADMIN_DOOR
    ),
    RouteRule(
        "simulation:delete",
        COORDINATOR,
        "A scenario that isn't needed goes, after a question; recorded.",
        WRITE,
        ADMIN_DOOR,
    ),
    RouteRule(
        "simulation:restore",
        COORDINATOR,
        "A proposed change of an approved scenario is taken back; recorded.",
        POST_ONLY,
        ADMIN_DOOR,
    ),
    RouteRule(
        "simulation:replays",
        COORDINATOR,
        "Whoever edits a procedure holds the draft against what they may see of the past; recorded.",
        WRITE,
        ADMIN_DOOR,
    ),
    RouteRule(
        "simulation:replay",
        COORDINATOR,
        "Whoever asked for a replay reads its counts and references.",
        READ,
        ADMIN_DOOR,
    ),
    RouteRule(
        "simulation_form", COORDINATOR, "Whoever edits a form holds its draft against the scenarios.", READ, ADMIN_DOOR
    ),
    # Wagtail: what it serves to everyone
    RouteRule("wagtaildocs_serve", PUBLIC, "Files that editors publish; private collections are kept back by Wagtail."),
    RouteRule(
        "wagtailcore_authenticate_with_password", PUBLIC, "The password of a page that editors protected so.", WRITE
    ),
    RouteRule("wagtaildocs_authenticate_with_password", PUBLIC, "The password of a collection protected so.", WRITE),
    # Wagtail: routes that would bypass the second factor or the operator
    RouteRule("wagtailcore_login", NOBODY, "Signs in by password alone; ours is account_login."),
    RouteRule(
        "wagtail_localize:convert_to_alias", NOBODY, "Would put a page of one language before readers of the other."
    ),
    RouteRule("wagtailadmin_login", NOBODY, "Signs in by password alone; ours is account_login."),
    RouteRule(
        "wagtailadmin_logout", CMS, "Signing out from the admin's menu; a link to it changes nothing.", POST_ONLY
    ),
    RouteRule("wagtailadmin_password_reset", NOBODY, "Passwords are set by the operator, not by mail."),
    RouteRule("wagtailadmin_password_reset_done", NOBODY, "Passwords are set by the operator, not by mail."),
    RouteRule("wagtailadmin_password_reset_confirm", NOBODY, "Passwords are set by the operator, not by mail."),
    RouteRule("wagtailadmin_password_reset_complete", NOBODY, "Passwords are set by the operator, not by mail."),
    *(
        RouteRule(f"wagtailsnippetchoosers_{name}:create", NOBODY, "Nothing is created while it is being chosen.")
        for name in (
            "content_hotline",
            "content_glossaryterm",
            "content_searchanswer",
            "content_searchsynonyms",
            "builder_formdefinition",
            "builder_choicelist",
            "builder_casefacttype",
        )
    ),
    RouteRule("wagtailadmin_error_test", NOBODY, "Fails on purpose, for Wagtail's own developers."),
    # the sandbox (local profile only; elsewhere these routes don't exist)
    RouteRule("sandbox:inbox", PUBLIC, "Made-up mail on the machine it was made on, for whoever tries the system out."),
    RouteRule(
        "bounces:came_back", PUBLIC, "Our mail relay hands over what came back; the view asks for its token.", API_POST
    ),
    RouteRule("sandbox:push", PUBLIC, "What invented phones were woken with, for whoever tries the system out.", WRITE),
    RouteRule(
        "sandbox:push_phone", PUBLIC, "An invented phone's subscription, for whoever tries the system out.", POST_ONLY
    ),
    RouteRule(
        "sandbox:push_service", PUBLIC, "Stands in for a push service; it checks that a push is ours.", POST_ONLY
    ),
    RouteRule(
        "sandbox:letter", PUBLIC, "Made-up mail on the machine it was made on, for whoever tries the system out."
    ),
    RouteRule("sandbox:phones", PUBLIC, "Made-up SMS and calls on the machine they were made on, as the mail."),
    RouteRule("sandbox:answer_phone", PUBLIC, "Whoever tries the system out answers from a made-up phone.", POST_ONLY),
    RouteRule("sandbox:gallery", PUBLIC, "The parts of the screens with invented text, for whoever works on them."),
    RouteRule(
        "sandbox:gallery_group", PUBLIC, "The parts of the screens with invented text, for whoever works on them."
    ),
    RouteRule(
        "cards:enter", PUBLIC, "Whoever holds a card types its code; it says of no code whether there is one.", WRITE
    ),
    RouteRule("cards:card", PUBLIC, "Whoever knows a card's code reads its session's page; nothing on it is secret."),
    RouteRule("cards:feedback", PUBLIC, "Whoever holds a card chooses before or after the session."),
    RouteRule(
        "cards:answer", PUBLIC, "Whoever holds a card is counted without a name; bounded by card and day.", WRITE
    ),
    RouteRule("cards:thanks", PUBLIC, "Says that something was counted, and what is true."),
    RouteRule(
        "session_cards:page", FIELD, "A session's unit and coordinators see its card; the unit makes the page.", WRITE
    ),
    RouteRule(
        "session_cards:renew", FIELD, "The unit or its coordinator writes the page anew from the record.", POST_ONLY
    ),
    RouteRule(
        "session_cards:difference",
        FIELD,
        "The unit or its coordinator sees what editors changed on the page, and puts the record's text back.",
        WRITE,
    ),
    RouteRule("session_cards:keep", FIELD, "The unit or its coordinator ends or extends the card.", POST_ONLY),
    RouteRule("session_cards:qr", FIELD, "Those who see a session take its pattern for papers of their own."),
    RouteRule("session_cards:handouts", FIELD, "Those who see a session see what can be printed for it."),
    RouteRule("session_cards:handout", FIELD, "Those who see a session print its papers."),
    RouteRule("content:exit", PUBLIC, "Anyone may leave a page; it changes nothing here."),
    RouteRule("content:left", PUBLIC, "Whoever comes back to a page that was left finds an empty one that leads out."),
    RouteRule("wagtail_serve", PUBLIC, "The public pages."),
    RouteRule("serving:worker", PUBLIC, "A script that reads kept pages without a network; the same for everybody."),
    RouteRule("serving:manifest", PUBLIC, "A name and pictures for a phone's home screen; the same for everybody."),
    RouteRule("serving:rendition", PUBLIC, "Pictures made for public pages; never the originals."),
    RouteRule("papers:paper", PUBLIC, "Papers for everybody to print, with the lines that may be shown now."),
    RouteRule("phone:offline", PUBLIC, "The numbers to call, for a phone without a network."),
    RouteRule("briefs:brief", RECIPIENT, "A contact opens the notice they were told of; the PIN comes first.", WRITE),
    RouteRule("briefs:reply", RECIPIENT, "A contact answers the notice that their PIN opened.", POST_ONLY),
    RouteRule("places:places", RECIPIENT, "A service says how many places are free, with its contact's PIN.", WRITE),
    RouteRule(
        "own_duty:page", RECIPIENT, "A contact sees their own shifts, asks for leave or a swap, with the PIN.", WRITE
    ),
    RouteRule(
        "own_duty:calendar",
        PUBLIC,
        "A calendar program comes for a contact's shifts: the secret in the address stands for them until stopped.",
    ),
    RouteRule("briefs:step", RECIPIENT, "A service notes a step of the referral that its PIN opened.", POST_ONLY),
    RouteRule("briefs:not_me", RECIPIENT, "Whoever got a link by mistake gives it back, without a PIN.", WRITE),
    RouteRule("briefs:close", RECIPIENT, "A contact ends what their PIN opened.", POST_ONLY),
    RouteRule(
        "briefs:reports", RECIPIENT, "A contact sees, and sorts, what was added to the notice they opened.", WRITE
    ),
    RouteRule("briefs:talk", RECIPIENT, "A contact reads and asks what belongs to the notice they opened.", WRITE),
    RouteRule(
        "briefs:phones", RECIPIENT, "A contact says which phones their notices wake; the PIN comes first.", WRITE
    ),
    RouteRule("briefs:push_worker", PUBLIC, "A script that shows a neutral notification; the same for everybody."),
    RouteRule("briefs:report", RECIPIENT, "A contact reads one report that was added to their notice.", GET_ONLY),
    *(
        RouteRule(f"inbound:{what}", PUBLIC, f"A gateway reports {of}; the view checks who sends it.", API_POST)
        for what, of in (
            ("receipt", "what became of an SMS"),
            ("reply", "an SMS that somebody sent"),
            ("key", "a key that somebody pressed"),
        )
    ),
    RouteRule("briefs:document", RECIPIENT, "A contact reads the PDF of the notice that their PIN opened."),
    RouteRule("field_phone:app", PUBLIC, "The page of phones that store, with nothing of anybody; phones store it."),
    RouteRule("field_phone:app_en", PUBLIC, "The same page in English."),
    RouteRule("field_phone:worker", PUBLIC, "A script that opens that page without a network; the same for everybody."),
    RouteRule("field_phone:manifest", PUBLIC, "A neutral name and pictures for that page on a home screen."),
    RouteRule("field_phone:set_up", FIELD, "A worker whom a coordinator has granted a phone sets it up here."),
    RouteRule("intake:home", FIELD, "Units begin their forms here; coordinators see their regions' cases."),
    RouteRule(
        "intake:language",
        PUBLIC,
        "Anyone may choose the language of the sign-in page; on an account it is kept.",
        POST_ONLY,
    ),
    RouteRule("intake:start", FIELD, "A worker begins a form for their own unit.", POST_ONLY),
    RouteRule(
        "intake:section",
        FIELD,
        "A worker fills their own draft. POST gets through without a session when it carries the draft's key: what was"
        " typed on a phone whose session ended is kept, and nothing is shown.",
        WRITE,
        with_key=POST_ONLY,
    ),
    RouteRule("intake:review", FIELD, "A worker looks their own draft over and sends it.", WRITE),
    RouteRule("intake:discard", FIELD, "A worker throws their own draft away.", POST_ONLY),
    RouteRule("intake:move", FIELD, "A worker moves their own draft to a newer version of its form.", WRITE),
    RouteRule(
        "intake:forgetting",
        DIRECTORY_MANAGERS,
        "Coordinators see what of their regions is forgotten next; operators counts.",
    ),
    RouteRule("intake:sent", FIELD, "Leads to where a form of the unit or region stands."),
    RouteRule("intake:submission", FIELD, "A unit and its coordinator read what was sent; each reading is recorded."),
    RouteRule(
        "intake:handled",
        FIELD,
        "A unit or its coordinator says that they have dealt with a form that no rule was about.",
        POST_ONLY,
    ),
    RouteRule(
        "intake:correct", FIELD, "A worker of the unit corrects a form that it sent; the old version stays.", WRITE
    ),
    RouteRule(
        "intake:move_form", FIELD, "One person proposes that a form belongs to another case; a second decides.", WRITE
    ),
    RouteRule(
        "intake:correct_newest",
        FIELD,
        "A worker goes on with a correction after somebody else's came first.",
        POST_ONLY,
    ),
    RouteRule(
        "intake:case_submission", FIELD, "A unit and its coordinator read what was sent; each reading is recorded."
    ),
    RouteRule(
        "intake:answers_out",
        FIELD,
        "A coordinator takes the answers of their regions out, a worker those of their units; less is in clear than on"
        " the screen (exports/redaction.py), and each time is recorded.",
        WRITE,
    ),
    RouteRule(
        "intake:answers_with_names",
        FIELD,
        "The same with names and typed texts, for a reason; of more than a few, another coordinator decides.",
        WRITE,
    ),
    RouteRule(
        "intake:decide_names",
        COORDINATOR,
        "A coordinator, never the one who asked, decides whether a file with names is written.",
        WRITE,
    ),
    RouteRule("intake:export", FIELD, "Whoever asked for a large file sees how far it is."),
    RouteRule("intake:fetch_export", FIELD, "Whoever asked for a large file fetches it; each time is recorded."),
    RouteRule("intake:drop_export", FIELD, "Whoever asked for a large file deletes it before its time.", POST_ONLY),
    RouteRule("intake:attachment", FIELD, "Its owner, then whoever may read what was sent; each reading is recorded."),
    RouteRule(
        "intake:newer_procedure",
        FIELD,
        "A unit and its coordinator read what a case of an older procedure lacks; only a coordinator takes it over.",
        WRITE,
    ),
    RouteRule("cases:case", FIELD, "A unit and its coordinator follow a case and its notices."),
    RouteRule("cases:close", FIELD, "Its unit or a coordinator asks to close a case; a coordinator decides.", WRITE),
    RouteRule(
        "cases:void", FIELD, "Its unit or a coordinator asks to void a wrong case; another person decides.", WRITE
    ),
    RouteRule("cases:closing", FIELD, "A coordinator who hasn't asked decides; whoever asked withdraws.", WRITE),
    RouteRule(
        "cases:reopen", FIELD, "Its unit or a coordinator opens a closed case again, or leaves it closed.", WRITE
    ),
    RouteRule(
        "cases:status", FIELD, "One person proposes another status of a case; a second one decides about it.", WRITE
    ),
    RouteRule("cases:hold", COORDINATOR, "A coordinator keeps a case from being forgotten; two lift that.", WRITE),
    RouteRule("cases:rights", FIELD, "Its unit or a coordinator registers what a person asks of their data.", WRITE),
    RouteRule("cases:right", FIELD, "One person proposes an answer about a person's data; another one decides.", WRITE),
    RouteRule("cases:right_file", FIELD, "The file that two people agreed to, for handing over; each time recorded."),
    RouteRule("cases:timeline", FIELD, "The part of a case's page that renews itself."),
    RouteRule("cases:facts", FIELD, "A unit and its coordinator read what is known about the person of a case."),
    RouteRule(
        "cases:fact",
        FIELD,
        "A unit and its coordinator read the history of one fact; a worker of the unit notes that it is no longer so.",
        WRITE,
    ),
    RouteRule("cases:lead", FIELD, "A worker of its unit says that they follow the person from now on.", POST_ONLY),
    RouteRule(
        "cases:instead", FIELD, "Its unit and its coordinators choose whom to tell when a notice has nobody.", WRITE
    ),
    RouteRule(
        "cases:talk",
        FIELD,
        "Whoever may see a case reads what was written about a notice; its unit and coordinators answer.",
        WRITE,
    ),
    RouteRule(
        "cases:documents", FIELD, "Its unit and its coordinators make documents of a case; each is recorded.", WRITE
    ),
    RouteRule("cases:document", FIELD, "Its unit and its coordinators read a document of a case; recorded."),
    RouteRule(
        "cases:withdraw_consent",
        FIELD,
        "Its unit and its coordinators record that the person takes back a consent; it only ever takes away.",
        WRITE,
    ),
    RouteRule("intake:continue_in", WORKER, "A worker adds their own form to a case of their unit instead.", POST_ONLY),
    RouteRule(
        "finding:find",
        FIELD,
        "Workers and coordinators ask whether a person is known; each question is counted and recorded.",
        WRITE,
    ),
    RouteRule("finding:ask", WORKER, "Whoever asked about a person asks the unit that may know them.", POST_ONLY),
    RouteRule("finding:questions", COORDINATOR, "Coordinators see how often their people asked about somebody."),
    RouteRule("finding:request", FIELD, "Only the unit that is asked, and its coordinators, answer.", WRITE),
    RouteRule("finding:end_access", FIELD, "Either unit ends what both agreed to.", POST_ONLY),
    RouteRule(
        "finding:orphans", COORDINATOR, "Coordinators give each case without a worker to one of its unit.", WRITE
    ),
    RouteRule("finding:related", FIELD, "Whoever may open a case sees what it has to do with others.", WRITE),
    RouteRule("finding:merge", FIELD, "A second person, of the other case's unit, decides about a merge.", WRITE),
    RouteRule("finding:transfer", FIELD, "A case's unit and its coordinators hand it over.", WRITE),
    RouteRule("finding:handed_over", FIELD, "Both units see a transfer; the one it goes to answers.", WRITE),
    RouteRule("services:list", FIELD, "Workers and coordinators look for a service; no case is on the page."),
    RouteRule(
        "cases:referral_step",
        FIELD,
        "Its unit and its coordinators note what became of a referral; only ever added, and recorded.",
        WRITE,
    ),
    RouteRule(
        "cases:refer_again",
        FIELD,
        "Its unit and its coordinators refer a person to another service, as far as consent covers it.",
        WRITE,
    ),
    RouteRule(
        "cases:task_add",
        FIELD,
        "Whoever follows a case writes a task down for its unit or coordinator; recorded.",
        WRITE,
    ),
    RouteRule(
        "cases:task_done",
        FIELD,
        "Whoever follows a case says that a task is done which no form answers; recorded.",
        WRITE,
    ),
    RouteRule(
        "cases:note_add", FIELD, "Whoever follows a case writes a note about it; it is sealed, and recorded.", WRITE
    ),
    RouteRule(
        "cases:note_correct", FIELD, "Whoever follows a case corrects a note by a second one; the first stays.", WRITE
    ),
    RouteRule(
        "cases:flags", FIELD, "Whoever follows a case sets or clears its flags, with the reason; recorded.", WRITE
    ),
    RouteRule("cases:history", FIELD, "A unit and its coordinator read what happened in a case; recorded."),
    RouteRule(
        "cases:readers",
        FIELD,
        "A case's own unit and its coordinators see who has read it; whom another unit opened it to, does not.",
    ),
    RouteRule("intake:day", FIELD, "Each person sees what is due in the cases that they may open."),
    RouteRule("outreach:zones", FIELD, "A unit sees the zones of its region, a coordinator those of their regions."),
    RouteRule("outreach:zone_add", COORDINATOR, "Coordinators keep the list of zones of their regions.", WRITE),
    RouteRule("outreach:zone_change", COORDINATOR, "Coordinators keep the list of zones of their regions.", WRITE),
    RouteRule(
        "outreach:zone_visits",
        FIELD,
        "A unit reads the visits to a zone of its region and what was begun from them, a coordinator those of their"
        " regions; cases by what each may open.",
    ),
    RouteRule("outreach:plan", FIELD, "A unit plans its visits, a coordinator those of their regions' units.", WRITE),
    RouteRule("outreach:plan_cancel", FIELD, "Whoever may plan a visit may take it off the plan.", POST_ONLY),
    RouteRule("outreach:month", FIELD, "A unit sees its own month in numbers, a coordinator those of their units."),
    RouteRule("sessions:list", FIELD, "A unit sees its sessions, a coordinator those of their regions."),
    RouteRule("sessions:month", FIELD, "A unit sees its sessions, a coordinator those of their regions."),
    RouteRule("sessions:month_file", FIELD, "The same month for a calendar program: when, where and for whom."),
    RouteRule("sessions:subscription", FIELD, "Each person keeps their own calendar address."),
    RouteRule("sessions:make_subscription", FIELD, "Each person makes their own calendar address.", POST_ONLY),
    RouteRule("sessions:revoke_subscription", FIELD, "Each person stops their own calendar address.", POST_ONLY),
    RouteRule(
        "sessions:feed",
        PUBLIC,
        "A telephone comes for its person's calendar without a session: the secret in the address stands for them,"
        " until they stop it or leave.",
    ),
    RouteRule("sessions:numbers", FIELD, "Counts of what was held, of one's own units or regions."),
    RouteRule("sessions:numbers_file", FIELD, "The same counts for a spreadsheet; each time is recorded."),
    RouteRule(
        "sessions:plan", FIELD, "Workers plan for their unit, coordinators for the units of their regions.", WRITE
    ),
    RouteRule("sessions:session", FIELD, "A unit and its coordinator read what is recorded; another's isn't there."),
    RouteRule("sessions:change", FIELD, "Whoever may plan a session may put its plan right.", WRITE),
    RouteRule("sessions:outcome", FIELD, "Only a unit's workers record who came to its sessions.", WRITE),
    RouteRule("sessions:phone_record", FIELD, "The unit decides about a record that a phone delivered.", WRITE),
    RouteRule("sessions:cancel", FIELD, "Whoever may plan a session may call it off.", WRITE),
    RouteRule("sessions:again", FIELD, "Whoever may plan a session may put it back to planned.", POST_ONLY),
    RouteRule("session_kits:list", FIELD | EDITOR, "Kits are the same everywhere; units hold sessions with them."),
    RouteRule("session_kits:kit", FIELD | EDITOR, "A kit's version is words that two editors published; no person."),
    RouteRule("session_kits:material", FIELD | EDITOR, "One material of a kit's version; no person is in it."),
    RouteRule("session_kits:slides", FIELD | EDITOR, "The slides of a kit's version, shown to those who came."),
    RouteRule("session_kits:pdf", FIELD | EDITOR, "A material on paper, with the helplines of the day."),
    RouteRule("session_kits:zip", FIELD | EDITOR, "Everything of a kit's version, for a room without a network."),
    RouteRule("field_api:submissions", WORKER, "Only a unit's workers submit for it.", API_POST, scope="send"),
    RouteRule(
        "session_requests:list",
        FIELD,
        "A unit sees what was asked of it, a coordinator their regions' and the centre's.",
    ),
    RouteRule("session_requests:request", FIELD, "Whoever answers a request reads it. Opening it is recorded."),
    RouteRule("session_requests:take", FIELD, "Whoever sees a request takes care of it, or takes it over.", POST_ONLY),
    RouteRule("session_requests:answer", FIELD, "Whoever handles a request answers it.", POST_ONLY),
    RouteRule("session_requests:decline", FIELD, "Whoever handles a request says that it can't be held.", POST_ONLY),
    RouteRule("session_requests:hand_over", FIELD, "A unit hands a request to the coordinators.", POST_ONLY),
    RouteRule("session_requests:plan", FIELD, "Whoever may plan sessions plans the one that was asked for.", WRITE),
    RouteRule("asking:start", PUBLIC, "Anyone chooses the region they write from."),
    RouteRule(
        "asking:session", PUBLIC, "A school, municipality or teacher asks for a session, without an account.", WRITE
    ),
    RouteRule("asking:card", PUBLIC, "Anyone with a session's card asks or reports, without an account.", WRITE),
    RouteRule("asking:region", PUBLIC, "Anyone asks or reports from a region's page, without an account.", WRITE),
    RouteRule("asking:back", PUBLIC, "Whoever has a receipt code reads the answer; the code is asked first.", WRITE),
    RouteRule("signals:list", FIELD, "A unit sees what the public wrote to it, a coordinator that of their regions."),
    RouteRule(
        "signals:signal", FIELD, "A unit reads what was written to it; another's isn't there. Opening it is recorded."
    ),
    RouteRule(
        "signals:voice", FIELD, "A unit hears what was said to it; another's isn't there. Hearing it is recorded."
    ),
    RouteRule("signals:take", FIELD, "Whoever reads a message takes care of it, and the chase ends.", POST_ONLY),
    RouteRule("signals:close_several", FIELD, "In a flood the unit closes those that nobody meant.", POST_ONLY),
    RouteRule(
        "signals:let_others_know", FIELD, "The unit has the others notified of one that was held back.", POST_ONLY
    ),
    RouteRule("signals:answer", FIELD, "The unit, or the coordinator who was called, answers the person.", POST_ONLY),
    RouteRule(
        "signals:close", FIELD, "The unit, or the coordinator who was called, says what became of it.", POST_ONLY
    ),
    RouteRule(
        "field_api:attachments", WORKER, "An app of a unit's worker puts in a file to name it.", API_POST, scope="send"
    ),
    RouteRule("field_api:forms", FIELD, "An app asks which forms its person may fill.", GET_ONLY),
    RouteRule("field_api:form_version", FIELD, "An app fetches a form to fill or to read answers by.", GET_ONLY),
    RouteRule("field_api:form_schema", FIELD, "An app fetches the schema of a form's answers.", GET_ONLY),
    RouteRule(
        "field_api:case",
        FIELD,
        "A unit and its coordinator follow a case; another's isn't there.",
        GET_ONLY,
        scope="read",
    ),
    RouteRule(
        "field_api:devices",
        WORKER,
        "A worker to whom a coordinator has granted it sets up the one phone that stores for them.",
        API_POST,
        scope=BY_SESSION,
    ),
    RouteRule(
        "field_api:device_renewal",
        WORKER,
        "A worker who is signed in lets their phone go on.",
        API_POST,
        scope=BY_SESSION,
    ),
    *(
        RouteRule(f"field_api:{name}", DEVICE, why, methods, scope="queue")
        for name, methods, why in (
            ("device_contact", API_POST, "A phone says that it is there, and learns whether it has ended."),
            ("sealed_submissions", API_POST, "A phone delivers a form that only the service can open."),
            ("sealed_submission", GET_ONLY, "A phone asks what became of a form that it delivered."),
            (
                "sealed_files",
                HEAD_PATCH,
                "A phone delivers a file in parts; only the service opens it.",
            ),
            ("device_rescues", API_POST, "A phone that has ended hands its drafts over to the person they are of."),
        )
    ),
    RouteRule(
        "field_api:device_form",
        DEVICE,
        "A phone takes a form along, blank, with what its worker may choose.",
        GET_ONLY,
        scope="pack",
    ),
    RouteRule(
        "field_api:device_kit",
        DEVICE,
        "A phone takes a kit of session materials along. Nothing in it is about a person.",
        GET_ONLY,
        scope="pack",
    ),
    RouteRule(
        "field_api:device_session_plan",
        DEVICE,
        "A phone takes along the form that plans a session of its worker's unit.",
        GET_ONLY,
        scope="pack",
    ),
    RouteRule(
        "field_api:device_session",
        DEVICE,
        "A phone takes along the form that records a session of its worker's unit.",
        GET_ONLY,
        scope="pack",
    ),
    RouteRule(
        "field_api:device_draft",
        DEVICE,
        "A phone takes along a draft that its worker has offered to it; each time recorded.",
        API_POST,
        scope="pack",
    ),
    RouteRule(
        "field_api:device_pack",
        DEVICE,
        "A phone has what its worker needs without a network; each time recorded.",
        GET_ONLY,
        scope="pack",
    ),
    RouteRule(
        "devices:list", FIELD, "A coordinator sees the phones of their regions, a worker their own; no form is in it."
    ),
    RouteRule("devices:grants", COORDINATOR, "A coordinator says who of their regions may have a phone.", POST_ONLY),
    RouteRule("devices:end", FIELD, "Its owner or a coordinator of its region ends a phone.", POST_ONLY),
    RouteRule("devices:road", WORKER, "A worker takes a case that they follow along, or leaves it here.", POST_ONLY),
    RouteRule("devices:draft", WORKER, "A worker lets a draft that they began go on on their own phone.", WRITE),
    RouteRule("devices:alarms", COORDINATOR, "A coordinator says that they see to a phone's alarm.", POST_ONLY),
    RouteRule("field_api:openapi-json", FIELD, "The description of the field API, for those who write apps for it."),
    RouteRule("field_api:api-root", FIELD, "Only tells the framework where the field API begins; always 404."),
    RouteRule("feed", PUBLIC, "What is new among the public pages, for feed readers."),
    RouteRule("sitemap", PUBLIC, "Where the public pages are, for search engines."),
    RouteRule("robots", PUBLIC, "What search engines should leave alone."),
    RouteRule("security_txt", PUBLIC, "To whom a weakness is reported, as the operator has set it."),
    RouteRule("writing:tip_form", PUBLIC, "Another front end asks for the form that the pages show."),
    RouteRule("writing:tips", PUBLIC, "Anyone asks or reports from another front end, without an account.", POST_ONLY),
    RouteRule("writing:tip_challenge", PUBLIC, "Work to be done before a receipt code is tried."),
    RouteRule("writing:tip_receipt", PUBLIC, "Whoever has a receipt code opens what is under it.", POST_ONLY),
    RouteRule("writing:tip_read", PUBLIC, "Whoever opened a receipt reads it for half an hour.", POST_ONLY),
    RouteRule("writing:tip_messages", PUBLIC, "Whoever opened a receipt adds something.", POST_ONLY),
    RouteRule("writing:tip_lock", PUBLIC, "Whoever opened a receipt locks its code.", POST_ONLY),
    RouteRule("writing:tip_take_back", PUBLIC, "Whoever opened a receipt takes back what they wrote.", POST_ONLY),
    RouteRule("writing:session_request_form", PUBLIC, "Another front end asks for the form that asks for a session."),
    RouteRule("writing:session_requests", PUBLIC, "Another front end asks for a session, as the pages do.", POST_ONLY),
    RouteRule("writing:session_request_receipt", PUBLIC, "Whoever has a receipt code reads how far it is.", POST_ONLY),
    RouteRule("writing:session_request_read", PUBLIC, "Whoever opened a receipt reads it again.", POST_ONLY),
    RouteRule("writing:session_request_withdraw", PUBLIC, "Whoever asked for a session withdraws it.", POST_ONLY),
    RouteRule("writing:card", PUBLIC, "Another front end shows what a session's card says."),
    RouteRule(
        "writing:card_feedback", PUBLIC, "Another front end asks a session's questions; only counts are kept.", WRITE
    ),
    RouteRule("writing:openapi-json", PUBLIC, "The description of what other front ends may send."),
    RouteRule("writing:api-root", PUBLIC, "Only tells the framework where this half begins; always 404."),
    RouteRule("openapi", PUBLIC, "The description of the public API, for those who build other front ends."),
    RouteRule("api_unknown", PUBLIC, "Says that an address of the API leads nowhere."),
)

# The first prefix that fits wins (`row_for`), so a narrower one stands before the wider ones: "cms/" is last.
MOUNTS: tuple[RouteRule, ...] = (
    RouteRule(
        "api/v2/", PUBLIC, "Published content for other front ends; drafts and unlisted pages don't exist there."
    ),
    RouteRule(
        "cms/contact/card/", COORDINATOR, "Whoever keeps a contact prints the card for their PIN; no PIN is on it."
    ),
    RouteRule("cms/contact/", COORDINATOR, "Coordinators keep the contacts and PINs of their regions, by two.", WRITE),
    RouteRule("cms/contactway/", COORDINATOR, "Coordinators keep the numbers for SMS and calls, by two.", WRITE),
    RouteRule("cms/dutyshift/", COORDINATOR, "Coordinators keep the duty roster of their regions.", WRITE),
    RouteRule(
        "cms/on-duty/",
        COORDINATOR,
        "Coordinators see who is on duty in their regions, fill rosters, decide about leave and swaps.",
        WRITE,
    ),
    RouteRule("cms/texts/", COORDINATOR, "Coordinators word messages and papers; what takes effect takes two.", WRITE),
    RouteRule("cms/silence/", COORDINATOR, "Coordinators see how soon institutions of their regions answered.", READ),
    RouteRule(
        "cms/service/",
        OPERATOR,
        "Operators see whether the service itself is well, how it grows, and what they were notified of.",
        READ,
        permission="wagtailadmin.access_admin",
    ),
    RouteRule(
        "cms/board/",
        DIRECTORY_MANAGERS,
        "Coordinators see what waits in their regions and what works; operators the same of all, without codes.",
        READ,
        permission="wagtailadmin.access_admin",
    ),
    RouteRule(
        "cms/drills/",
        DIRECTORY_MANAGERS,
        "Coordinators plan and begin drills in their regions and see what became of them; operators look.",
        WRITE,
        permission="wagtailadmin.access_admin",
    ),
    RouteRule("cms/leave/", COORDINATOR, "Coordinators write down who is away in their regions.", WRITE),
    RouteRule("cms/partner/", COORDINATOR, "Coordinators keep the offices of their regions, by two.", WRITE),
    RouteRule(
        "cms/directory-changes/",
        DIRECTORY_MANAGERS,
        "A second coordinator agrees to a change of the directory; an operator only undoes an emergency.",
        WRITE,
    ),
    RouteRule(
        "cms/office-conflicts/",
        DIRECTORY_MANAGERS,
        "A coordinator or operator says that they checked an office that an upgrade switched off; it takes two.",
        POST_ONLY,
        permission="wagtailadmin.access_admin",
    ),
    RouteRule(
        "cms/outbox/notice/retry/",
        COORDINATOR,
        "A coordinator has a failed notice of their regions tried again now; each time is recorded.",
        WRITE,
        permission="wagtailadmin.access_admin",
    ),
    RouteRule("cms/serviceprofile/", COORDINATOR, "Coordinators keep what services of their regions offer.", WRITE),
    RouteRule(
        "cms/places-links/",
        COORDINATOR,
        "Coordinators give services of their regions the links at which these say their free places; recorded.",
        WRITE,
        permission="wagtailadmin.access_admin",
    ),
    RouteRule(
        "cms/webhook-keys/",
        COORDINATOR,
        "Coordinators make keys of their regions' webhooks, by two; a key is shown once, to whoever agrees.",
        WRITE,
        permission="wagtailadmin.access_admin",
    ),
    RouteRule("cms/agreement/", COORDINATOR, "Coordinators keep the agreements of their regions, by two.", WRITE),
    RouteRule(
        "cms/users/", NOBODY, "Wagtail's screen would set passwords and superusers; staff are kept under cms/staff/."
    ),
    RouteRule("cms/groups/", NOBODY, "Groups follow from roles (access.staff.groups); nobody edits rights by hand."),
    RouteRule("cms/staff/", OPERATOR, "Operators make accounts, give roles for a time, invite and end work.", WRITE),
    RouteRule(
        "cms/factor-resets/",
        DIRECTORY_MANAGERS,
        "A lost second factor is reset by two: one asks, another decides; a coordinator in their own regions.",
        WRITE,
    ),
    RouteRule(
        "cms/by-two/",
        DIRECTORY_MANAGERS,
        "Keepers decide what another keeper asked for; a coordinator in their own regions.",
        WRITE,
    ),
    RouteRule(
        "cms/mobileunit/", OPERATOR, "Operators keep the units; another number that officers call takes two.", WRITE
    ),
    RouteRule(
        "cms/municipality/",
        OPERATOR,
        "Operators ask for a municipality's other police directorate; two decide.",
        WRITE,
    ),
    RouteRule("cms/policedirectorate/", OPERATOR, "Operators keep the police directorates.", WRITE),
    RouteRule("cms/region/", OPERATOR, "Operators ask to change in which regions units work; it takes two.", WRITE),
    RouteRule(
        "cms/kits/",
        EDITOR,
        "Editors see how often kits and materials are used: months and counts, no session, place, unit or region.",
        permission="wagtailadmin.access_admin",
    ),
    RouteRule(
        "cms/public/",
        EDITOR,
        "Editors look pages over, run the checks, read the reports and write down test calls; each view asks further.",
        WRITE,
        permission="wagtailadmin.access_admin",
    ),
    RouteRule(
        "cms/put-aside/",
        OPERATOR,
        "The operator sees which rows could not be dealt with, by code and id, and has them tried again.",
        WRITE,
        permission="wagtailadmin.access_admin",
    ),
    RouteRule(
        "cms/audit/",
        AUDITOR,
        "Two keepers of the record read who did what to whom, by ids; each reading is itself recorded.",
        permission="wagtailadmin.access_admin",
    ),
    RouteRule(
        "cms/procedures/",
        COORDINATOR,
        "Coordinators edit procedures, approve each other's and see their versions.",
        WRITE,
    ),
    RouteRule(
        "cms/forms/try/", COORDINATOR, "Whoever edits a form tries it out beside it; nothing is stored.", POST_ONLY
    ),
    RouteRule("cms/choice-lists/", COORDINATOR, "Coordinators keep the lists of choices that forms share.", WRITE),
    RouteRule(
        "cms/forms/", COORDINATOR, "Coordinators build forms, approve each other's and see their versions.", WRITE
    ),
    RouteRule(
        "cms/api/main/images/", EDITOR, "The pictures of the public pages, for choosing among them.", READ, ADMIN_DOOR
    ),
    RouteRule(
        "cms/api/main/documents/", EDITOR, "The files of the public pages, for choosing among them.", READ, ADMIN_DOOR
    ),
    RouteRule("cms/api/", EDITOR, "The pages that editors choose among, drafts too.", READ, ADMIN_DOOR),
    RouteRule("cms/choose-", EDITOR, "Where a link in a page leads; lists drafts too.", WRITE, ADMIN_DOOR),
    RouteRule("cms/embeds/", EDITOR, "What a page takes from elsewhere.", WRITE, ADMIN_DOOR),
    RouteRule("cms/images/", EDITOR, "Editors keep the pictures of the public pages.", WRITE, ADMIN_DOOR),
    RouteRule("cms/documents/", EDITOR, "Editors keep the files of the public pages.", WRITE, ADMIN_DOOR),
    RouteRule(
        "cms/pages/", EDITOR, "Editors write pages; Wagtail asks its rights at each of them.", PREVIEW, ADMIN_DOOR
    ),
    RouteRule("cms/snippets/choose/builder/", NOBODY, "Nothing on a page points to a form or to a list of choices."),
    RouteRule("cms/snippets/", EDITOR, "Editors keep helplines and words that pages share.", PREVIEW, ADMIN_DOOR),
    RouteRule("cms/localize/", EDITOR, "Editors translate the public pages.", TRANSLATE, ADMIN_DOOR),
    RouteRule("cms/dismissibles/", CMS, "Each person puts away hints for themselves.", REMEMBER, ADMIN_DOOR),
    RouteRule("cms/reports/site-history/", EDITOR, "Who did what to the public pages.", READ, ADMIN_DOOR),
    RouteRule("cms/reports/aging-pages/", EDITOR, "How old the public pages are.", READ, ADMIN_DOOR),
    RouteRule(
        "cms/reports/workflow",
        EDITOR | COORDINATOR,
        "What waits for approval, of what the person may change: editors' pages, coordinators' forms.",
        READ,
        ADMIN_DOOR,
    ),
    RouteRule("cms/reports/", EDITOR, "Which pages are locked, of which kinds there are.", READ, ADMIN_DOOR),
    RouteRule("cms/redirects/import/", NOBODY, "Redirects lead to pages of our own; a file would hold addresses."),
    *(
        RouteRule(
            f"cms/{model}/",
            COORDINATOR,
            "Registers: coordinators look through the rows of their regions.",
            WRITE,
            ADMIN_DOOR,
        )
        for model in ("cases/case", "cases/referral", "cases/deadline", "intake/submission", "outbox/notice")
    ),
    RouteRule(
        "cms/guides/",
        CMS,
        "Whoever works in the admin reads the guides of their roles; they are the same as in docs/.",
        permission="wagtailadmin.access_admin",
    ),
    RouteRule(
        "cms/",
        CMS,
        "Wagtail's admin: pages, forms, procedures, registers. It checks each action against permissions of its own.",
        WRITE,
        permission="wagtailadmin.access_admin",
    ),
)

# What a stand-in may open (`access.sessions.duress`): pages that are empty for whoever works nowhere, and the ways out.
IN_DURESS: frozenset[tuple[str, str]] = frozenset(
    {
        *(
            (view, method)
            for view in ("intake:home", "intake:day", "signals:list", "sessions:list")
            for method in ("GET", "HEAD")
        ),
        *((view, "POST") for view in ("account_lock", "account_alive")),
        ("intake:section", "POST"),  # a page opened before goes on saving by its draft's key, which shows nothing
    }
)


_BY_VIEW = {row.route: row for row in VIEWS}


def row_for(view_name: str | None, route: str) -> RouteRule | None:
    """Return the row of a resolved request: by view name, else by the mount its route starts with; None is denied."""
    if view_name and view_name in _BY_VIEW:
        return _BY_VIEW[view_name]
    return next((row for row in MOUNTS if route.startswith(row.route)), None)
