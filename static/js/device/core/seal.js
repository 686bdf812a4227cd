/** AES-GCM of one stored value: 96 random bits each time, and the record's place in what is authenticated. */

import { paddedJson, readPaddedJson, utf8 } from "./bytes.js";
import { DeviceError } from "./errors.js";

const AES = { name: "AES-GCM", length: 256 };
const IV = 12;

/** @param {string} table @param {string} id */
const place = (table, id) => utf8(`${table}\n${id}`);

/** A key that never leaves the browser. @param {Env} env @returns {Promise<CryptoKey>} */
export const makeKey = ({ crypto }) => crypto.subtle.generateKey(AES, false, ["encrypt", "decrypt"]);

/** @param {Env} env @param {Uint8Array<ArrayBuffer>} raw @returns {Promise<CryptoKey>} */
export const importKey = ({ crypto }, raw) =>
  crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);

/**
 * @param {Env} env
 * @param {CryptoKey} key
 * @param {{ table: string, id: string, plain: BufferSource }} what
 * @returns {Promise<Sealed>}
 */
export async function sealBytes({ crypto, random }, key, { table, id, plain }) {
  const iv = random(IV);
  const how = { name: "AES-GCM", iv, additionalData: place(table, id) };
  return { iv, data: new Uint8Array(await crypto.subtle.encrypt(how, key, plain)) };
}

/**
 * Raises DeviceError "unreadable" for what was changed, or sealed under another key or at another place.
 *
 * @param {Env} env
 * @param {CryptoKey} key
 * @param {{ table: string, id: string, sealed: Sealed }} what
 */
export async function openBytes({ crypto }, key, { table, id, sealed: { iv, data } }) {
  try {
    const how = { name: "AES-GCM", iv, additionalData: place(table, id) };
    return new Uint8Array(await crypto.subtle.decrypt(how, key, data));
  } catch {
    throw new DeviceError("unreadable");
  }
}

/**
 * @param {Env} env
 * @param {CryptoKey} key
 * @param {{ table: string, id: string, record: object }} what
 */
export const sealRecord = (env, key, { table, id, record }) =>
  sealBytes(env, key, { table, id, plain: paddedJson(record) });

/**
 * @param {Env} env
 * @param {CryptoKey} key
 * @param {{ table: string, id: string, sealed: Sealed }} what
 */
export const openRecord = async (env, key, what) => readPaddedJson(await openBytes(env, key, what));
