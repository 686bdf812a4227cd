/**
 * A phone that stores. The same modules run on pages, in the service worker and in Node; everything outside of them is
 * handed in. docs/adr/0173 says what is protected by what, and what is not.
 */

import { endsAt } from "./clock.js";
import { contact } from "./contact.js";
import { Context } from "./context.js";
import { Drafts } from "./drafts.js";
import { DeviceError } from "./errors.js";
import { Files } from "./files.js";
import { changePin, MAX_WRONG, renewed, setUp, unlock } from "./lock.js";
import { Pack } from "./pack.js";
import { Queue } from "./queue.js";
import { rescue } from "./rescue.js";
import { senders } from "./service.js";
import { Store } from "./store.js";
import { takeDraft } from "./taking.js";

export { DeviceError } from "./errors.js";
export { loadArgon2 } from "./kdf.js";
export { pinProblem } from "./pin.js";

export class Device {
  /** @param {DeviceContext} context */
  constructor(context) {
    this.context = context;
    this.drafts = new Drafts(context);
    this.files = new Files(context);
    this.queue = new Queue(context);
    this.pack = new Pack(context);
  }

  get state() {
    return this.context.state;
  }

  get triesLeft() {
    return this.context.row ? Math.max(0, MAX_WRONG - this.context.row.wrong) : 0;
  }

  /** What the phone is; the person and the units only while it is open. Null when it isn't set up. */
  get meta() {
    const { row, session } = this.context;
    if (!row) return null;
    return {
      device: row.device,
      person: session?.profile.person ?? null,
      units: session?.profile.units ?? [],
      seenAt: row.seenAt,
      endsAt: endsAt(row),
      kdf: row.kdf.name,
      ahead: row.ahead,
      needsRenewal: row.needsRenewal,
      renewBy: row.renewBy ?? null,
    };
  }

  /** Why and when the keys went: {why: "tries" | "hours" | "ended" | "removed", at}, or null. */
  get wiped() {
    const { row, notice } = this.context;
    return row || !notice ? null : { why: notice.why, at: notice.at };
  }

  /** @param {{ pin: string, duressPin?: string, registered: Registered }} options */
  setUp(options) {
    return setUp(this.context, options);
  }

  /** @param {string} pin */
  unlock(pin) {
    return unlock(this.context, pin);
  }

  lock() {
    return this.context.lock();
  }

  /** @param {string} old @param {string} chosen */
  changePin(old, chosen) {
    return changePin(this.context, old, chosen);
  }

  /**
   * Asks for new tokens and stores them before another tab asks: of two answers that cross, the phone would keep the
   * tokens that the service takes no more. What it has is used before, since of several renewals the service knows the
   * newest token and the one that was used last. False when none were given.
   *
   * @param {() => Promise<{ queue_token: string, read_token: string, ends_at?: string } | null>} ask
   */
  renew(ask) {
    return this.context.inTurn("vatra-device-renew", async () => {
      const answer = await this.contact();
      const tokens = answer === "ok" || answer === "signed-out" ? await ask() : null;
      if (tokens) await renewed(this.context, tokens);
      return tokens !== null;
    });
  }

  /**
   * Takes a draft along that its worker began on the pages and offered to this phone.
   *
   * @param {string} id
   * @param {string} language
   */
  take(id, language) {
    return takeDraft(this.context, { drafts: this.drafts, pack: this.pack, id, language });
  }

  contact() {
    return contact(this.context, this.queue);
  }

  /**
   * Sends all drafts to the service, where they go on as drafts of their owner, and removes them here. Raises Unreachable,
   * and DeviceError: "gone" when the phone was ended meanwhile.
   *
   * @returns {Promise<{ saved: number, left: number }>}
   */
  async sendDrafts() {
    const session = this.context.open();
    await session.savings?.whole();
    const [sender] = await senders(this.context);
    const slot = /** @type {VaultSlot | undefined} */ (await this.context.store.get("keys", "vault"));
    // Another tab may have taken the keys away since.
    if (sender?.device !== session.device || !slot) throw new DeviceError("gone");
    const result = await rescue(this.context, { sender, slot });
    this.context.changed();
    return result;
  }

  /** Ends it on this phone. What is here still reaches the service at the next contact. */
  remove() {
    return this.context.wipe("removed");
  }

  /** Looks again what the phone is: whether another tab locked it, or it has been unseen for too long. */
  async check() {
    await this.context.refresh();
    return this.state;
  }

  /**
   * @param {"change"} _event
   * @param {() => void} listener
   * @returns {() => void} takes the listener away
   */
  on(_event, listener) {
    this.context.listeners.add(listener);
    return () => this.context.listeners.delete(listener);
  }

  /** Lets go of the database and of the other tabs. */
  close() {
    this.context.env.channel?.close();
    this.context.store.close();
  }
}

/**
 * @param {{ indexedDB: IDBFactory, crypto: Crypto, fetch: typeof fetch, now: () => number, argon2?: Argon2,
 *   random?: (length: number) => Bytes, locks?: Env["locks"], channel?: Env["channel"], app?: string }} outside
 */
export async function openDevice({ indexedDB, ...outside }) {
  const random = (/** @type {number} */ length) => outside.crypto.getRandomValues(new Uint8Array(length));
  /** @type {Env} */
  const env = { app: "", random, ...outside };
  const context = new Context(env, await Store.open(indexedDB));
  await context.refresh();
  return new Device(context);
}
