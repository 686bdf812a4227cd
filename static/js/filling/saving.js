/**
 * Saves the section after a pause, and puts files in as they are chosen. One request at a time; each says the page's
 * turn, so that an older one that arrives later is left out. Nothing is kept on the phone.
 */

import { asText, post } from "./post.js";

const PAUSE = 4000;
const TRY_AGAIN = 15000;
const SLOW = 20000;
const SLOW_WITH_FILE = 120000;
/** @type {Intl.DateTimeFormatOptions} */
const CLOCK = { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Europe/Tirane" };

/** What is said of an answer that isn't there yet, by its kind; of others: "unsaved". @type {Record<string, string>} */
const SAID = { signIn: "signedOut", large: "large", refused: "refused" };

export class Saver {
  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement | null} state
   */
  constructor(form, state) {
    this.form = form;
    this.state = state;
    this.changes = 0;
    this.kept = 0;
    this.turn = 0;
    this.timer = 0;
    this.leaving = false;
    this.isStopped = false; // another page saved meanwhile: from now on only what a person presses is sent
    this.isHeld = false; // a press is under way, and sends all there is
    /** @type {AbortController | null} */
    this.abort = null; // of a saving under way
    /** @type {Promise<unknown>} */
    this.queue = Promise.resolve();
  }

  /**
   * Something was typed; files go their own way.
   *
   * @param {Field} field
   */
  changed(field) {
    if (field.type === "file") return;
    this.changes += 1;
    this.plan(PAUSE);
  }

  get isBehind() {
    return !this.leaving && this.changes !== this.kept;
  }

  /** @param {number} wait */
  plan(wait) {
    clearTimeout(this.timer);
    if (!this.isStopped) this.timer = setTimeout(() => this.save(), wait);
  }

  /** Lets a press go first: no saving begins, one under way is let go, a file under way is waited for. */
  hold() {
    this.isHeld = true;
    clearTimeout(this.timer);
    this.abort?.abort();
    return this.queue;
  }

  /**
   * The press is over. `isSaved`: all there is was sent.
   *
   * @param {boolean} isSaved
   */
  release(isSaved) {
    this.isHeld = false;
    if (isSaved) this.kept = this.changes;
    else if (this.isBehind) this.plan(PAUSE);
  }

  /** Saves what was typed, without the files. */
  save() {
    clearTimeout(this.timer);
    if (!this.isBehind || this.isStopped || this.isHeld) return this.queue;
    return this.next(async () => {
      if (!this.isBehind || this.isStopped || this.isHeld) return;
      this.abort = new AbortController();
      await this.send(this.body({ name: "go", value: "autosave" }, null), SLOW, this.abort);
      this.abort = null;
    });
  }

  /**
   * Saves what was typed together with the file of one field. The answer: {kept, errors}, or null without a network.
   *
   * @param {HTMLInputElement} field
   * @returns {Promise<Told | null>}
   */
  attach(field) {
    /** @type {Told | null} */
    let answer = null;
    const work = async () => {
      answer = await this.send(this.body({ name: "go", value: "attach" }, field), SLOW_WITH_FILE);
    };
    return this.next(work).then(() => answer);
  }

  /** @param {() => Promise<unknown>} work */
  next(work) {
    this.queue = this.queue.then(work).catch(() => null);
    return this.queue;
  }

  /**
   * What is on the page. `file`: the only file field to go along, null for none, undefined for all that hold a file.
   *
   * @param {Press} press
   * @param {HTMLInputElement | null} [file]
   */
  body(press, file) {
    const data = new FormData(this.form);
    let hasFile = false;
    /** @type {NodeListOf<HTMLInputElement>} */
    const fields = this.form.querySelectorAll('input[type="file"]');
    for (const field of fields) {
      if (field.files?.length && (file === undefined || field === file)) hasFile = true;
      else data.delete(field.name);
    }
    this.turn += 1;
    data.set("_turn", String(this.turn));
    if (press.name) data.set(press.name, press.value);
    return hasFile ? data : asText(data);
  }

  /**
   * @param {FormData | URLSearchParams} body
   * @param {number} patience
   * @param {AbortController} [abort]
   * @returns {Promise<Told | null>}
   */
  async send(body, patience, abort) {
    const upto = this.changes;
    this.say("saving");
    const result = await post(this.form.action, body, patience, abort);
    if (result.kind === "kept") {
      this.kept = upto;
      this.isCopyOf(result.told);
      this.say("saved", new Date().toLocaleTimeString("sq-AL", CLOCK));
      if (this.isBehind) this.plan(PAUSE);
      return result.told;
    }
    if (this.changes === this.kept) this.changes += 1; // whatever it was, it isn't there yet
    if (result.kind === "differs") {
      this.isStopped = true;
      this.say("elsewhere");
      return result.told;
    }
    if (this.renew(result)) {
      this.plan(0);
      return null;
    }
    if (!abort?.signal.aborted) this.say(SAID[result.kind] ?? "unsaved");
    this.plan(TRY_AGAIN);
    return null;
  }

  /**
   * What the page is a copy of from now on.
   *
   * @param {Told} told
   */
  isCopyOf({ version, marks }) {
    if (version === undefined) return;
    this.field("_version").value = version;
    this.field("_marks").value = JSON.stringify(marks);
  }

  /**
   * Somebody signed in again in another window: the page takes the new key that it is shown. True when it did.
   *
   * @param {PostResult} result
   */
  renew(result) {
    if (result.kind !== "page" || !result.page.querySelector("[data-stale]")) return false;
    /** @type {HTMLInputElement | null} */
    const key = result.page.querySelector('[name="draft_key"]');
    if (key) this.field("draft_key").value = key.value;
    return Boolean(key);
  }

  /** @param {string} name */
  field(name) {
    return /** @type {HTMLInputElement} */ (this.form.elements.namedItem(name));
  }

  /**
   * @param {string} what
   * @param {string} [more]
   */
  say(what, more = "") {
    if (this.state) this.state.textContent = `${this.state.dataset[what]} ${more}`.trim();
  }
}
