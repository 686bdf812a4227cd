/**
 * A pressed button's form goes by fetch, and the page stays until the server has said that it has it. Without a network,
 * or when the server is busy, it says so and goes on by itself. What was typed is held by the page alone: nothing is
 * written to the phone. Without this script the browser sends the form as ever.
 */

import { post } from "./post.js";

const PATIENCE = 30000;
const PATIENCE_WITH_FILE = 120000;
const PAUSES = [2, 4, 8, 15, 30]; // seconds between tries while the network seems to be there
const MAX_ROUNDS = 6; // for what is typed while it is on its way

export class Presses {
  /**
   * form, waiting: the element that says what is waited for.
   * body(press): what to send · before(): awaited first · count(): rises with what is typed ·
   * mend(result): awaited; true: try again at once · done(result): it arrived; a page is to be shown, or left for `go` ·
   * stopped(): it didn't, and isn't tried again.
   */
  constructor({ form, waiting, body, before, count, mend, done, stopped = () => {} }) {
    Object.assign(this, { form, waiting, body, before, count, mend, done, stopped });
    this.pending = null;
    this.isRunning = false;
    this.isGuarded = false;
    this.isWarned = false; // Back was pressed: once more leaves
    this.wake = () => {};
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.press(event.submitter);
    });
  }

  /** The last press counts: each sends all that is on the page. The same once more changes nothing. */
  press(button) {
    const press = { name: button?.name ?? "", value: button?.value ?? "", words: words(button) };
    if (this.pending?.name === press.name && this.pending.value === press.value) {
      this.wake();
      return;
    }
    this.pending = press;
    this.isWarned = false;
    this.wake();
    if (!this.isRunning) this.run();
  }

  async run() {
    this.isRunning = true;
    this.form.setAttribute("aria-busy", "true");
    try {
      await this.rounds();
    } finally {
      this.isRunning = false;
      this.form.removeAttribute("aria-busy");
    }
  }

  async rounds() {
    let tries = 0;
    let rounds = 0;
    let isMended = false;
    while (this.pending) {
      await this.before();
      const press = this.pending;
      const count = this.count();
      const body = this.body(press);
      const result = await post(this.form.action, body, body instanceof FormData ? PATIENCE_WITH_FILE : PATIENCE);
      if (result.kind === "lost" || result.kind === "busy") {
        this.say(result.kind);
        await this.pause(result.after || PAUSES[Math.min(tries, PAUSES.length - 1)]);
        tries += 1;
        continue;
      }
      if (!isMended && (await this.mend(result))) {
        isMended = true;
        continue;
      }
      if (result.kind !== "go" && result.kind !== "page") {
        this.pending = null;
        this.isWarned = false;
        this.say(result.kind, result.address);
        this.stopped();
        return;
      }
      const isOvertaken = this.pending !== press || this.count() !== count;
      rounds += 1;
      if (isOvertaken && rounds < MAX_ROUNDS) continue;
      this.pending = null;
      this.finish(result);
    }
  }

  finish(result) {
    this.quiet();
    this.done(result);
    if (result.kind === "page") {
      if (this.isGuarded) history.back();
      this.isGuarded = false;
    } else if (this.isGuarded || new URL(result.address, location.href).pathname === location.pathname) {
      location.replace(result.address);
    } else {
      location.assign(result.address);
    }
  }

  /** Until the network is back, somebody presses again, or the time has passed. */
  pause(seconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Says what is waited for, or why it stopped; while it waits, Back stays on the page once. */
  say(kind, address) {
    const said = this.waiting;
    for (const words of said.querySelectorAll("[data-when]")) words.hidden = words.dataset.when !== kind && !(words.dataset.when === "leaving" && this.isWarned);
    const link = said.querySelector("[data-sign-in]");
    if (link && address) link.href = address;
    said.querySelector("[data-press]").textContent = this.pending ? this.pending.words : "";
    said.hidden = false;
    if (this.pending && !this.isGuarded && !this.isWarned) {
      history.pushState({ guard: true }, "");
      this.isGuarded = true;
    }
  }

  quiet() {
    this.waiting.hidden = true;
  }

  /** The browser's Back while something waits: the page is still here, and says what going back once more would cost. */
  stayed() {
    if (!this.isGuarded) return;
    this.isGuarded = false;
    if (!this.pending) return;
    this.isWarned = true;
    const leaving = this.waiting.querySelector('[data-when="leaving"]');
    leaving.hidden = false;
    leaving.focus();
  }
}

function words(button) {
  return button?.textContent.trim().replace(/\s+/g, " ") ?? "";
}
