/**
 * Two phones of a worker, and the service, through a list of steps. Afterwards everything is made well again, and what
 * was saved must be at the service once, and not have been readable on a phone that is locked.
 */

import { bytesOf, forms, Phone } from "./phone.mjs";
import { Model } from "./model.mjs";

const HOUR = 3_600_000;
const MARK = "Kanarina";
const PIN = "274916";
const DURESS = "918264";
const FORMS_OF_MARK = forms(MARK);

export class Broken extends Error {}

function must(holds, what) {
  if (!holds) throw new Broken(what);
}

export class World {
  static async make() {
    const world = new World();
    world.service = await Model.make(() => world.time);
    world.phones = [await world.phone(), await world.phone()];
    return world;
  }

  constructor() {
    this.time = Date.parse("2026-11-28T10:00:00Z");
    this.words = 0;
    this.began = Promise.resolve();
    /** Of each draft's id, what was last known to be saved, and what may have been saved since. */
    this.texts = new Map();
    this.removed = new Set();
  }

  async phone() {
    const phone = new Phone(this.service, () => this.time);
    phone.tabs = [await phone.openTab(), await phone.openTab()];
    phone.registered = this.service.register();
    await phone.tabs[0].device.setUp({ pin: PIN, duressPin: DURESS, registered: phone.registered });
    await phone.tabs[1].device.check();
    await phone.tabs[1].device.unlock(PIN);
    phone.pages = [new Map(), new Map()]; // what each tab shows: draft ids
    return phone;
  }

  /** One step. {do, phone, tab, draft, fuse} or {both: [step, step]}. */
  async step(step) {
    if (step.both) {
      const { phone } = step.both[0];
      await Promise.all(step.both.map((each, tab) => this.one({ ...each, phone, tab })));
      await this.look(this.phones[phone]);
      return;
    }
    await this.one(step);
    await this.look(this.phones[step.phone]);
  }

  async one(step) {
    const phone = this.phones[step.phone];
    const tab = phone.tabs[step.tab];
    if (step.fuse) tab.fuse.left = step.fuse;
    const work = this[step.do](phone, tab, step).catch((error) => {
      // What the core refuses is refused; anything else is a fault of it.
      if (error?.name !== "DeviceError" && error?.name !== "Unreachable" && !tab.fuse.isDead) throw error;
    });
    await Promise.race([work, tab.fuse.died]);
    if (step.fuse && !tab.fuse.isDead) tab.fuse.kill();
    if (tab.fuse.isDead) {
      phone.tabs[step.tab] = await phone.openTab();
      phone.pages[step.tab] = new Map();
    }
  }

  // ---- what a worker does ----

  async type(phone, tab, { tab: at, draft = 0 }) {
    const { drafts, state } = tab.device;
    if (state !== "open") return;
    let id = [...phone.pages[at].keys()][draft];
    if (!id) {
      const start = { form: "visit", version: 1, title: `${MARK} title`, language: "sq" };
      id = await drafts.begin(start);
      phone.pages[at].set(id, null);
    }
    this.words += 1;
    const word = `${MARK}-${this.words}-`;
    const maybe = this.maybe(id);
    maybe.push(word);
    const stored = await drafts.save(id, { fields: [["answer", word]], section: "one" });
    if (stored === id) {
      this.texts.set(id, word);
      maybe.splice(0, maybe.indexOf(word) + 1);
    } else {
      maybe.splice(maybe.indexOf(word), 1);
      await this.follow(tab, id, stored);
      this.texts.set(stored, word);
      phone.pages[at].delete(id);
      phone.pages[at].set(stored, word);
    }
  }

  maybe(id) {
    this.maybes ??= new Map();
    if (!this.maybes.has(id)) this.maybes.set(id, []);
    return this.maybes.get(id);
  }

  /** What was typed over a draft that was handed over stands in its place: the text before is no longer anybody's. */
  async follow(tab, id, stored) {
    const found = (await tab.device.drafts.list()).find((draft) => draft.id === stored);
    if (found?.follows?.includes(id)) this.texts.delete(id);
  }

  /** The same draft in this tab as in the other. */
  async open(phone, tab, { tab: at, draft = 0 }) {
    if (tab.device.state !== "open") return;
    const found = (await tab.device.drafts.list())[draft];
    if (!found) return;
    await tab.device.drafts.load(found.id);
    phone.pages[at].set(found.id, null);
  }

  /** What a person does whose tab was locked or killed: the PIN, and the drafts again. */
  async resume(phone, tab, { tab: at }) {
    await tab.device.check();
    if (tab.device.state === "locked") await tab.device.unlock(PIN);
    if (tab.device.state !== "open") return;
    for (const { id } of await tab.device.drafts.list()) {
      await tab.device.drafts.load(id);
      phone.pages[at].set(id, null);
    }
  }

  async attach(phone, tab, { tab: at, draft = 0 }) {
    const id = [...phone.pages[at].keys()][draft];
    if (!id || tab.device.state !== "open") return;
    const bytes = new Uint8Array(300 * 1024).fill(7);
    bytes.set(Buffer.from(`${MARK}-file`));
    const file = await tab.device.files.put(id, `${MARK}.jpg`, new Blob([bytes], { type: "image/jpeg" }));
    this.words += 1;
    const word = `${MARK}-${this.words}-`;
    const maybe = this.maybe(id);
    maybe.push(word);
    const stored = await tab.device.drafts.save(id, {
      fields: [
        ["answer", word],
        ["photo", file],
      ],
    });
    if (stored !== id) {
      await this.follow(tab, id, stored);
      phone.pages[at].delete(id);
      phone.pages[at].set(stored, word);
    }
    this.texts.set(stored, word);
    maybe.splice(stored === id ? 0 : maybe.indexOf(word), stored === id ? maybe.indexOf(word) + 1 : 1);
  }

  async finish(phone, tab, { tab: at, draft = 0, urgent = false }) {
    const id = [...phone.pages[at].keys()][draft];
    if (!id || tab.device.state !== "open") return;
    await tab.device.drafts.finish(id, { urgent, group: urgent ? "case" : undefined });
    phone.pages[at].delete(id);
  }

  async lock(phone, tab) {
    await tab.device.lock();
    must(tab.device.state !== "open", "locked, and open");
    phone.pages = [new Map(), new Map()];
  }

  async unlock(_phone, tab) {
    await tab.device.unlock(PIN);
  }

  async wrong(_phone, tab) {
    must((await tab.device.unlock("000001")) !== "open", "a wrong PIN opened");
  }

  async five(_phone, tab) {
    for (let tries = 0; tries < 5; tries += 1) await this.wrong(_phone, tab);
  }

  async duress(_phone, tab) {
    if (tab.device.state === "locked") {
      must((await tab.device.unlock(DURESS)) !== "open", "the duress PIN opened");
    }
  }

  async offline(phone) {
    phone.isOnline = false;
  }

  async online(phone) {
    phone.isOnline = true;
  }

  async lossy(phone) {
    phone.losesAnswers = 1;
  }

  async send(_phone, tab) {
    await tab.device.queue.send({ now: true });
  }

  async contact(_phone, tab) {
    await tab.device.contact();
  }

  async hand(_phone, tab) {
    if (tab.device.state === "open") await tab.device.sendDrafts();
  }

  async pack(_phone, tab) {
    if (tab.device.state === "open") await tab.device.pack.refresh();
  }

  async restart() {
    this.service.restart();
  }

  async down() {
    this.service.isDown = !this.service.isDown;
  }

  /** Others are being served: what is sealed is told when to come. */
  async crowd() {
    this.service.isCrowded = !this.service.isCrowded;
  }

  async revoke(phone) {
    const { device } = phone.registered;
    this.service.devices.get(device).isEnded = true;
  }

  /** Signing in again on the phone; the answer may get lost, or come late. */
  async renew(phone, tab) {
    const { device, state } = { state: tab.device.state, ...phone.registered };
    if (state !== "open" || !phone.isOnline || this.service.devices.get(device).isEnded) return;
    await tab.device.renew(async () => {
      if (this.service.isDown) return null;
      const tokens = this.service.renew(device);
      for (let turns = tokens.queue_token.charCodeAt(2) % 8; turns > 0; turns -= 1) await null;
      if (phone.losesAnswers === 0) return tokens;
      phone.losesAnswers -= 1;
      return null;
    });
  }

  async withdraw() {
    this.service.withdrawn.add(1);
  }

  async pass(_phone, _tab, { hours }) {
    this.time += hours * HOUR;
  }

  async clock(phone, _tab, { hours }) {
    phone.ahead += hours * HOUR;
  }

  async begin(phone, tab) {
    await tab.device.check();
    if (!["none", "wiped"].includes(tab.device.state)) return;
    phone.registered = this.service.register();
    phone.pages = [new Map(), new Map()];
    await tab.device.setUp({ pin: PIN, duressPin: DURESS, registered: phone.registered });
  }

  // ---- what must hold ----

  /** Nothing that was typed lies readable on the phone, whatever state it is in. */
  async look(phone) {
    const dump = await phone.dump();
    const bytes = bytesOf(dump);
    for (const form of FORMS_OF_MARK) must(!bytes.includes(form), `typed text on the phone, as ${form}`);
    const isGone = !dump.meta.some((row) => row.id === "device");
    if (!isGone) return;
    must(dump.keys.length === 0, "keys are left after a wipe");
    must(!dump.queue.some((row) => row.title) && !dump.files.some((row) => row.sealed), "names are left after a wipe");
    must(dump.chunks.length === 0 && dump.pack.length === 0, "a pack is left after a wipe");
    for (const { queueKey } of dump.remains)
      for (const row of dump.drafts)
        must(!(await opens(queueKey, `drafts\n${row.id}`, row)), "a key is left that opens");
  }

  /** Everything well again, until nothing waits on a phone; then each text is at the service, and once. */
  async end() {
    this.service.isDown = false;
    this.service.isCrowded = false;
    for (const phone of this.phones) {
      phone.isOnline = true;
      phone.losesAnswers = 0;
      for (const tab of phone.tabs) tab.fuse.kill();
      const { device } = await phone.openTab();
      for (let round = 0; round < 6 && !(await this.isEmpty(phone)); round += 1) await this.bringIn(device);
      must(await this.isEmpty(phone), "something waits for ever");
      await this.look(phone);
    }
    this.count();
  }

  async bringIn(device) {
    await device.check();
    if (device.state === "locked") await device.unlock(PIN);
    if (device.state === "open") {
      for (const { id } of await device.drafts.list()) {
        await device.drafts.load(id);
        await device.drafts.finish(id);
      }
    }
    await device.contact();
    await device.queue.send({ now: true });
    await device.contact();
  }

  async isEmpty(phone) {
    const { drafts, queue, files } = await phone.dump();
    return !drafts.length && !files.length && !queue.some((row) => row.sealed);
  }

  count() {
    const found = new Map();
    for (const [id, { fields }] of [...this.service.submissions, ...this.service.drafts])
      for (const [name, value] of fields) {
        if (name === "answer") found.set(value, [...(found.get(value) ?? []), id]);
        if (name === "photo") must(this.service.files.get(value)?.plain, "a file was lost");
      }
    for (const [word, ids] of found) must(ids.length === 1, `${word} is there ${ids.length} times`);
    for (const [id, word] of this.texts) {
      const accepted = [word, ...(this.maybes?.get(id) ?? [])];
      must(
        accepted.some((each) => found.has(each)),
        `${word} was lost`,
      );
    }
  }
}

async function opens(key, place, { iv, data }) {
  try {
    await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: Buffer.from(place) }, key, data);
    return true;
  } catch {
    return false;
  }
}
