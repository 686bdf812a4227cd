/** Opens and seals what test_hpke_twin.py hands in: a list on standard input, and the answers as a list. */

import { text } from "node:stream/consumers";
import { toBase64url } from "../../../static/js/device/core/bytes.js";
import { open, seal } from "../../../static/js/device/core/hpke.js";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const bytes = (/** @type {string} */ encoded) => Uint8Array.from(Buffer.from(encoded, "base64"));

/** @param {{ secret: string, point: string }} pair */
async function pairOf({ secret, point }) {
  const at = bytes(point);
  const jwk = { kty: "EC", crv: "P-256", x: toBase64url(at.slice(1, 33)), y: toBase64url(at.slice(33)) };
  return {
    publicKey: await crypto.subtle.importKey("jwk", jwk, CURVE, true, []),
    privateKey: await crypto.subtle.importKey("jwk", { ...jwk, d: toBase64url(bytes(secret)) }, CURVE, false, [
      "deriveBits",
    ]),
  };
}

const answers = [];
for (const { info: purpose, plain, sealed, ...pair } of JSON.parse(await text(process.stdin))) {
  const info = bytes(purpose);
  const opened = await open({ crypto, keys: await pairOf(pair), info, sealed: bytes(sealed) }).catch(() => null);
  const own = await seal({ crypto, publicKey: bytes(pair.point), info, plain: bytes(plain) });
  answers.push({
    plain: opened ? Buffer.from(opened).toString("base64") : "refused",
    sealed: Buffer.from(own).toString("base64"),
  });
}
process.stdout.write(JSON.stringify(answers));
