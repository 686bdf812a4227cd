/** What the parts of one page's device share: the store, who is signed in on it, and who listens. */

import { isOver, serviceTime } from "./clock.js";
import { DeviceError } from "./errors.js";

const A_MINUTE = 60_000;

/** What an open phone holds in memory, and nothing else does. */
export class Session {
  /**
   * @param {string} device
   * @param {CryptoKey} key the draft key
   * @param {{ person: { name: string }, units: Unit[] }} profile
   */
  constructor(device, key, profile) {
    this.device = device;
    this.key = key;
    this.profile = profile;
    /** What this page last saw of each draft. @type {Map<string, { turn: number, start: StoredDraft }>} */
    this.known = new Map();
    /** Drafts that go on under another id, since another tab wrote under theirs. @type {Map<string, string>} */
    this.moved = new Map();
    /** @type {DraftSavings | undefined} */
    this.savings = undefined;
  }
}

export class Context {
  /**
   * @param {Env} env
   * @param {DeviceStore} store
   */
  constructor(env, store) {
    this.env = env;
    this.store = store;
    /** @type {Session | null} */
    this.session = null;
    /** @type {DeviceRow | null} */
    this.row = null;
    /** @type {NoticeRow | null} */
    this.notice = null;
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    if (env.channel) env.channel.onmessage = ({ data }) => void this.heard(data).catch(() => null);
  }

  /** @returns {"none" | "locked" | "open" | "wiped"} */
  get state() {
    if (this.row) return this.session ? "open" : "locked";
    return this.notice ? "wiped" : "none";
  }

  /** The session, or DeviceError "locked". */
  open() {
    if (!this.session) throw new DeviceError("locked");
    return this.session;
  }

  /** Reads again what the phone is, and ends what has been unseen for too long. */
  async refresh() {
    await this.read();
    if (this.row && isOver(this.row, this.env.now())) await this.wipe("hours");
    else if (this.row && serviceTime(this.row, this.env.now()) > this.row.latest + A_MINUTE) await this.remember();
  }

  async read() {
    const [row, notice] = await this.store.run(["meta"], "readonly", async (requests) => [
      /** @type {DeviceRow | undefined} */ (await requests.get("meta", "device")),
      /** @type {NoticeRow | undefined} */ (await requests.get("meta", "notice")),
    ]);
    this.row = /** @type {DeviceRow | undefined} */ (row) ?? null;
    this.notice = /** @type {NoticeRow | undefined} */ (notice) ?? null;
    if (this.session && this.session.device !== this.row?.device) this.session = null;
  }

  /** Writes down the latest time seen. */
  async remember() {
    await this.update((row) => ({ ...row, latest: serviceTime(row, this.env.now()) }));
  }

  /**
   * Changes the device's row, if it is still there.
   *
   * @param {(row: DeviceRow) => DeviceRow} change
   * @param {{ strict?: boolean }} [options]
   */
  async update(change, options) {
    this.row = await this.store.run(
      ["meta"],
      "readwrite",
      async (requests) => {
        const row = /** @type {DeviceRow | undefined} */ (await requests.get("meta", "device"));
        if (!row) return null;
        const changed = change(row);
        await requests.put("meta", changed);
        return changed;
      },
      options,
    );
    return this.row;
  }

  /** @param {WipeReason | "duress"} why */
  async wipe(why) {
    const { session } = this;
    this.session = null;
    await session?.savings?.whole();
    await wipe(this, why);
    await this.read();
    this.changed();
  }

  /** Locks this page and every other one. What is being saved is saved. */
  async lock() {
    const { session } = this;
    this.session = null;
    this.env.channel?.postMessage("lock");
    this.tell();
    await session?.savings?.whole();
  }

  /**
   * Inside a transaction over "meta" and "remains": DeviceError "gone" when what this session stores could no longer be
   * opened by anybody. False: only the keys here went, and the service still opens it.
   *
   * @param {DeviceRequests} requests
   * @param {string} device
   */
  async mustBeThere(requests, device) {
    const row = /** @type {DeviceRow | undefined} */ (await requests.get("meta", "device"));
    if (row?.device === device) return true;
    if (!(await requests.get("remains", device))) throw new DeviceError("gone");
    return false;
  }

  /**
   * One at a time among all tabs and the worker; null when another is at it.
   *
   * @template T
   * @param {string} name
   * @param {() => Promise<T>} work
   * @returns {Promise<T | null>}
   */
  async alone(name, work) {
    if (!this.env.locks) return work();
    return this.env.locks.request(name, { ifAvailable: true }, async (lock) => (lock ? work() : null));
  }

  /**
   * One after the other among all tabs.
   *
   * @template T
   * @param {string} name
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async inTurn(name, work) {
    return this.env.locks ? this.env.locks.request(name, work) : work();
  }

  /** @param {unknown} message of another tab, or of the worker */
  async heard(message) {
    if (message === "lock") this.session = null;
    await this.read();
    this.tell();
  }

  changed() {
    this.env.channel?.postMessage("change");
    this.tell();
  }

  tell() {
    for (const listener of this.listeners) listener();
  }
}

/**
 * The keys go, and with them whatever could be read here. What is left is noise to this phone: drafts, which the service
 * opens by its own slot, and what was finished for it. Both leave at the next contact. No word of it is left after the
 * duress PIN: the app is then as one that was never set up.
 *
 * @param {{ env: Env, store: DeviceStore }} context
 * @param {WipeReason | "duress"} why
 */
async function wipe({ env, store }, why) {
  /** @type {(keyof Tables)[]} */
  const tables = ["meta", "keys", "remains", "files", "chunks", "queue", "pack"];
  await store.run(
    tables,
    "readwrite",
    async (requests) => {
      const row = /** @type {DeviceRow | undefined} */ (await requests.get("meta", "device"));
      if (!row) return;
      const slot = /** @type {VaultSlot} */ (await requests.get("keys", "vault"));
      const { own } = /** @type {OwnKey} */ (await requests.get("keys", "queue"));
      const { iv, data } = /** @type {SealedRow} */ (await requests.get("keys", "queueToken"));
      await requests.put("remains", { device: row.device, slot, queueKey: own, token: { iv, data } });
      for (const table of /** @type {const} */ (["meta", "keys", "chunks", "pack"])) await requests.clear(table);
      for (const file of await requests.all("files")) await requests.put("files", { ...file, sealed: null, chunks: 0 });
      for (const item of await requests.all("queue")) {
        if (item.sealed) await requests.put("queue", { ...item, title: null });
        else await requests.remove("queue", item.id);
      }
      if (why !== "duress") await requests.put("meta", { id: "notice", why, at: env.now() });
    },
    { strict: true },
  );
}
