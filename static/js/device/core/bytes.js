/** Bytes, texts and base64url, and JSON in steps of 1 kB, so that a stored value's length says little. */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });
const STEP = 1024;

/** @param {string} text */
export const utf8 = (text) => encoder.encode(text);

/** @param {BufferSource} bytes */
export const text = (bytes) => decoder.decode(bytes);

/** @param {Uint8Array[]} parts */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {Uint8Array} bytes */
export function toBase64url(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * Raises what `atob` raises for a text that is no base64.
 *
 * @param {string} encoded
 */
export function fromBase64url(encoded) {
  const binary = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

/**
 * A record as JSON whose length is a whole number of kilobytes, by its last member "pad".
 *
 * @param {object} record
 */
export function paddedJson(record) {
  const bare = utf8(JSON.stringify({ ...record, pad: "" }));
  const end = bare.length - '"}'.length;
  const padded = new Uint8Array(paddedLength(bare.length)).fill("0".charCodeAt(0));
  padded.set(bare.subarray(0, end));
  padded.set(utf8('"}'), padded.length - '"}'.length);
  return padded;
}

/**
 * What `paddedJson` made.
 *
 * @param {BufferSource} bytes
 */
export function readPaddedJson(bytes) {
  const { pad: _, ...record } = JSON.parse(text(bytes));
  return record;
}

/** @param {number} length in bytes */
export const paddedLength = (length) => Math.ceil(length / STEP) * STEP;
