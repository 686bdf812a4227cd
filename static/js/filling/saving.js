/**
 * Saves the section after a pause, and puts files in as they are chosen. One request at a time: an older copy of the
 * page must never arrive after a newer one. Nothing is kept on the phone.
 */

const PAUSE = 4000;
const TRY_AGAIN = 15000;
const SLOW = 20000;
const SLOW_WITH_FILE = 120000;
const CLOCK = { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Europe/Tirane" };

export class Saver {
  constructor(form, state) {
    this.form = form;
    this.state = state;
    this.changes = 0;
    this.kept = 0;
    this.timer = 0;
    this.leaving = false;
    this.queue = Promise.resolve();
  }

  /** Something was typed; files go their own way. */
  changed(field) {
    if (field.type === "file") return;
    this.changes += 1;
    this.plan(PAUSE);
  }

  get isBehind() {
    return !this.leaving && this.changes !== this.kept;
  }

  plan(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), wait);
  }

  /** Saves what was typed, without the files. */
  save() {
    clearTimeout(this.timer);
    if (!this.isBehind) return this.queue;
    return this.next(async () => {
      if (!this.isBehind) return;
      const body = new URLSearchParams([...new FormData(this.form)].filter(([, value]) => typeof value === "string"));
      await this.send("autosave", body, SLOW);
    });
  }

  /** Saves what was typed together with the file of one field. The answer: {kept, errors}, or null without a network. */
  attach(field) {
    let answer = null;
    const work = async () => {
      const body = new FormData(this.form);
      for (const other of this.form.querySelectorAll('input[type="file"]')) if (other !== field) body.delete(other.name);
      const reply = await this.send("attach", body, SLOW_WITH_FILE);
      if (reply) answer = await reply.json();
    };
    return this.next(work).then(() => answer);
  }

  next(work) {
    this.queue = this.queue.then(work).catch(() => null);
    return this.queue;
  }

  async send(go, body, patience) {
    const upto = this.changes;
    body.set("go", go);
    this.state.textContent = this.state.dataset.saving;
    try {
      const reply = await fetch(this.form.action, { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(patience) });
      if (!reply.ok) throw new Error(String(reply.status));
      this.kept = upto;
      this.state.textContent = `${this.state.dataset.saved} ${new Date().toLocaleTimeString("sq-AL", CLOCK)}`;
      if (this.isBehind) this.plan(PAUSE);
      return reply;
    } catch {
      this.state.textContent = this.state.dataset.unsaved;
      this.changes += 1; // whatever it was, it isn't there yet
      this.plan(TRY_AGAIN);
      return null;
    }
  }
}
