/**
 * HPKE in base mode, single shot (RFC 9180): DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. Sealed is the
 * encapsulated key (65 bytes), then the ciphertext. The twin of site/vault/field_keys.py.
 */

import { concat, utf8 } from "./bytes.js";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const ENCAPSULATED = 65;
const KEM = concat(utf8("KEM"), new Uint8Array([0, 0x10]));
const NONE = new Uint8Array(0);
const MAX_AT_ONCE = 32; // bytes of one HMAC-SHA256: nothing here asks HKDF for more

/** @param {number} number */
const twoBytes = (number) => new Uint8Array([number >> 8, number & 255]);

class Suite {
  /**
   * @param {Crypto} crypto
   * @param {128 | 256} bits of the AES key; 128 is in the RFC's own vectors
   */
  constructor(crypto, bits = 256) {
    this.subtle = crypto.subtle;
    this.keyLength = bits / 8;
    this.id = concat(utf8("HPKE"), new Uint8Array([0, 0x10, 0, 1, 0, bits === 256 ? 2 : 1]));
  }

  /**
   * @param {Uint8Array<ArrayBuffer>} key
   * @param {Uint8Array<ArrayBuffer>} message
   */
  async hmac(key, message) {
    // WebCrypto refuses an HMAC key without bytes; zeros up to the block are the same key.
    const raw = key.length ? key : new Uint8Array(32);
    const imported = await this.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return new Uint8Array(await this.subtle.sign("HMAC", imported, message));
  }

  /** @param {{ suite: Uint8Array, salt: Uint8Array<ArrayBuffer>, label: string, secret: Uint8Array }} options */
  extract({ suite, salt, label, secret }) {
    return this.hmac(salt, concat(utf8("HPKE-v1"), suite, utf8(label), secret));
  }

  /** @param {{ suite: Uint8Array, key: Uint8Array<ArrayBuffer>, label: string, info: Uint8Array, length: number }} options */
  async expand({ suite, key, label, info, length }) {
    if (length > MAX_AT_ONCE) throw new RangeError("one block of HKDF");
    const labelled = concat(twoBytes(length), utf8("HPKE-v1"), suite, utf8(label), info);
    return (await this.hmac(key, concat(labelled, new Uint8Array([1])))).slice(0, length);
  }

  /**
   * What both sides agree on.
   *
   * @param {{ own: CryptoKey, other: Uint8Array<ArrayBuffer>, context: Uint8Array }} options
   */
  async agree({ own, other, context }) {
    const key = await this.subtle.importKey("raw", other, CURVE, true, []);
    const secret = new Uint8Array(await this.subtle.deriveBits({ name: "ECDH", public: key }, own, 256));
    const extracted = await this.extract({ suite: KEM, salt: NONE, label: "eae_prk", secret });
    return this.expand({ suite: KEM, key: extracted, label: "shared_secret", info: context, length: 32 });
  }

  /**
   * The AES key and its nonce for the first and only message.
   *
   * @param {Uint8Array<ArrayBuffer>} shared
   * @param {Uint8Array} info
   */
  async schedule(shared, info) {
    const { id: suite, keyLength } = this;
    const pskId = await this.extract({ suite, salt: NONE, label: "psk_id_hash", secret: NONE });
    const infoHash = await this.extract({ suite, salt: NONE, label: "info_hash", secret: info });
    const context = concat(new Uint8Array([0]), pskId, infoHash);
    const key = await this.extract({ suite, salt: shared, label: "secret", secret: NONE });
    const raw = await this.expand({ suite, key, label: "key", info: context, length: keyLength });
    const iv = await this.expand({ suite, key, label: "base_nonce", info: context, length: 12 });
    const aes = await this.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
    return { aes, iv };
  }
}

/**
 * Seals to a public key (65 bytes, an uncompressed point). `ephemeral` and `bits` are for the vectors.
 *
 * @param {{ crypto: Crypto, publicKey: Uint8Array<ArrayBuffer>, info: Uint8Array, plain: BufferSource,
 *   aad?: Uint8Array<ArrayBuffer>, ephemeral?: CryptoKeyPair, bits?: 128 | 256 }} options
 */
export async function seal({ crypto, publicKey, info, plain, aad = NONE, ephemeral, bits }) {
  const suite = new Suite(crypto, bits);
  const pair = ephemeral ?? (await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]));
  const encapsulated = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const context = concat(encapsulated, publicKey);
  const shared = await suite.agree({ own: pair.privateKey, other: publicKey, context });
  const { aes, iv } = await suite.schedule(shared, info);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: aad }, aes, plain);
  return concat(encapsulated, new Uint8Array(sealed));
}

/**
 * Opens with a private key: what the service does. Phones have none; tests do. Rejects what doesn't open.
 *
 * @param {{ crypto: Crypto, keys: CryptoKeyPair, info: Uint8Array, sealed: Uint8Array<ArrayBuffer>,
 *   aad?: Uint8Array<ArrayBuffer>, bits?: 128 | 256 }} options
 */
export async function open({ crypto, keys, info, sealed, aad = NONE, bits }) {
  const suite = new Suite(crypto, bits);
  const encapsulated = sealed.slice(0, ENCAPSULATED);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
  const context = concat(encapsulated, publicKey);
  const shared = await suite.agree({ own: keys.privateKey, other: encapsulated, context });
  const { aes, iv } = await suite.schedule(shared, info);
  const ciphertext = sealed.slice(ENCAPSULATED);
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: aad }, aes, ciphertext));
}
