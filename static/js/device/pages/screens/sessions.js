// Informative sessions without a network: when and where, what is planned, and the report's form.

import { clock, make, part, show, sign, word } from "../dom.js";
import { factsOf } from "./kit.js";
import { PLAN } from "./plan.js";
import { RECORD } from "./record.js";

/** @type {(app: PhoneApp) => Promise<PhoneScreen>} */
export async function sessions(app) {
  const screen = show("sessions");
  const refresh = async () => {
    const { pack } = app;
    part(screen, "pack-age").textContent = pack ? word("asOf", { time: clock(pack.made_at) }) : "";
    const report = pack?.forms.find((form) => form.key === "session_report");
    const planned = pack?.sessions ?? [];
    part(screen, "none").hidden = planned.length > 0;
    const place = part(screen, "sessions");
    const lines = await readLines(app, planned, report);
    if (isNew(place, lines)) place.replaceChildren(...lines.map(({ session, ...how }) => panel(app, session, how)));
    tellMore(part(screen, "more-sessions"), pack?.more?.sessions);
    await listKits(screen, app);
  };
  await refresh();
  part(screen, "plan").hidden = !(await app.device.pack.sessions.plan(app.language));
  part(screen, "plan").addEventListener("click", (event) => {
    if (/** @type {HTMLElement} */ (event.target).closest("[data-plan]")) void beginPlan(app);
  });
  part(screen, "title").focus();
  return { refresh };
}

/** @param {PhoneApp} app */
async function beginPlan(app) {
  const start = { form: PLAN, version: 1, title: word("planOfSession"), language: app.language };
  app.go(`plan/${await app.device.drafts.begin({ ...start, unit: app.device.meta?.units[0]?.slug })}`);
}

/**
 * The sessions with what this phone holds of each: a begun record, one that waits, the kit.
 *
 * @param {PhoneApp} app
 * @param {PackSession[]} planned
 * @param {PackForm | undefined} report
 */
async function readLines(app, planned, report) {
  const drafts = await app.device.drafts.list();
  const queue = await app.device.queue.list();
  const here = await app.device.pack.kits.here();
  return planned.map((session) => ({
    session,
    report,
    waits: queue.some(({ title, state }) => title === titleOf(session) && (state === "phone" || state === "way")),
    begun: drafts.find((draft) => draft.form === RECORD && draft.session === session.id)?.id,
    kit: app.pack?.kits.find((each) => each.id === session.kit && here.has(each.id)),
  }));
}

/**
 * Whether this differs from what the place shows: else it stays, with whatever is focused in it.
 *
 * @param {HTMLElement} place
 * @param {unknown} content
 */
function isNew(place, content) {
  const text = JSON.stringify(content);
  if (place.dataset.shown === text) return false;
  place.dataset.shown = text;
  return true;
}

/**
 * @param {HTMLElement} line
 * @param {number} [count]
 */
export function tellMore(line, count = 0) {
  line.hidden = count === 0;
  line.textContent = word("moreOnline", { count });
}

/**
 * @param {HTMLElement} screen
 * @param {PhoneApp} app
 */
async function listKits(screen, app) {
  const kits = app.pack?.kits ?? [];
  const [here, chosen] = await Promise.all([app.device.pack.kits.here(), app.device.pack.kits.chosen()]);
  part(screen, "kits-section").hidden = kits.length === 0;
  const lines = kits.map((kit) => ({ kit, isHere: here.has(kit.id), isChosen: chosen.includes(kit.kit) }));
  const place = part(screen, "kits");
  if (isNew(place, lines)) place.replaceChildren(...lines.map(({ kit, ...how }) => kitLine(app, kit, how)));
  tellMore(part(screen, "more-kits"), app.pack?.more?.kits);
}

/**
 * @param {PhoneApp} app
 * @param {PackedKit} kit
 * @param {{ isHere: boolean, isChosen: boolean }} how
 */
function kitLine(app, kit, { isHere, isChosen }) {
  const title = isHere
    ? make("a", { class: "card-link", href: `#/kit/${kit.id}`, lang: kit.language }, kit.title)
    : make("strong", { lang: kit.language }, kit.title);
  const line = make("li", { class: "card draft-line" }, title, make("span", { class: "muted" }, factsOf(kit)));
  const isWanted = kit.planned || isChosen;
  if (isHere) line.append(make("span", { class: "with-sign" }, sign("save"), make("span", {}, word("kitHere"))));
  else if (isWanted)
    line.append(make("span", { class: "with-sign" }, sign("owed"), make("span", {}, word("kitComes"))));
  if (!kit.planned) {
    const button = make("button", { class: "btn btn-small", type: "button" }, word(isChosen ? "kitLeave" : "kitTake"));
    button.append(make("span", { class: "visually-hidden" }, `: ${kit.title}`));
    button.addEventListener("click", () => void choose(app, kit, !isChosen));
    line.append(button);
  }
  return line;
}

/**
 * @param {PhoneApp} app
 * @param {PackedKit} kit
 * @param {boolean} isTaken
 */
async function choose(app, kit, isTaken) {
  await app.device.pack.kits.choose(kit, isTaken);
  if (isTaken) await app.sync().catch(() => app.changed());
}

/** @param {string | null} time */
const short = (time) => (time ?? "").slice(0, 5);

/**
 * @param {PhoneApp} app
 * @param {PackSession} session
 * @param {{ report: PackForm | undefined, waits: boolean, begun: string | undefined, kit: PackedKit | undefined }} how
 */
function panel(app, session, { report, waits, begun, kit }) {
  const day = dayOf(session);
  const hours = [short(session.starts_at), short(session.ends_at)].filter(Boolean).join("–");
  const about = [day, hours, session.place, session.municipality].filter(Boolean).join(" · ");
  const group = [session.audience, session.grades].filter(Boolean).join(", ");
  const found = make("section", { class: "panel mb-4" }, make("h2", {}, group), make("p", {}, about));
  if (kit) found.append(make("p", {}, make("a", { href: `#/kit/${kit.id}`, lang: kit.language }, kit.title)));
  if (session.card)
    found.append(
      make("p", {}, `${word("cardCode")} `, make("strong", { class: "code" }, session.card)),
      make("p", { class: "muted" }, word("cardNeedsNetwork")),
    );
  if (waits) found.append(make("p", { class: "with-sign" }, sign("owed"), make("span", {}, word("recordWaits"))));
  const row = make("div", { class: "row" });
  if (session.package && !waits) {
    const words = session.state === "planned" ? "countAndRecord" : "correctRecord";
    row.append(
      button(begun ? "edit" : "plus", word(begun ? "recordGoOn" : words), () => beginRecord(app, session, begun)),
    );
  }
  if (report) row.append(button("plus", report.title, () => beginReport(app, session, report)));
  found.append(row);
  return found;
}

/** @param {PackSession} session */
const dayOf = (session) => session.date.split("-").reverse().join(".");

/**
 * How a session's record is called in the lists of this phone.
 *
 * @param {PackSession} session
 */
const titleOf = (session) =>
  word("recordOf", {
    what: [session.audience, session.municipality, dayOf(session), short(session.starts_at)].join(", "),
  });

/**
 * @param {string} icon
 * @param {string} words
 * @param {() => Promise<void>} act
 */
function button(icon, words, act) {
  const made = make("button", { class: "btn", type: "button" }, sign(icon), make("span", {}, words));
  made.addEventListener("click", () => {
    made.setAttribute("disabled", "");
    void act().finally(() => made.removeAttribute("disabled"));
  });
  return made;
}

/**
 * @param {PhoneApp} app
 * @param {PackSession} session
 * @param {string} [begun]
 */
async function beginRecord(app, session, begun) {
  const start = { form: RECORD, version: 1, title: titleOf(session), language: app.language, session: session.id };
  app.go(`record/${begun ?? (await app.device.drafts.begin({ ...start, unit: app.device.meta?.units[0]?.slug }))}`);
}

/**
 * @param {PhoneApp} app
 * @param {PackSession} session
 * @param {PackForm} report
 */
async function beginReport(app, session, { key, version, title }) {
  const start = { form: key, version, title, language: app.language, session: session.id };
  app.go(`fill/${await app.device.drafts.begin({ ...start, unit: app.device.meta?.units[0]?.slug })}`);
}
