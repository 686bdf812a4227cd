// Informative sessions without a network: when and where, what is planned, and the report's form.

import { clock, make, PLAN, part, RECORD, show, sign, tellMore, word } from "../dom.js";
import { openLink, stateOf, whyOf } from "../queue_lines.js";
import { factsOf } from "./kit.js";
import { dayOf, short, titleOf } from "./record.js";

/** `chosen`: the session that something was just finished of. @type {(app: PhoneApp, chosen: string) => Promise<PhoneScreen>} */
export async function sessions(app, chosen) {
  const screen = show("sessions");
  const refresh = async () => {
    const { pack } = app;
    part(screen, "pack-age").textContent = pack ? word("asOf", { time: clock(pack.made_at) }) : "";
    const report = pack?.forms.find((form) => form.key === "session_report");
    const listed = pack?.sessions ?? [];
    const known = [...(await app.device.pack.sessions.plans.list(listed)), ...listed];
    part(screen, "none").hidden = known.length > 0;
    const place = part(screen, "sessions");
    const lines = await readLines(app, known.sort(byTime), report);
    if (isNew(place, lines)) {
      const focused = place.contains(document.activeElement) ? document.activeElement?.id : "";
      place.replaceChildren(...lines.map(({ session, ...how }) => panel(app, session, how)));
      document.getElementById(focused ?? "")?.focus({ preventScroll: true });
    }
    tellMore(part(screen, "more-sessions"), pack?.more?.sessions);
    await listKits(screen, app);
  };
  await refresh();
  part(screen, "plan").hidden = !(await app.device.pack.sessions.plan(app.language));
  part(screen, "plan").addEventListener("click", (event) => {
    if (/** @type {HTMLElement} */ (event.target).closest("[data-plan]")) void beginPlan(app);
  });
  (document.getElementById(`session-${chosen}`) ?? part(screen, "title")).focus();
  return { refresh };
}

/** @param {PackSession} one @param {PackSession} other */
const byTime = (one, other) => `${one.date} ${one.starts_at}`.localeCompare(`${other.date} ${other.starts_at}`);

/** @param {PhoneApp} app */
async function beginPlan(app) {
  const start = { form: PLAN, version: 1, title: word("planOfSession"), language: app.language };
  app.go(`plan/${await app.device.drafts.begin({ ...start, unit: app.device.meta?.units[0]?.slug })}`);
}

/**
 * The sessions with what this phone holds of each: a begun record, what is finished, the kit.
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
    items: queue.filter(({ group }) => group === `session ${session.id}`).reverse(),
    begun: drafts.find((draft) => draft.form === RECORD && draft.session === session.id)?.id,
    written: drafts.find((draft) => draft.form === report?.key && draft.session === session.id)?.id,
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
 * @param {HTMLElement} screen
 * @param {PhoneApp} app
 */
async function listKits(screen, app) {
  const kits = app.pack?.kits ?? [];
  const [here, chosen] = await Promise.all([app.device.pack.kits.here(), app.device.pack.kits.chosen()]);
  part(screen, "kits-section").hidden = kits.length === 0;
  const lines = kits.map((kit) => ({ kit, isHere: here.has(kit.id), isChosen: chosen.includes(kit.kit) }));
  const place = part(screen, "kits");
  if (isNew(place, lines)) {
    const isOpen = place.querySelector("details")?.open ?? false;
    const isFirst = (/** @type {KitState} */ { kit, isHere, isChosen }) => kit.planned || isHere || isChosen;
    const draw = (/** @type {KitState} */ { kit, ...how }) => kitLine(app, kit, how);
    const others = lines.filter((each) => !isFirst(each));
    place.replaceChildren(...lines.filter(isFirst).map(draw));
    if (others.length) place.append(foldOf(others.map(draw), isOpen));
  }
  tellMore(part(screen, "more-kits"), app.pack?.more?.kits);
}

/** @typedef {{ kit: PackedKit, isHere: boolean, isChosen: boolean }} KitState */

/**
 * @param {HTMLElement[]} lines
 * @param {boolean} isOpen as it was before
 */
function foldOf(lines, isOpen) {
  const summary = make("summary", {}, make("span", {}, word("otherKits", { count: lines.length })));
  const fold = /** @type {HTMLDetailsElement} */ (
    make("details", { class: "fold" }, summary, make("ul", { class: "plain-list cards" }, ...lines))
  );
  fold.open = isOpen;
  return make("li", {}, fold);
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

/**
 * @param {PhoneApp} app
 * @param {PackSession} session
 * @param {{ report?: PackForm, items: QueueItem[], begun?: string, written?: string, kit?: PackedKit }} how
 */
function panel(app, session, { report, items, begun, written, kit }) {
  const day = dayOf(session);
  const hours = [short(session.starts_at), short(session.ends_at)].filter(Boolean).join("–");
  const about = [day, hours, session.place, session.municipality].filter(Boolean).join(" · ");
  const group = [session.audience, session.grades].filter(Boolean).join(", ");
  const found = make("section", { class: "panel mb-4" });
  found.append(make("h2", { id: `session-${session.id}`, tabindex: "-1" }, capitalised(group)), make("p", {}, about));
  if (kit) found.append(make("p", {}, make("a", { href: `#/kit/${kit.id}`, lang: kit.language }, kit.title)));
  if (session.card)
    found.append(
      make("p", {}, `${word("cardCode")} `, make("strong", { class: "code" }, session.card)),
      make("p", { class: "muted" }, word("cardNeedsNetwork")),
    );
  found.append(make("ul", { class: "plain-list mb-4" }, ...whereItIs(session, items, report)));
  const row = make("div", { class: "row" });
  const waits = items.some((item) => item.uuid !== session.id && isUnsent(item));
  if (session.package && !waits) {
    const words = session.state === "planned" ? "countAndRecord" : "correctRecord";
    row.append(
      button(begun ? "edit" : "plus", word(begun ? "recordGoOn" : words), () => beginRecord(app, session, begun)),
    );
  }
  const isReported = items.some((item) => item.title === report?.title && isUnsent(item));
  if (report && !isReported)
    row.append(button(written ? "edit" : "plus", report.title, () => beginReport(app, session, report, written)));
  found.append(row);
  return found;
}

/** @param {string} text */
const capitalised = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {QueueItem} item */
const isUnsent = ({ state }) => state === "phone" || state === "way";

/**
 * What is on the service, and what of it is on this phone alone.
 *
 * @param {PackSession} session
 * @param {QueueItem[]} items
 * @param {PackForm} [report]
 */
function whereItIs(session, items, report) {
  const isOurs = session.language !== undefined;
  // What has arrived is said by the line of the service, once it lists the session.
  const open = items.filter((item) => isOurs || isUnsent(item) || item.state === "returned");
  const isHereAlone = isOurs && open.some((item) => item.uuid === session.id && isUnsent(item));
  const rest = open.filter((item) => !isHereAlone || item.uuid !== session.id);
  const lines = rest.map((item) => itemLine(item, nameOf(item, session, report)));
  if (isOurs && !isHereAlone) return lines;
  const words = isHereAlone ? "notOnServer" : session.state === "planned" ? "serverPlanned" : "serverHeld";
  return [
    make("li", { class: "with-sign" }, sign(isHereAlone ? "save" : "delivered"), make("span", {}, word(words))),
    ...lines,
  ];
}

/**
 * @param {QueueItem} item
 * @param {PackSession} session
 * @param {PackForm} [report]
 */
function nameOf({ uuid, title }, session, report) {
  if (uuid === session.id) return word("thePlan");
  return title === report?.title ? report?.title : word("theRecord");
}

/** @param {QueueItem} item @param {string} name */
function itemLine(item, name) {
  const line = make("li", {}, stateOf(item, name));
  if (item.state === "returned") line.append(make("span", { class: "block" }, whyOf(item)), openLink(item));
  return line;
}

/**
 * @param {string} icon
 * @param {string} words
 * @param {() => Promise<void>} act
 */
function button(icon, words, act) {
  const made = make("button", { class: "btn btn-wide", type: "button" }, sign(icon), make("span", {}, words));
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
  const { id, language = app.language, unit = app.device.meta?.units[0]?.slug } = session;
  const start = { form: RECORD, version: 1, title: titleOf(session), language, session: id, unit };
  app.go(`record/${begun ?? (await app.device.drafts.begin(start))}`);
}

/**
 * @param {PhoneApp} app
 * @param {PackSession} session
 * @param {PackForm} report
 * @param {string} [written] what is begun
 */
async function beginReport(app, session, { key, version, title }, written) {
  const { id, unit = app.device.meta?.units[0]?.slug } = session;
  const start = { form: key, version, title, language: app.language, session: id, unit };
  app.go(`fill/${written ?? (await app.device.drafts.begin(start))}`);
}
