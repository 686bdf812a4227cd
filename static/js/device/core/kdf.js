/**
 * From a PIN to 32 bytes, slowly. Argon2id by hash-wasm where the page could load it, PBKDF2 where not; which of them,
 * and how much work, is stored with the keys, so that a phone opens with what it was set up with.
 */

import { utf8 } from "./bytes.js";
import { DeviceError } from "./errors.js";

// About half a second on a phone six times slower than a laptop (tests/bench/phone_core.py). OWASP's least is 19 MiB twice.
const ARGON2 = { name: "argon2id", memory: 19456, passes: 2, lanes: 1 };
const PBKDF2 = { name: "pbkdf2-sha256", passes: 600_000 };
const SALT = 16;
const LENGTH = 32;

/**
 * Loads hash-wasm's file for Argon2. Undefined where it isn't there, or WebAssembly may not run.
 *
 * @param {string} address
 * @returns {Promise<Argon2 | undefined>}
 */
export async function loadArgon2(address) {
  try {
    const module = await import(address);
    const library = Reflect.get(globalThis, "hashwasm") ?? module.default ?? module;
    const probe = { password: "p", salt: new Uint8Array(8), iterations: 1, memorySize: 8, parallelism: 1 };
    await library.argon2id({ ...probe, hashLength: 4, outputType: "binary" });
    return library.argon2id;
  } catch {
    return undefined;
  }
}

/**
 * What a new phone uses, with a salt of its own.
 *
 * @param {Env} env
 * @returns {Kdf}
 */
function chooseKdf({ argon2, random }) {
  return { ...(argon2 ? ARGON2 : PBKDF2), salt: random(SALT) };
}

/**
 * The 32 bytes of a new phone's PIN, and how they were made: by PBKDF2 when the phone lacks the memory for Argon2.
 *
 * @param {Env} env
 * @param {string} pin
 */
export async function firstStretch(env, pin) {
  const kdf = chooseKdf(env);
  try {
    return { kdf, stretched: await stretch(env, pin, kdf) };
  } catch (error) {
    if (kdf.name === PBKDF2.name) throw error;
    const simpler = chooseKdf({ ...env, argon2: undefined });
    return { kdf: simpler, stretched: await stretch(env, pin, simpler) };
  }
}

/**
 * @param {Env} env
 * @param {Kdf} kdf
 */
export const canStretch = ({ argon2 }, kdf) => kdf.name === PBKDF2.name || argon2 !== undefined;

/**
 * 32 bytes of a PIN. Raises DeviceError "no-kdf" where this page lacks what the phone was set up with.
 *
 * @param {Env} env
 * @param {string} pin
 * @param {Kdf} kdf
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function stretch(env, pin, kdf) {
  const password = utf8(pin.normalize("NFKC").trim());
  if (kdf.name === PBKDF2.name) {
    const key = await env.crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const how = { name: "PBKDF2", hash: "SHA-256", salt: kdf.salt, iterations: kdf.passes };
    return new Uint8Array(await env.crypto.subtle.deriveBits(how, key, LENGTH * 8));
  }
  if (!env.argon2) throw new DeviceError("no-kdf");
  const { salt, passes: iterations, memory: memorySize = 0, lanes: parallelism = 1 } = kdf;
  const work = { password, salt, iterations, memorySize, parallelism, hashLength: LENGTH };
  return Uint8Array.from(await env.argon2({ ...work, outputType: "binary" }));
}
