/** SHA-256 of short texts, many of them with the same beginning. Own, because `crypto.subtle` is missing on pages
 * without TLS and costs a promise for each hash. Held to known answers by case_forms/tip_pages/tests/test_proof_twin.py. */

const K = new Uint32Array(64);
const START = new Uint32Array(8);

/** The first 32 bits of the fractional part. */
const fraction = (number) => Math.floor((number - Math.floor(number)) * 4294967296);

for (let found = 0, candidate = 2; found < 64; candidate += 1) {
  let prime = true;
  for (let factor = 2; factor * factor <= candidate; factor += 1) if (candidate % factor === 0) prime = false;
  if (!prime) continue;
  if (found < 8) START[found] = fraction(Math.sqrt(candidate));
  K[found] = fraction(Math.cbrt(candidate));
  found += 1;
}

const words = new Uint32Array(64);

/** Takes one block of 64 bytes into the state. */
function compress(state, block, offset) {
  for (let i = 0; i < 16; i += 1) {
    const at = offset + i * 4;
    words[i] = (block[at] << 24) | (block[at + 1] << 16) | (block[at + 2] << 8) | block[at + 3];
  }
  for (let i = 16; i < 64; i += 1) {
    const a = words[i - 15];
    const b = words[i - 2];
    const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
    const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
    words[i] = words[i - 16] + s0 + words[i - 7] + s1;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + words[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

const encoder = new TextEncoder();

/** A function from the rest of a text to the hash (hex) of `beginning + rest`; what is equal is worked out once. */
export function hasher(beginning) {
  const head = encoder.encode(beginning);
  const whole = head.length - (head.length % 64);
  const middle = new Uint32Array(START);
  for (let offset = 0; offset < whole; offset += 64) compress(middle, head, offset);
  const left = head.subarray(whole);
  return (rest) => {
    const tail = encoder.encode(rest);
    const length = left.length + tail.length;
    const block = new Uint8Array(Math.ceil((length + 9) / 64) * 64);
    block.set(left);
    block.set(tail, left.length);
    block[length] = 0x80;
    const bits = (whole + length) * 8;
    new DataView(block.buffer).setUint32(block.length - 4, bits >>> 0);
    new DataView(block.buffer).setUint32(block.length - 8, Math.floor(bits / 4294967296));
    const state = new Uint32Array(middle);
    for (let offset = 0; offset < block.length; offset += 64) compress(state, block, offset);
    return Array.from(state, (word) => word.toString(16).padStart(8, "0")).join("");
  };
}
