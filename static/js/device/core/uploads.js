/** Sealed files, in parts that resume where the last one ended. */

import { PART } from "./files.js";

const MAX_STEPS = 200; // of one file: its parts, and answers that say the offset was another one

const A_DAY = 24 * 3_600_000;

/**
 * Whether the service has it for sure: what no form names it deletes after two days.
 *
 * @param {FileRow} file
 * @param {number} now
 */
export const isThere = ({ sentAt }, now) => sentAt > 0 && Math.abs(now - sentAt) < A_DAY;

/**
 * Sends one file. "turn": the service has said when to come; "later": it is busy; "refused": it won't take this file;
 * "signed-out" or "ended": the token. Raises Unreachable.
 *
 * @param {DeviceContext} context
 * @param {ServiceClient} service
 * @param {{ token: string, file: FileRow }} what
 * @returns {Promise<{ kind: "sent" | "refused" | "turn" | "later" | "signed-out" | "ended", headers?: Headers }>}
 */
export async function sendFile({ env, store }, service, { token, file }) {
  const path = `sealed-files/${file.id}`;
  const head = await service.ask({ token, method: "HEAD", path });
  let offset = Number(head.headers.get("Upload-Offset") ?? 0);
  if (head.status !== 404 && head.status >= 400) return outcome(head);
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const part = await slice(store, file, offset);
    const headers = {
      "Content-Type": "application/octet-stream",
      "Upload-Offset": String(offset),
      "Upload-Length": String(file.length),
      "X-Field-Key": file.key,
    };
    const reply = await service.ask({ token, method: "PATCH", path, bytes: part, headers });
    if (reply.status === 201 || reply.status === 200) {
      await markSent(store, file, env.now());
      return { kind: "sent" };
    }
    if (reply.status !== 204 && reply.status !== 409) return outcome(reply);
    offset = Number(reply.headers.get("Upload-Offset") ?? 0);
  }
  return { kind: "later" };
}

/** @param {Reply} reply */
export function outcome({ status, headers }) {
  if (status === 429 && headers.has("Retry-After")) return { kind: /** @type {const} */ ("turn"), headers };
  if (status === 401 || status === 403) return { kind: /** @type {const} */ ("signed-out") };
  if (status === 410) return { kind: /** @type {const} */ ("ended") };
  if (status >= 500 || [408, 425, 429].includes(status)) return { kind: /** @type {const} */ ("later"), headers };
  return { kind: /** @type {const} */ ("refused") };
}

/**
 * From an offset, as much as one request may bring; nothing when the service has all of it.
 *
 * @param {DeviceStore} store
 * @param {FileRow} file
 * @param {number} offset
 */
async function slice(store, file, offset) {
  const first = await store.get("parts", [file.id, Math.floor(offset / PART)]);
  return first ? first.data.slice(offset % PART) : new Uint8Array(0);
}

/** @param {DeviceStore} store @param {FileRow} file @param {number} sentAt */
function markSent(store, file, sentAt) {
  return store.run(["files"], "readwrite", async (requests) => {
    const row = await requests.get("files", file.id);
    if (row) await requests.put("files", { ...row, sentAt });
  });
}
