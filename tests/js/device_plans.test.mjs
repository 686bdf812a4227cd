/** A session that is planned on a phone is counted there before the service knows of it, and arrives in its order. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { recordOf } from "../../static/js/device/pages/record_of.js";
import { Model } from "./device/model.mjs";
import { bytesOf, forms, Phone } from "./device/phone.mjs";

const HOUR = 3_600_000;
const PIN = "274916";
const BLANK = {
  version: 1,
  html: "<p>Who came</p>#kit#<p>More</p>",
  kit_place: "#kit#",
  kits: { 11: { html: "<i>$& Kanarina sheet</i>", asks_used: true }, 12: { html: "", asks_used: false } },
  fields: [
    ["_session", ""],
    ["_seen", "planned_here"],
  ],
  kit_fields: ["kit_version", "materials_of"],
  words: { total: "Write how many came" },
  class_size: 60,
  in_class: ["high_school"],
};
const TYPED = [
  ["date", "2026-11-28"],
  ["audience", "high_school"],
  ["topics", "rights"],
  ["topics", "reporting"],
  ["language", "sq"],
  ["partner_names", "Kanarina partner"],
  ["project", "Kanarina donor"],
  ["kit_version", "11"],
];

let time = 0;
/** @type {Model} */
let service;
/** @type {Phone} */
let phone;
/** @type {import("../../static/js/device/core/index.js").Device} */
let device;

beforeEach(async () => {
  time = Date.parse("2026-11-28T10:00:00Z");
  service = await Model.make(() => time);
  service.blank = { version: 1, html: "Kanarina plan", fields: [["_plan", "1"]], words: {}, record: BLANK };
  phone = new Phone(service, () => time);
  ({ device } = await phone.openTab());
  await device.setUp({ pin: PIN, registered: service.register() });
  await device.pack.refresh();
});

const plans = () => device.pack.sessions.plans;
const listed = async (/** @type {any[]} */ sessions = []) => (await plans().list(sessions)).map(({ id }) => id);

/** What the phone stores of a plan, as its screen does. */
const planned = (/** @type {string} */ id, more = {}) =>
  /** @type {any} */ ({
    ...{ id, language: "sq", unit: "vlore", date: "2026-11-28", starts_at: "11:00", ends_at: "11:45", kit: 11 },
    ...{ place: "Kanarina school", municipality: "Vlora", audience: "pupils", grades: "", state: "planned", card: "" },
    ...{ changed: "", package: "here", ...more },
    record: recordOf(/** @type {any} */ (BLANK), {
      id,
      begins: "2026-11-28T11:00",
      fields: /** @type {any} */ (TYPED),
    }),
  });

async function plan() {
  const id = await device.drafts.begin({ form: "session_plan", version: 1, title: "Plan", language: "sq" });
  await device.drafts.save(id, { fields: /** @type {any} */ (TYPED), title: "Plan: Kanarina" });
  await plans().put(planned(id));
  return id;
}

async function planAndFinish() {
  const id = await plan();
  return device.drafts.finish(id, { group: `session ${id}` });
}

async function count(/** @type {string} */ session, form = "session_record") {
  const id = await device.drafts.begin({ form, version: 1, title: "Record: Kanarina", language: "sq", session });
  await device.drafts.save(id, { fields: [["_session", session]] });
  return device.drafts.finish(id, { group: `session ${session}` });
}

test("its record is the blank form with the boxes of the planned kit, and what the plan says", () => {
  const record = planned("a").record;
  assert.equal(record.html, "<p>Who came</p><i>$& Kanarina sheet</i><p>More</p>");
  assert.deepEqual(record.fields, [
    ["_session", "a"],
    ["_seen", "planned_here"],
    ["kit_version", "11"],
    ["materials_of", "11"],
  ]);
  assert.deepEqual(record.start, [
    ["topics", "rights"],
    ["topics", "reporting"],
    ["language", "sq"],
    ["partner_names", "Kanarina partner"],
  ]);
  assert.deepEqual([record.class_size, record.asks_used, record.begins], [60, true, "2026-11-28T11:00"]);
  const fields = /** @type {any} */ ([["audience", "community"]]);
  const other = recordOf(/** @type {any} */ (BLANK), { id: "b", begins: "", fields });
  assert.equal(other.html, "<p>Who came</p><p>More</p>");
  assert.deepEqual([other.class_size, other.asks_used, other.fields.length, other.start], [0, false, 2, []]);
});

test("a plan is listed once it is finished, and nothing of it lies readable", async () => {
  phone.isOnline = false;
  const id = await plan();
  assert.deepEqual(await listed(), [], "its draft may be deleted yet");
  assert.equal((await device.drafts.list())[0].title, "Plan: Kanarina");
  await device.drafts.finish(id, { group: `session ${id}` });
  assert.deepEqual(await listed(), [id]);
  assert.equal((await device.pack.sessions.get(id, "en"))?.session, id, "in the language of its plan");
  const bytes = bytesOf(await phone.dump());
  for (const form of forms("Kanarina")) assert.ok(!bytes.includes(form));
  ({ device } = await phone.openTab());
  await device.unlock(PIN);
  assert.deepEqual(await listed(), [id], "also after the page was closed");
});

test("a plan that was deleted before it was finished is none", async () => {
  const id = await plan();
  await device.drafts.remove(id);
  assert.deepEqual(await listed(), []);
  await device.pack.refresh();
  assert.equal(await plans().get(id), null);
});

test("plan, count and report of one day arrive in their order, each once, however often it breaks off", async () => {
  phone.isOnline = false;
  const key = await planAndFinish();
  const counted = await count(key);
  const reported = await count(key, "session_report");
  const items = await device.queue.list();
  assert.deepEqual(
    items.map(({ group }) => group),
    [`session ${key}`, `session ${key}`, `session ${key}`],
  );
  phone.isOnline = true;
  service.isDown = true;
  await device.queue.send({ now: true });
  service.isDown = false;
  for (let times = 0; times < 3; times += 1) await device.queue.send({ now: true });
  assert.deepEqual(service.log, [key, counted, reported]);
  assert.deepEqual(service.submissions.get(counted).fields, [["_session", key]]);
});

test("once the service lists the session, its line takes the plan's place; a begun count stays possible", async () => {
  const key = await planAndFinish();
  const begun = await device.drafts.begin({
    ...{ form: "session_record", version: 1, title: "Record", language: "sq", session: key },
  });
  await device.queue.send({ now: true });
  const address = `/api/field/v1/device-sessions/${key}?language=sq`;
  service.sessions = [{ id: key, changed: "1", package: address }];
  await device.pack.refresh();
  assert.deepEqual(await listed(service.sessions), []);
  assert.equal((await device.pack.sessions.get(key))?.html, "Kanarina form", "as the service has it now");
  assert.ok(await plans().get(key));
  await device.drafts.remove(begun);
  await device.pack.refresh();
  assert.equal(await plans().get(key), null);
});

test("a session that was reported meanwhile is on no list, and its plan isn't either", async () => {
  const key = await planAndFinish();
  await count(key);
  await device.queue.send({ now: true });
  assert.deepEqual(await listed(), [key], "the list from before doesn't know it");
  await device.pack.refresh();
  assert.deepEqual(await listed(), []);
  assert.equal(await device.pack.sessions.get(key), null);
});

test("a plan that arrives while the list is on its way stays until the next one", async () => {
  phone.isOnline = false;
  const key = await planAndFinish();
  phone.isOnline = true;
  const pack = service.pack.bind(service);
  service.pack = () => {
    const answered = pack();
    time += 1000;
    return device.queue.send({ now: true }).then(() => answered);
  };
  await device.pack.refresh();
  assert.deepEqual(await listed(), [key]);
  service.pack = pack;
  await device.pack.refresh();
  assert.deepEqual(await listed(), []);
});

test("a plan that is another session by now isn't listed beside it", async () => {
  const key = await planAndFinish();
  await device.queue.send({ now: true });
  service.sessions = [{ id: "theirs", changed: "1", package: null, plans: [key] }];
  assert.deepEqual(await listed(service.sessions), []);
  await device.pack.refresh();
  assert.equal(await plans().get(key), null);
});

test("of a plan that came back what lies here stays while its line does", async () => {
  service.withdrawn.add(1);
  const key = await planAndFinish();
  await device.queue.send({ now: true });
  assert.equal((await device.queue.list())[0].state, "returned");
  await device.pack.refresh();
  assert.deepEqual(await listed(), [key], "it can still be counted");
  time += 8 * 24 * HOUR;
  await device.contact();
  assert.deepEqual(await listed(), []);
});

test("what was received and has to be decided later is returned then", async () => {
  const key = await planAndFinish();
  await device.queue.send({ now: true });
  await device.queue.change(key, { state: "server" });
  service.states.set(key, { state: "returned", reason: "refused", url: "/field/sessions/from-phones/x/" });
  time += HOUR;
  await device.contact();
  const [item] = await device.queue.list();
  assert.deepEqual([item.state, item.reason, item.url], ["returned", "refused", "/field/sessions/from-phones/x/"]);
});

test("a form that asks for a session is given those that this phone knows; no other form is", async () => {
  service.sections = [{ rules: [{ key: "session", type: "session" }] }];
  service.sessions = [
    { id: "a", changed: "1", package: "/api/field/v1/device-sessions/a?language=sq", date: "2026-11-29" },
    { id: "b", changed: "1", package: null },
  ];
  time += 5 * HOUR;
  await device.pack.refresh();
  phone.isOnline = false;
  const key = await planAndFinish();
  const form = await device.pack.form("visit", 1);
  assert.deepEqual(
    form?.sessions.map((/** @type {any} */ { id }) => id),
    [key, "a"],
  );
  service.sections = [];
  phone.isOnline = true;
  time += 5 * HOUR;
  await device.pack.refresh();
  assert.equal((await device.pack.form("visit", 1))?.sessions, undefined);
  assert.equal(await device.pack.form("nothing", 1), null);
});
