// Why a PIN is refused, in words.

import { word } from "./dom.js";

/** @type {Record<string, string>} */
const WORDS = { "pin-short": "pinShort", "pin-obvious": "pinObvious", "pin-same": "pinSame", "no-kdf": "noKdf" };

/** @param {unknown} error */
export function pinWords(error) {
  const { code = "" } = /** @type {{ code?: string }} */ (error ?? {});
  return word(WORDS[code] ?? "trouble");
}
