/**
 * Files of drafts. Each is stored twice: under the draft key, to be shown again, and sealed to the service, to be sent.
 * So finishing a form moves nothing, and a file isn't lost with the keys.
 */

import { concat, paddedLength, utf8 } from "./bytes.js";
import { removeFile } from "./drafts.js";
import { DeviceError } from "./errors.js";
import { seal } from "./hpke.js";
import { publicBytes } from "./keys.js";
import { openBytes, openRecord, sealBytes, sealRecord } from "./seal.js";

export const PART = 256 * 1024;
const MAX = 10 * 1024 * 1024; // what the service takes of one file

export class Files {
  /** @param {DeviceContext} context */
  constructor(context) {
    this.context = context;
  }

  /**
   * Stores a file of a draft. Raises DeviceError: "too-large", "gone" without the draft.
   *
   * @param {string} draftId
   * @param {string} name
   * @param {Blob} blob
   * @returns {Promise<string>} its UUID: the answer of the question it belongs to
   */
  async put(draftId, name, blob) {
    if (blob.size > MAX) throw new DeviceError("too-large");
    const session = this.context.open();
    const { env, store } = this.context;
    const draft = session.moved.get(draftId) ?? draftId;
    const id = env.crypto.randomUUID();
    const bytes = new Uint8Array(await blob.arrayBuffer());
    /** @type {ChunkRow[]} */
    const chunks = [];
    for (let at = 0; at * PART < bytes.length || at === 0; at += 1)
      chunks.push(await this.sealChunk(session, id, at, bytes.slice(at * PART, (at + 1) * PART)));
    const [key] = /** @type {DeviceRow} */ (this.context.row).keys;
    const info = utf8(`vatra sealed file 1\n${session.device}\n${id}\n${key.id}`);
    const whole = await seal({ crypto: env.crypto, publicKey: publicBytes(key), info, plain: bytes });
    const record = { name, type: blob.type, size: blob.size };
    const sealed = await sealRecord(env, session.key, { table: "files", id, record });
    const parts = Math.ceil(whole.length / PART);
    /** @type {FileRow} */
    const row = {
      ...{ id, device: session.device, draft, sealed, chunks: chunks.length },
      ...{ key: key.id, parts, length: whole.length, sentAt: 0 },
    };
    await store.run(["meta", "remains", "drafts", "files", "chunks", "parts"], "readwrite", async (requests) => {
      const hasKeys = await this.context.mustBeThere(requests, session.device);
      if (!(await requests.get("drafts", draft))) throw new DeviceError("gone");
      // Of a phone whose keys went meanwhile nothing is left but what the service opens.
      await requests.put("files", hasKeys ? row : { ...row, sealed: null, chunks: 0 });
      for (const chunk of hasKeys ? chunks : []) await requests.put("chunks", chunk);
      for (let at = 0; at < parts; at += 1)
        await requests.put("parts", { file: id, at, data: whole.slice(at * PART, (at + 1) * PART) });
    });
    return id;
  }

  /**
   * Raises DeviceError: "gone" for one that isn't here, or that was finished and can't be read any more.
   *
   * @param {string} id
   * @returns {Promise<File>}
   */
  async get(id) {
    const session = this.context.open();
    const { env, store } = this.context;
    const { row, chunks } = await store.run(["files", "chunks"], "readonly", async (requests) => {
      const found = await requests.get("files", id);
      const pieces = [];
      for (let at = 0; at < (found?.chunks ?? 0); at += 1) pieces.push(await requests.get("chunks", [id, at]));
      return { row: found, chunks: pieces };
    });
    if (row?.device !== session.device || !row.sealed) throw new DeviceError("gone");
    const record = await openRecord(env, session.key, { table: "files", id, sealed: row.sealed });
    const opened = [];
    for (const [at, sealed] of chunks.entries()) {
      if (!sealed) throw new DeviceError("unreadable");
      opened.push(await openBytes(env, session.key, { table: "chunks", id: `${id}/${at}`, sealed }));
    }
    return new File([concat(...opened).slice(0, record.size)], record.name, { type: record.type });
  }

  /** @param {string} id */
  async remove(id) {
    const session = this.context.open();
    await this.context.store.run(["files", "chunks", "parts"], "readwrite", async (requests) => {
      const file = await requests.get("files", id);
      if (file?.device === session.device && file.sealed) await removeFile(requests, file);
    });
  }

  /** @param {DeviceSession} session @param {string} file @param {number} at @param {Bytes} bytes @returns {Promise<ChunkRow>} */
  async sealChunk(session, file, at, bytes) {
    const plain = new Uint8Array(paddedLength(bytes.length)); // only the last one is longer than its bytes
    plain.set(bytes);
    const sealed = await sealBytes(this.context.env, session.key, { table: "chunks", id: `${file}/${at}`, plain });
    return { file, at, ...sealed };
  }
}
