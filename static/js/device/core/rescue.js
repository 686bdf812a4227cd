/**
 * Drafts as they lie here, with the slot that only the service opens: each becomes a draft of its owner there. So nothing
 * is lost when the keys went, or when a phone is given back.
 */

import { toBase64url } from "./bytes.js";
import { removeFile } from "./drafts.js";
import { queueToken, Service } from "./service.js";
import { isThere, sendFile } from "./uploads.js";

const AT_ONCE = 20;
const MOST_BYTES = 600_000; // of one request, before base64

/**
 * Sends the drafts of one device and removes those that the service has. Raises Unreachable.
 *
 * @param {DeviceContext} context
 * @param {{ sender: Sender, slot: VaultSlot }} from
 * @returns {Promise<{ saved: number, left: number }>}
 */
export async function rescue(context, { sender, slot }) {
  const { env, store } = context;
  const service = new Service(env);
  const token = await queueToken(env, sender);
  const drafts = (await store.all("drafts")).filter((row) => row.device === sender.device);
  const late = await sendFilesOf(context, service, { token, drafts });
  let saved = 0;
  for (const batch of batches(drafts.filter(({ id }) => !late.has(id)))) {
    const given = await giveAway(store, batch);
    const json = {
      ...{ device: sender.device, key: slot.key, slot: toBase64url(slot.sealed) },
      drafts: given.map(({ id, iv, data }) => ({ id, iv: toBase64url(iv), sealed: toBase64url(data) })),
    };
    const { status, body } = await service.ask({ token, method: "POST", path: "device-rescues", json });
    const taken = status === 200 ? (body.saved ?? []) : [];
    // What broke off within the service may have stored some: those stay marked, and are sent again as they are.
    const hasDecided = status < 500;
    for (const row of given) {
      if (!taken.includes(row.id)) hasDecided && (await takeAgain(store, row));
      else if (await letGo(store, row)) saved += 1;
    }
    if (status !== 200) break;
  }
  return { saved, left: drafts.length - saved };
}

/**
 * Marks rows as given to the service, and returns them as they are stored. What a page saves from then on goes on under
 * another id: the service takes an id once, and an answer that got lost must not hide a newer text. Which one it goes on
 * from is sealed with it, so that the service lets the newer text take the older one's place.
 *
 * @param {DeviceStore} store
 * @param {DraftRow[]} batch
 */
function giveAway(store, batch) {
  return store.run(["drafts"], "readwrite", async (requests) => {
    const given = [];
    for (const { id } of batch) {
      const row = await requests.get("drafts", id);
      if (!row) continue;
      const marked = { ...row, isGiven: true };
      await requests.put("drafts", marked);
      given.push(marked);
    }
    return given;
  });
}

/**
 * The service has said that it didn't take this one.
 *
 * @param {DeviceStore} store
 * @param {DraftRow} given
 */
function takeAgain(store, given) {
  return store.run(["drafts"], "readwrite", async (requests) => {
    const row = await requests.get("drafts", given.id);
    if (row) await requests.put("drafts", { ...row, isGiven: false });
  });
}

/** @param {DraftRow[]} rows */
function* batches(rows) {
  /** @type {DraftRow[]} */
  let batch = [];
  let bytes = 0;
  for (const row of rows) {
    if (batch.length && (batch.length >= AT_ONCE || bytes + row.data.length > MOST_BYTES)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(row);
    bytes += row.data.length;
  }
  if (batch.length) yield batch;
}

/**
 * Returns the drafts that wait for a file of theirs. One that the service refuses stops nothing: its draft arrives
 * without it.
 *
 * @param {DeviceContext} context
 * @param {ServiceClient} service
 * @param {{ token: string, drafts: DraftRow[] }} what
 */
async function sendFilesOf(context, service, { token, drafts }) {
  const ids = new Set(drafts.map(({ id }) => id));
  const late = new Set();
  for (const file of await context.store.all("files")) {
    if (!ids.has(file.draft) || isThere(file, context.env.now())) continue;
    const { kind } = await sendFile(context, service, { token, file });
    if (kind !== "sent" && kind !== "refused") late.add(file.draft);
  }
  return late;
}

/** @param {DeviceStore} store @param {DraftRow} sent */
function letGo(store, sent) {
  return store.run(["drafts", "files", "chunks", "parts"], "readwrite", async (requests) => {
    const row = await requests.get("drafts", sent.id);
    if (row?.turn !== sent.turn) return false;
    await requests.remove("drafts", sent.id);
    for (const file of await requests.all("files")) if (file.draft === sent.id) await removeFile(requests, file);
    return true;
  });
}

/**
 * Sends what is left of devices whose keys went, and forgets those of which nothing is left. Raises Unreachable.
 *
 * @param {DeviceContext} context
 */
export async function rescueRemains(context) {
  for (const remains of await context.store.all("remains")) {
    await rescue(context, { sender: remains, slot: remains.slot });
    await forgetIfEmpty(context.store, remains.device);
  }
}

/** @param {DeviceStore} store @param {string} device */
function forgetIfEmpty(store, device) {
  return store.run(["remains", "drafts", "queue", "files", "chunks", "parts"], "readwrite", async (requests) => {
    const isOf = (/** @type {{ device: string }} */ row) => row.device === device;
    if ((await requests.all("drafts")).some(isOf)) return;
    const items = (await requests.all("queue")).filter(isOf);
    if (items.some((item) => item.sealed)) return;
    for (const item of items) if (item.state !== "returned") await requests.remove("queue", item.id);
    for (const file of (await requests.all("files")).filter(isOf)) await removeFile(requests, file);
    await requests.remove("remains", device);
  });
}
