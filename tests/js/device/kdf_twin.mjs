/** Stretches what test_kdf_twin.py hands in, with hash-wasm's own file and with the browser's PBKDF2. */

import { text } from "node:stream/consumers";
import { loadArgon2, stretch } from "../../../static/js/device/core/kdf.js";

const { script, cases } = JSON.parse(await text(process.stdin));
const argon2 = await loadArgon2(script);
const answers = [];
for (const { pin, kdf } of cases) {
  const salt = Uint8Array.from(Buffer.from(kdf.salt, "hex"));
  const bytes = await stretch({ crypto, argon2 }, pin, { ...kdf, salt }).catch((error) => Buffer.from(error.code));
  answers.push(Buffer.from(bytes).toString("hex"));
}
process.stdout.write(JSON.stringify({ hasArgon2: argon2 !== undefined, answers }));
