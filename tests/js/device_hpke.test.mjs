/** HPKE by RFC 9180's own vectors (A.3.1: P-256 with AES-128), and what must not open. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toBase64url, utf8 } from "../../static/js/device/core/bytes.js";
import { open, seal } from "../../static/js/device/core/hpke.js";

const hex = (/** @type {string} */ text) => Uint8Array.from(Buffer.from(text, "hex"));
const INFO = hex("4f6465206f6e2061204772656369616e2055726e");
const PLAIN = hex("4265617574792069732074727574682c20747275746820626561757479");
const RECIPIENT = {
  secret: hex("f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2"),
  point: hex(
    "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0",
  ),
};
const EPHEMERAL = {
  secret: hex("4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb"),
  point: hex(
    "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4",
  ),
};
const CIPHERTEXT = "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434";

/** @param {{ secret: Uint8Array, point: Uint8Array }} pair */
async function pairOf({ secret, point }) {
  const jwk = { kty: "EC", crv: "P-256", x: toBase64url(point.slice(1, 33)), y: toBase64url(point.slice(33)) };
  const curve = { name: "ECDH", namedCurve: "P-256" };
  return {
    publicKey: await crypto.subtle.importKey("jwk", jwk, curve, true, []),
    privateKey: await crypto.subtle.importKey("jwk", { ...jwk, d: toBase64url(secret) }, curve, false, ["deriveBits"]),
  };
}

const keys = await pairOf(RECIPIENT);
const publicKey = RECIPIENT.point;

describe("hpke", () => {
  test("seals as RFC 9180 A.3.1 does", async () => {
    const ephemeral = await pairOf(EPHEMERAL);
    const [aad, bits] = [utf8("Count-0"), /** @type {const} */ (128)];
    const sealed = await seal({ crypto, publicKey, info: INFO, plain: PLAIN, aad, ephemeral, bits });
    assert.equal(Buffer.from(sealed).toString("hex"), Buffer.from(EPHEMERAL.point).toString("hex") + CIPHERTEXT);
    assert.deepEqual(await open({ crypto, keys, info: INFO, sealed, aad, bits }), PLAIN);
  });

  test("opens what it sealed, and nothing for another purpose, cut or changed", async () => {
    const sealed = await seal({ crypto, publicKey, info: INFO, plain: PLAIN });
    assert.deepEqual(await open({ crypto, keys, info: INFO, sealed }), PLAIN);
    await assert.rejects(open({ crypto, keys, info: utf8("another"), sealed }));
    await assert.rejects(open({ crypto, keys, info: INFO, sealed: sealed.slice(0, -1) }));
    await assert.rejects(open({ crypto, keys, info: INFO, sealed: sealed.slice(0, 64) }));
    for (const at of [1, 64, 65, sealed.length - 1]) {
      const changed = sealed.slice();
      changed[at] ^= 1;
      await assert.rejects(open({ crypto, keys, info: INFO, sealed: changed }));
    }
  });

  test("seals the same words differently each time", async () => {
    const once = await seal({ crypto, publicKey, info: INFO, plain: PLAIN });
    assert.notDeepEqual(await seal({ crypto, publicKey, info: INFO, plain: PLAIN }), once);
  });
});
