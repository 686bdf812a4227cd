/** Working a proof out: the number for which the hash of salt and number is the challenge (altcha's, version 1). */

import { hasher } from "./sha256.js";

const SLICE = 30; // milliseconds at a time, so that the page stays usable

const pause = () => new Promise((resume) => setTimeout(resume, 0));

/**
 * The proof for a challenge as the server wants it back, or "" when there is none.
 *
 * @param {{ algorithm: string, challenge: string, salt: string, signature: string, max: number }} options
 */
export async function solve({ algorithm, challenge, salt, signature, max }) {
  if (algorithm !== "SHA-256") return "";
  const hash = hasher(salt);
  let number = 0;
  while (number <= max) {
    const until = performance.now() + SLICE;
    do {
      if (hash(String(number)) === challenge)
        return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
      number += 1;
    } while (number <= max && performance.now() < until);
    await pause();
  }
  return "";
}
