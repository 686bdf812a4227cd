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
  const settled = await sendFilesOf(context, service, { token, drafts });
  let saved = 0;
  for (const batch of batches(drafts)) {
    const given = await giveAway(store, batch, settled);
    if (!given.length) continue;
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
      else if (await letGo(store, row, settled)) saved += 1;
    }
    if (status !== 200) break;
  }
  return { saved, left: drafts.length - saved };
}

/**
 * Marks rows as given to the service, and returns them as they are stored; those that wait for a file stay as they are.
 * What a page saves from then on goes on under another id: the service takes an id once, and an answer that got lost
 * must not hide a newer text. Which one it goes on from is sealed with it, so that the service lets the newer text take
 * the older one's place.
 *
 * @param {DeviceStore} store
 * @param {DraftRow[]} batch
 * @param {Set<string>} settled
 */
function giveAway(store, batch, settled) {
  return store.run(["drafts", "files"], "readwrite", async (requests) => {
    const given = [];
    const files = await requests.all("files");
    const drafts = await requests.all("drafts");
    for (const { id } of batch) {
      const row = drafts.find((each) => each.id === id);
      if (!row || isWaiting({ files, drafts, settled }, row)) continue;
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
 * Sends the files of drafts. Returns the ids of those that the service has or refuses: one that it refuses stops
 * nothing, its draft arrives without it.
 *
 * @param {DeviceContext} context
 * @param {ServiceClient} service
 * @param {{ token: string, drafts: DraftRow[] }} what
 * @returns {Promise<Set<string>>}
 */
async function sendFilesOf(context, service, { token, drafts }) {
  const ids = new Set(drafts.map(({ id }) => id));
  const settled = new Set();
  for (const file of await context.store.all("files")) {
    if (!ids.has(file.draft)) continue;
    const { kind } = isThere(file, context.env.now())
      ? { kind: "sent" }
      : await sendFile(context, service, { token, file });
    if (kind === "sent" || kind === "refused") settled.add(file.id);
  }
  return settled;
}

/**
 * Whether a file that the draft may name is still to be sent: one that came late, or that another tab has added meanwhile.
 * A copy names files of the draft that it was made from, which itself may be a copy: what its names are only its keys say,
 * so it waits for the files of all drafts.
 *
 * @param {{ files: FileRow[], drafts: DraftRow[], settled: Set<string> }} here
 * @param {DraftRow} row
 */
function isWaiting({ files, drafts, settled }, row) {
  const others = row.copyOf ? drafts.filter(({ device }) => device === row.device) : [];
  const mayBeNamed = new Set([row, ...others].map(({ id }) => id));
  return files.some((file) => mayBeNamed.has(file.draft) && !settled.has(file.id));
}

/** @param {DeviceStore} store @param {DraftRow} sent @param {Set<string>} settled */
function letGo(store, sent, settled) {
  return store.run(["drafts", "files", "chunks", "parts"], "readwrite", async (requests) => {
    const row = await requests.get("drafts", sent.id);
    const files = await requests.all("files");
    const drafts = await requests.all("drafts");
    if (row?.turn !== sent.turn || isWaiting({ files, drafts, settled }, row)) return false;
    await requests.remove("drafts", sent.id);
    for (const file of files) if (file.draft === sent.id) await removeFile(requests, file);
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
