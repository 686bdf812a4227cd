/** Being seen by the service: a new share, its clock and keys; or the word that this phone is ended. */

import { fromBase64url } from "./bytes.js";
import { seen } from "./clock.js";
import { Unreachable } from "./errors.js";
import { sealShare } from "./keys.js";
import { rescueRemains } from "./rescue.js";
import { queueToken, Service, senders } from "./service.js";

/** @typedef {"ok" | "ended" | "signed-out" | "unreachable"} Answer */

/**
 * @param {DeviceContext} context
 * @param {{ ask: (token: string) => Promise<void>, sendAll: (now: boolean) => Promise<unknown> }} queue
 * @returns {Promise<Answer>} "signed-out": it answered, and wants the person to sign in
 */
export async function contact(context, queue) {
  await context.refresh();
  const { row } = context;
  const answer = row ? await orUnreachable(greet(context, row.device, queue)) : "ok";
  // What is left of a device from before goes its own way, also when the one of today isn't let in.
  const left =
    (await context.store.all("remains")).length > 0 ? await orUnreachable(deliverRemains(context, queue)) : "ok";
  return row ? answer : left;
}

/**
 * @param {DeviceContext} context
 * @param {{ sendAll: (now: boolean) => Promise<unknown> }} queue
 * @returns {Promise<"ok">}
 */
async function deliverRemains(context, queue) {
  await context.alone("vatra-device-send", () => queue.sendAll(true));
  await context.alone("vatra-device-rescue", () => rescueRemains(context));
  return "ok";
}

/** @param {Promise<Answer>} work @returns {Promise<Answer>} */
function orUnreachable(work) {
  return work.catch((error) => {
    if (error instanceof Unreachable) return "unreachable";
    throw error;
  });
}

/**
 * @param {DeviceContext} context
 * @param {string} device
 * @param {{ ask: (token: string) => Promise<void> }} queue
 * @returns {Promise<Answer>}
 */
async function greet(context, device, queue) {
  const { env, store } = context;
  const service = new Service(env);
  const sender = (await senders(context)).find((each) => each.device === device);
  if (!sender) return "ok"; // another tab has taken the keys away since
  const token = await queueToken(env, sender);
  const waiting = (await store.all("queue")).filter((row) => row.sealed && row.device === device);
  const drafts = (await store.all("drafts")).filter((row) => row.device === device);
  const json = {
    ...{ device, app: env.app, drafts: drafts.length, queued: waiting.length },
    ...{ now: new Date(env.now()).toISOString(), locked: context.session === null },
  };
  const { status, body } = await service.ask({ token, method: "POST", path: "device-contact", json });
  if (status === 410) {
    await context.wipe("ended");
    return "ended";
  }
  if (status === 401 || status === 403) {
    await context.update((row) => ({ ...row, needsRenewal: true }));
    context.changed();
    return "signed-out";
  }
  if (status !== 200) throw new Unreachable();
  await remember(context, device, body);
  await queue.ask(token);
  return "ok";
}

/**
 * @param {DeviceContext} context
 * @param {string} device
 * @param {{ now: string, share: string, keys: PublicKey[], contact_hours?: number, ends_at?: string }} said
 */
async function remember(context, device, { now, share, keys, contact_hours, ends_at }) {
  const { env, store } = context;
  const own = /** @type {OwnKey | undefined} */ (await store.get("keys", "device"));
  if (!own) return;
  const sealed = await sealShare(env, own.own, fromBase64url(share));
  await store.run(
    ["meta", "keys"],
    "readwrite",
    async (requests) => {
      const row = /** @type {DeviceRow | undefined} */ (await requests.get("meta", "device"));
      if (row?.device !== device) return;
      const next = seen(row, { said: Date.parse(now), now: env.now() });
      const published = keys.length ? keys : row.keys;
      const hours = contact_hours ?? row.hours;
      const renewBy = ends_at ? Date.parse(ends_at) : row.renewBy;
      await requests.put("meta", { ...next, keys: published, hours, renewBy, needsRenewal: false });
      await requests.put("keys", { id: "share", ...sealed });
    },
    { strict: true },
  );
  await context.read();
  context.changed();
}
