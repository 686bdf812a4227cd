/**
 * The draft key and what it is wrapped by (docs/adr/0173): the PIN together with a share of the service and a key that
 * can't leave the browser; and the service's own public key, so that nothing is lost when the rest goes.
 */

import { concat, fromBase64url, utf8 } from "./bytes.js";
import { seal } from "./hpke.js";
import { importKey, openBytes, sealBytes } from "./seal.js";

const KEK_INFO = utf8("vatra device kek 1");
export const DRAFT_KEY = 32;
const WRAPPED = { table: "keys", id: "draft key" };

/**
 * @param {Env} env
 * @param {Uint8Array} stretched the PIN's 32 bytes
 * @param {Uint8Array} share
 */
async function makeKek({ crypto }, stretched, share) {
  const key = await crypto.subtle.importKey("raw", concat(stretched, share), "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: KEK_INFO };
  return crypto.subtle.deriveKey(how, key, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/**
 * A slot that the PIN opens. It carries the share that it was made with: another may come while the phone is locked.
 *
 * @param {Env} env
 * @param {{ id: "pin" | "duress", deviceKey: CryptoKey, stretched: Uint8Array, share: Uint8Array<ArrayBuffer>,
 *   draftKey: Uint8Array<ArrayBuffer> }} options
 * @returns {Promise<Slot>}
 */
export async function makeSlot(env, { id, deviceKey, stretched, share, draftKey }) {
  const kek = await makeKek(env, stretched, share);
  const inner = await sealBytes(env, kek, { ...WRAPPED, plain: draftKey });
  const outer = await sealBytes(env, deviceKey, { ...WRAPPED, plain: concat(inner.iv, inner.data) });
  return { id, ...outer, share: await sealShare(env, deviceKey, share) };
}

/**
 * The draft key of a slot, or null when this PIN doesn't open it.
 *
 * @param {Env} env
 * @param {Slot} slot
 * @param {{ deviceKey: CryptoKey, stretched: Uint8Array }} options
 */
export async function openSlot(env, slot, { deviceKey, stretched }) {
  try {
    const kek = await makeKek(env, stretched, await openShare(env, deviceKey, slot.share));
    const inner = await openBytes(env, deviceKey, { ...WRAPPED, sealed: slot });
    const sealed = { iv: inner.slice(0, 12), data: inner.slice(12) };
    return await openBytes(env, kek, { ...WRAPPED, sealed });
  } catch {
    return null;
  }
}

/** @param {Env} env @param {CryptoKey} deviceKey @param {Uint8Array<ArrayBuffer>} share */
export const sealShare = (env, deviceKey, share) =>
  sealBytes(env, deviceKey, { table: "keys", id: "share", plain: share });

/** @param {Env} env @param {CryptoKey} deviceKey @param {Sealed} sealed */
export const openShare = (env, deviceKey, sealed) => openBytes(env, deviceKey, { table: "keys", id: "share", sealed });

/**
 * The draft key for the service alone.
 *
 * @param {Env} env
 * @param {{ device: string, key: PublicKey, draftKey: Uint8Array<ArrayBuffer> }} options
 * @returns {Promise<VaultSlot>}
 */
export async function makeVaultSlot({ crypto }, { device, key, draftKey }) {
  const info = utf8(`vatra draft key 1\n${device}\n${key.id}`);
  return {
    id: "vault",
    key: key.id,
    sealed: await seal({ crypto, publicKey: publicBytes(key), info, plain: draftKey }),
  };
}

/** @param {PublicKey} key */
export const publicBytes = (key) => fromBase64url(key.public);

/**
 * The draft key as one that never leaves; the bytes it came in are wiped.
 *
 * @param {Env} env
 * @param {Uint8Array<ArrayBuffer>} raw
 */
export async function takeDraftKey(env, raw) {
  const key = await importKey(env, raw);
  raw.fill(0);
  return key;
}
