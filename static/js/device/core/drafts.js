/** Drafts: sealed whole at each saving, and at the end sealed to the service alone. */

import { fromBase64url, paddedJson, utf8 } from "./bytes.js";
import { DeviceError } from "./errors.js";
import { seal } from "./hpke.js";
import { openRecord, sealRecord } from "./seal.js";

const MAX_FOLLOWS = 20; // as the service takes them

/** The stored draft isn't the one that was known. */
class OtherTurn extends Error {}

/** The savings of one page: one under way, and of each draft that waits the newest. */
export class Savings {
  /** @param {(id: string, content: DraftContent) => Promise<string>} save */
  constructor(save) {
    this.save = save;
    /** @type {Map<string, { content: DraftContent, done: Promise<string> }>} */
    this.waiting = new Map();
    /** @type {Promise<unknown>} */
    this.last = Promise.resolve();
  }

  /**
   * Resolves to the draft's id once this content, or a newer one, is stored.
   *
   * @param {string} id
   * @param {DraftContent} content
   * @returns {Promise<string>}
   */
  put(id, content) {
    const before = this.waiting.get(id);
    if (before) {
      before.content = content;
      return before.done;
    }
    /** @returns {Promise<string>} */
    const begin = () => {
      this.waiting.delete(id);
      return this.save(id, waiting.content);
    };
    const done = this.last.then(begin);
    const waiting = { content, done };
    this.waiting.set(id, waiting);
    this.last = done.catch(() => null);
    return done;
  }

  /** Ends when nothing is under way, however it ended. */
  async whole() {
    let last;
    do {
      last = this.last;
      await last;
    } while (last !== this.last);
  }
}

/** @param {Env} env */
const inWords = (env) => new Date(env.now()).toISOString();

export class Drafts {
  /** @param {DeviceContext} context */
  constructor(context) {
    this.context = context;
  }

  /**
   * An empty draft.
   *
   * @param {DraftStart} start
   * @returns {Promise<string>} its id, and later the submission's
   */
  async begin(start) {
    const session = this.context.open();
    const { env } = this.context;
    const id = env.crypto.randomUUID();
    const begunAt = inWords(env);
    const draft = { ...start, fields: [], begunAt, changedAt: begunAt };
    await this.put(session, id, draft, null);
    return id;
  }

  /**
   * What was begun here, the newest change first. A draft that can't be read is left out, and stays.
   *
   * @returns {Promise<({ id: string, copyOf?: string } & Omit<StoredDraft, "fields">)[]>}
   */
  async list() {
    const session = this.context.open();
    const found = [];
    for (const row of await this.context.store.all("drafts")) {
      if (row.device !== session.device) continue;
      const draft = await this.read(session, row).catch(() => null);
      if (!draft) continue;
      const { fields: _, ...rest } = draft;
      found.push({ id: row.id, copyOf: row.copyOf, ...rest });
    }
    return found.sort((one, other) => other.changedAt.localeCompare(one.changedAt));
  }

  /**
   * Raises DeviceError: "gone" when it isn't here.
   *
   * @param {string} id
   * @returns {Promise<{ id: string } & StoredDraft>}
   */
  async load(id) {
    const session = this.context.open();
    await session.savings?.whole();
    const row = await this.context.store.get("drafts", id);
    if (row?.device !== session.device) throw new DeviceError("gone");
    const draft = await this.read(session, row);
    session.moved.delete(id);
    session.known.set(id, { turn: row.turn, start: draft });
    return { id, ...draft };
  }

  /**
   * Resolves once this content, or a newer one of this page, is stored: to the draft's id. That is another one when
   * another tab has written, sent or removed the draft since this page read it: both texts stay. Also when the draft was
   * handed to the service, and the answer is still to come.
   *
   * @param {string} id
   * @param {DraftContent} content
   * @returns {Promise<string>}
   */
  save(id, content) {
    const { session } = this.context;
    if (!session) return Promise.reject(new DeviceError("locked"));
    session.savings ??= new Savings((each, newest) => this.write(session, each, newest));
    return session.savings.put(id, content);
  }

  /** Removes a draft with its files. @param {string} id */
  async remove(id) {
    const session = this.context.open();
    await session.savings?.whole();
    const here = session.moved.get(id) ?? id;
    await this.context.store.run(["drafts", "files", "chunks", "parts"], "readwrite", async (requests) => {
      const row = await requests.get("drafts", here);
      if (row?.device !== session.device) return;
      await requests.remove("drafts", here);
      await letFilesGo(requests, here);
    });
    session.known.delete(here);
    this.context.changed();
  }

  /**
   * Seals the draft to the service and drops the readable copy, in one step. Raises DeviceError: "changed" when another
   * tab wrote after this page read it, "gone" when it isn't here any more.
   *
   * @param {string} id
   * @param {{ urgent?: boolean, group?: string, confirmed?: string[] }} [options]
   * @returns {Promise<string>} the submission's UUID
   */
  async finish(id, { urgent = false, group, confirmed = [] } = {}) {
    const session = this.context.open();
    const { env, store } = this.context;
    await session.savings?.whole();
    const here = session.moved.get(id) ?? id;
    const row = await store.get("drafts", here);
    if (row?.device !== session.device) throw new DeviceError("gone");
    if (session.known.get(here)?.turn !== row.turn) throw new DeviceError("changed");
    const draft = await this.read(session, row);
    // Also of one that was handed over: under the same UUID the service knows it, and has it once.
    const uuid = here;
    const [key] = /** @type {DeviceRow} */ (this.context.row).keys;
    const values = draft.fields.map(([, value]) => value);
    const info = utf8(`vatra sealed submission 1\n${session.device}\n${uuid}\n${key.id}`);
    const plain = paddedJson(asSubmission(draft, { confirmed, finishedAt: inWords(env) }));
    const sealed = await seal({ crypto: env.crypto, publicKey: fromBase64url(key.public), info, plain });
    const record = { title: draft.title, group: group ?? null };
    const title = await sealRecord(env, session.key, { table: "queue", id: uuid, record });
    const after = await this.lastOfGroup(session, group);
    const now = env.now();
    await store.run(
      ["meta", "remains", "drafts", "files", "chunks", "parts", "queue"],
      "readwrite",
      async (requests) => {
        const hasKeys = await this.context.mustBeThere(requests, session.device);
        const stored = await requests.get("drafts", here);
        if (!stored) throw new DeviceError("gone");
        if (stored.turn !== row.turn || stored.isGiven !== row.isGiven) throw new DeviceError("changed");
        const files = await takeFilesAlong(requests, uuid, values);
        const order = (await requests.all("queue")).reduce((most, item) => Math.max(most, item.order), 0) + 1;
        /** @type {QueueRow} */
        const item = {
          ...{ id: uuid, device: session.device, key: key.id, sealed, urgent, order, after, files },
          title: hasKeys ? title : null,
          ...{ madeAt: now, at: now, state: "phone", wayAt: 0, tries: 0, nextAt: 0 },
          ...{ reason: null, url: null, notices: [] },
        };
        await requests.put("queue", item);
        await requests.remove("drafts", here);
        await letFilesGo(requests, here, { untilSent: true });
      },
      { strict: true },
    );
    session.known.delete(here);
    this.context.changed();
    return uuid;
  }

  /**
   * The newest of this group that waits here, which has to arrive before.
   *
   * @param {DeviceSession} session
   * @param {string} [group]
   */
  async lastOfGroup(session, group) {
    if (!group) return null;
    const waiting = (await this.context.store.all("queue")).filter((item) => item.sealed && item.title);
    for (const item of waiting.sort((one, other) => other.order - one.order)) {
      const sealed = /** @type {Sealed} */ (item.title);
      const what = { table: "queue", id: item.id, sealed };
      const record = await openRecord(this.context.env, session.key, what).catch(() => null);
      if (record?.group === group) return item.id;
    }
    return null;
  }

  /** @param {DeviceSession} session @param {DraftRow} row @returns {Promise<StoredDraft>} */
  read(session, row) {
    return openRecord(this.context.env, session.key, { table: "drafts", id: row.id, sealed: row });
  }

  /** @param {DeviceSession} session @param {string} id @param {DraftContent} content */
  async write(session, id, content) {
    const here = session.moved.get(id) ?? id;
    const known = session.known.get(here);
    if (!known) throw new DeviceError("gone"); // neither begun nor loaded by this page
    const draft = { ...known.start, ...content, changedAt: inWords(this.context.env) };
    if (await this.put(session, here, draft, known.turn)) return here;
    const next = await this.goOn(session, here, draft, known.turn);
    if (next) {
      session.moved.set(id, next);
      session.moved.set(here, next);
      this.context.changed();
      return next;
    }
    const copy = this.context.env.crypto.randomUUID();
    await this.put(session, copy, draft, null, here);
    session.moved.set(id, copy);
    session.moved.set(here, copy);
    this.context.changed();
    return copy;
  }

  /**
   * Stores what was typed over a draft that was handed to the service, under an id of its own, in that one's place: the
   * service takes an id once. Null when the stored one isn't that, or was changed since this page read it.
   *
   * @param {DeviceSession} session
   * @param {string} given
   * @param {StoredDraft} draft
   * @param {number} turn
   */
  async goOn(session, given, draft, turn) {
    const { env, store } = this.context;
    const id = env.crypto.randomUUID();
    const record = { ...draft, base: given, follows: [...(draft.follows ?? []), given].slice(-MAX_FOLLOWS) };
    const sealed = await sealRecord(env, session.key, { table: "drafts", id, record });
    const isStored = await store.run(["meta", "remains", "drafts", "files"], "readwrite", async (requests) => {
      await this.context.mustBeThere(requests, session.device);
      const stored = await requests.get("drafts", given);
      if (!stored?.isGiven || stored.turn !== turn) return false;
      const row = { id, device: session.device, turn: 1, ...sealed };
      await requests.put("drafts", stored.copyOf ? { ...row, copyOf: stored.copyOf } : row);
      await requests.remove("drafts", given);
      for (const file of await requests.all("files"))
        if (file.draft === given) await requests.put("files", { ...file, draft: id });
      for (const other of await requests.all("drafts"))
        if (other.copyOf === given) await requests.put("drafts", { ...other, copyOf: id });
      return true;
    });
    if (!isStored) return null;
    session.known.set(id, { turn: 1, start: record });
    session.known.delete(given);
    return id;
  }

  /**
   * Stores a draft that this page knows in this turn (null: a new one); false when the stored one is of another turn.
   *
   * @param {DeviceSession} session
   * @param {string} id
   * @param {StoredDraft} draft
   * @param {number | null} turn
   * @param {string} [copyOf]
   */
  async put(session, id, draft, turn, copyOf) {
    const { env, store } = this.context;
    const sealed = await sealRecord(env, session.key, { table: "drafts", id, record: draft });
    const row = { id, device: session.device, turn: (turn ?? 0) + 1, ...sealed };
    const values = draft.fields.map(([, value]) => value);
    const isNew = turn === null;
    /** @type {(keyof Tables)[]} */
    const besides = isNew ? ["meta", "remains", "files"] : [];
    const isStored = await store
      .run(["drafts", ...besides], "readwrite", async (requests) => {
        // Keys go only where something stays that sends what is here (wipe, forgetIfEmpty): a draft that is here needs no look.
        const isThere = isNew && this.context.mustBeThere(requests, session.device);
        if (copyOf) {
          await isThere;
          if (!(await requests.get("drafts", copyOf))) await adoptFiles(requests, { from: copyOf, to: id, values });
        }
        // All at once, and nothing of it when an answer says so: each one awaited is another turn of a slow phone.
        const [stored] = await Promise.all([
          requests.get("drafts", id),
          requests.put("drafts", copyOf ? { ...row, copyOf } : row),
          isThere,
        ]);
        if ((stored?.turn ?? null) !== turn || stored?.isGiven) throw new OtherTurn();
        if (stored?.copyOf) await requests.put("drafts", { ...row, copyOf: stored.copyOf });
        return true;
      })
      .catch((error) => {
        if (error instanceof OtherTurn) return false;
        throw error;
      });
    if (isStored) session.known.set(id, { turn: row.turn, start: draft });
    return isStored;
  }
}

/**
 * Without a moment of the person's, the one at which the draft was begun, by the phone's clock.
 *
 * @param {StoredDraft} draft
 * @param {{ confirmed: string[], finishedAt: string }} options
 */
function asSubmission(
  { form, version, unit, fields, occurredAt, occurredByClock, begunAt, follows, base },
  { confirmed, finishedAt },
) {
  return {
    ...{ form, version, unit, fields, confirmed, finished_at: finishedAt, follows: follows ?? [] },
    ...(base ? { base } : {}),
    ...{ occurred_at: occurredAt || begunAt, occurred_by_clock: occurredAt ? (occurredByClock ?? false) : true },
  };
}

/**
 * The files that the answers name: from now on the submission's.
 *
 * @param {DeviceRequests} requests
 * @param {string} submission
 * @param {string[]} values
 */
async function takeFilesAlong(requests, submission, values) {
  const found = [];
  for (const file of await requests.all("files")) {
    if (!isNamed(file, values)) continue;
    for (let at = 0; at < file.chunks; at += 1) await requests.remove("chunks", [file.id, at]);
    await requests.put("files", { ...file, draft: submission, chunks: 0, sealed: null });
    found.push(file.id);
  }
  return found;
}

/** @param {FileRow} file @param {string[]} values */
const isNamed = (file, values) => values.some((value) => String(value).toLowerCase().includes(file.id));

/**
 * Of a draft that another tab finished while this one added a file: what its copy names becomes the copy's.
 *
 * @param {DeviceRequests} requests
 * @param {{ from: string, to: string, values: string[] }} what
 */
async function adoptFiles(requests, { from, to, values }) {
  for (const file of await requests.all("files"))
    if (file.draft === from && file.sealed && isNamed(file, values))
      await requests.put("files", { ...file, draft: to });
}

/**
 * What becomes of a draft's files when it goes: of copies they become the copy's, others are removed. `untilSent`: not
 * before the form has arrived, since another tab may be about to name one.
 *
 * @param {DeviceRequests} requests
 * @param {string} draft
 * @param {{ untilSent?: boolean }} [options]
 */
async function letFilesGo(requests, draft, { untilSent = false } = {}) {
  const copy = (await requests.all("drafts")).find((row) => row.copyOf === draft);
  for (const file of await requests.all("files")) {
    if (file.draft !== draft || !file.sealed) continue; // unsealed: a submission's
    if (copy) await requests.put("files", { ...file, draft: copy.id });
    else if (!untilSent) await removeFile(requests, file);
  }
}

/**
 * Inside a transaction over files, chunks and parts.
 *
 * @param {DeviceRequests} requests
 * @param {FileRow} file
 */
export async function removeFile(requests, file) {
  for (let at = 0; at < file.chunks; at += 1) await requests.remove("chunks", [file.id, at]);
  for (let at = 0; at < file.parts; at += 1) await requests.remove("parts", [file.id, at]);
  await requests.remove("files", file.id);
}
