/** What is finished and on its way. The service stores a thing once however often it comes, so in doubt it is sent again. */

import { toBase64url } from "./bytes.js";
import { isDue, retryAfter, turnAfter, wait, waitAfterRefusal } from "./clock.js";
import { removeFile } from "./drafts.js";
import { Unreachable } from "./errors.js";
import { openRecord } from "./seal.js";
import { queueToken, Service, senders } from "./service.js";
import { isThere, outcome, sendFile } from "./uploads.js";

const ON_ITS_WAY = 120_000; // a sending that began longer ago has ended with its page
const SHOWN = 7 * 24 * 3_600_000;
const ASKED = 2 * 24 * 3_600_000;
const ASKED_AT_ONCE = 20;
const MAX_BUSY = 3; // so many that the service can't take now, one after the other, end a round
/** Of notices, those that reached somebody. */
const TOLD = new Set(["sent", "opened", "accepted", "closed"]);

/**
 * @typedef {{ sent: number, waiting: number, nextAt: number | null, turnAt: number | null, isBusy: boolean,
 *   isUnreachable: boolean }} SendResult
 * @typedef {"sent" | "refused" | "later" | "turn" | "stop" | "renewed"} Ended
 */

export class Queue {
  /** @param {DeviceContext} context */
  constructor(context) {
    this.context = context;
    this.service = new Service(context.env);
    /** When the service has asked this round to come again. @type {number | null} */
    this.turnAt = null;
  }

  /** The newest first; empty on a phone that isn't set up. @returns {Promise<QueueItem[]>} */
  async list() {
    const { env, store, session, state } = this.context;
    if (state === "none") return [];
    const found = [];
    for (const row of await store.all("queue")) {
      const what = row.title && { table: "queue", id: row.id, sealed: row.title };
      const opened = session && what && (await openRecord(env, session.key, what).catch(() => null));
      const isOnItsWay = row.state === "phone" && row.wayAt > 0 && Math.abs(env.now() - row.wayAt) < ON_ITS_WAY;
      /** @type {QueueItem} */
      const item = {
        ...{
          uuid: row.id,
          title: opened?.title ?? null,
          group: opened?.group ?? null,
          finishedAt: row.madeAt,
          urgent: row.urgent,
        },
        ...{ state: isOnItsWay ? "way" : row.state, at: isOnItsWay ? row.wayAt : row.at, nextAt: row.nextAt },
        ...{ notices: row.notices, reason: row.reason, url: row.url },
      };
      found.push(item);
    }
    return found.sort((one, other) => other.finishedAt - one.finishedAt);
  }

  /**
   * Sends what is due, or all that waits (`now`). Never at the same time in two tabs, or a tab and the worker.
   *
   * @param {{ now?: boolean }} [options]
   * @returns {Promise<SendResult>}
   */
  async send({ now = false } = {}) {
    const sent = await this.context.alone("vatra-device-send", () => this.sendAll(now));
    const waiting = (await this.context.store.all("queue")).filter((row) => row.sealed);
    const nextAt = waiting.length ? Math.min(...waiting.map((row) => row.nextAt)) : null;
    const counts = sent ?? { sent: 0, isUnreachable: false };
    return { ...counts, waiting: waiting.length, nextAt, turnAt: this.turnAt, isBusy: sent === null };
  }

  /** @param {boolean} now */
  async sendAll(now) {
    let sent = 0;
    this.turnAt = null;
    try {
      for (const sender of await senders(this.context)) sent += await this.sendOf(sender, now);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return { sent, isUnreachable: true };
    }
    return { sent, isUnreachable: false };
  }

  /** @param {Sender} sender @param {boolean} now */
  async sendOf(sender, now) {
    const tried = new Set();
    let token = await queueToken(this.context.env, sender);
    let busy = 0;
    for (let sent = 0; ; ) {
      const row = this.pick(await this.context.store.all("queue"), { device: sender.device, tried, now });
      if (!row) return sent;
      tried.add(row.id);
      const ended = await this.sendOne(row, token);
      if (ended === "renewed") {
        token = await this.tokenOf(sender.device);
        tried.delete(row.id);
        continue;
      }
      busy = ended === "later" ? busy + 1 : 0;
      if (ended === "stop" || ended === "turn" || busy === MAX_BUSY) return sent;
      if (ended === "sent") sent += 1;
    }
  }

  /**
   * The next to send: urgent before others, and before it what its group waits for.
   *
   * @param {QueueRow[]} rows
   * @param {{ device: string, tried: Set<string>, now: boolean }} options
   */
  pick(rows, { device, tried, now }) {
    const waiting = new Map(rows.filter((row) => row.sealed && row.device === device).map((row) => [row.id, row]));
    const urgent = new Set();
    for (const row of waiting.values()) {
      let before = row.urgent ? row : undefined;
      while (before && !urgent.has(before.id)) {
        urgent.add(before.id);
        before = waiting.get(before.after ?? "");
      }
    }
    const ready = [...waiting.values()].filter(
      (row) =>
        !tried.has(row.id) &&
        (now || isDue(row.nextAt, this.context.env.now())) &&
        !(row.after && waiting.has(row.after)),
    );
    const rank = (/** @type {QueueRow} */ row) => (urgent.has(row.id) ? 0 : 1);
    return ready.sort((one, other) => rank(one) - rank(other) || one.order - other.order)[0];
  }

  /**
   * "turn": others are being served, and the service has said when to come. "stop": nothing more can be sent with this
   * token now. "renewed": there is another one since.
   *
   * @param {QueueRow} row
   * @param {string} token
   * @returns {Promise<Ended>}
   */
  async sendOne(row, token) {
    const { env } = this.context;
    await this.change(row.id, { wayAt: env.now() });
    this.context.changed();
    try {
      for (const id of row.files) {
        const file = await this.context.store.get("files", id);
        if (!file || isThere(file, env.now())) continue;
        const { kind, headers } = await sendFile(this.context, this.service, { token, file });
        if (kind === "turn") {
          await this.turn(row, headers);
          return "later"; // those without files go on
        }
        if (kind === "later") return await this.later(row, headers);
        if (kind !== "sent" && kind !== "refused") return await this.stop(row, kind, token);
      }
      return await this.sendEnvelope(row, token);
    } catch (error) {
      await this.later(row);
      throw error;
    }
  }

  /** @param {QueueRow} row @param {string} token */
  async sendEnvelope(row, token) {
    const { env } = this.context;
    const json = {
      ...{ uuid: row.id, device: row.device, key: row.key, sealed: toBase64url(row.sealed ?? new Uint8Array(0)) },
      ...{
        made_at: new Date(row.madeAt).toISOString(),
        sent_at: new Date(env.now()).toISOString(),
        urgent: row.urgent,
      },
    };
    // Read before the body is: what is urgent on one phone passes what isn't on all others.
    const headers = { "X-Urgent": row.urgent ? "yes" : "no" };
    const reply = await this.service.ask({ token, method: "POST", path: "sealed-submissions", json, headers });
    const { body } = reply;
    if (reply.status === 200 || reply.status === 201) {
      await this.arrived(row, { ...toldOrNot(body?.notices), reason: null, url: null });
      return "sent";
    }
    const kind = problemOf(reply);
    if (reply.status === 422 && kind === "returned") {
      const reason = body.errors ? "answers" : body.confirm ? "confirm" : "other";
      await this.arrived(row, { state: "returned", reason: body.reason ?? reason, url: body.url ?? null });
      return "sent";
    }
    const ended = outcome(reply);
    if (ended.kind === "turn") return this.turn(row, ended.headers);
    if (ended.kind === "later") return this.later(row, ended.headers);
    if (ended.kind !== "refused") return this.stop(row, ended.kind, token);
    const nextAt = env.now() + waitAfterRefusal(env);
    await this.change(row.id, { wayAt: 0, tries: row.tries + 1, nextAt, reason: kind || `http-${reply.status}` });
    this.context.changed();
    return "refused";
  }

  /** The token that a device delivers with now, or "". @param {string} device */
  async tokenOf(device) {
    const sender = (await senders(this.context)).find((each) => each.device === device);
    return sender ? queueToken(this.context.env, sender) : "";
  }

  /** @param {QueueRow} row @param {Headers} [headers] @returns {Promise<"later">} */
  async later(row, headers) {
    const { env } = this.context;
    const nextAt = env.now() + Math.max(wait(env, row.tries), headers ? retryAfter(headers) : 0);
    await this.change(row.id, { wayAt: 0, tries: row.tries + 1, nextAt });
    this.context.changed();
    return "later";
  }

  /**
   * It comes when it was told to, however often it was told: nobody comes later for having waited.
   *
   * @param {QueueRow} row
   * @param {Headers} [headers]
   * @returns {Promise<"turn">}
   */
  async turn(row, headers) {
    const { env } = this.context;
    this.turnAt = env.now() + (headers ? turnAfter(env, headers) : 0);
    await this.change(row.id, { wayAt: 0, nextAt: this.turnAt });
    this.context.changed();
    return "turn";
  }

  /**
   * @param {QueueRow} row
   * @param {"signed-out" | "ended"} why
   * @param {string} token
   * @returns {Promise<"stop" | "renewed">}
   */
  async stop(row, why, token) {
    const isOld = why === "signed-out" && ![token, ""].includes(await this.tokenOf(row.device));
    if (isOld) return "renewed";
    await this.later(row);
    if (this.context.row?.device !== row.device) return "stop";
    if (why === "ended") await this.context.wipe("ended");
    else await this.context.update((device) => ({ ...device, needsRenewal: true }));
    return "stop";
  }

  /**
   * The service has it: what was sealed goes, and the files with it.
   *
   * @param {QueueRow} row
   * @param {Partial<QueueRow>} news
   */
  async arrived(row, news) {
    const at = this.context.env.now();
    await this.context.store.run(["queue", "files", "chunks", "parts"], "readwrite", async (requests) => {
      const stored = await requests.get("queue", row.id);
      if (!stored) return;
      await requests.put("queue", { ...stored, ...news, sealed: null, files: [], wayAt: 0, at });
      // With those that it doesn't name: they were its draft's.
      for (const file of await requests.all("files"))
        if (file.draft === row.id || row.files.includes(file.id)) await removeFile(requests, file);
    });
    this.context.changed();
  }

  /** @param {string} id @param {Partial<QueueRow>} news */
  change(id, news) {
    return this.context.store.run(["queue"], "readwrite", async (requests) => {
      const stored = await requests.get("queue", id);
      if (stored) await requests.put("queue", { ...stored, ...news });
    });
  }

  /** @param {string} id */
  remove(id) {
    return this.context.store.run(["queue"], "readwrite", (requests) => requests.remove("queue", id));
  }

  /**
   * Asks of what arrived whether somebody was notified since, and lets go of what is long over. Raises Unreachable.
   *
   * @param {string} token
   */
  async ask(token) {
    const now = this.context.env.now();
    const rows = (await this.context.store.all("queue")).filter((row) => !row.sealed);
    for (const row of rows) if (Math.abs(now - row.at) > SHOWN) await this.remove(row.id);
    const asked = rows.filter((row) => row.state === "server" && Math.abs(now - row.at) < ASKED).slice(-ASKED_AT_ONCE);
    for (const row of asked) {
      const { status, body } = await this.service.ask({ token, path: `sealed-submissions/${row.id}` });
      if (status !== 200) continue;
      /** @type {Partial<QueueRow>} */
      const news = toldOrNot(body?.receipt?.notices);
      if (body?.state === "told") news.state = "told";
      // What was counted joins its plan later, and may wait for somebody then.
      if (body?.state === "returned") Object.assign(news, { state: "returned", reason: body.reason, url: body.url });
      if (news.state !== row.state) await this.change(row.id, { ...news, at: now });
    }
  }
}

/**
 * @param {NoticeState[]} [notices]
 * @returns {{ state: "server" | "told", notices: NoticeState[] }}
 */
function toldOrNot(notices = []) {
  return {
    state: notices.some(({ state }) => TOLD.has(state)) ? "told" : "server",
    notices: notices.map(({ state }) => ({ state })), // not to whom
  };
}

/** @param {Reply} reply */
const problemOf = ({ body }) =>
  String(body?.type ?? "")
    .split(":")
    .pop() ?? "";
