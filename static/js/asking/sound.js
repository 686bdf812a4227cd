// Sound as numbers between -1 and 1: resampled, changed in pitch, and written as a plain WAV file (case_forms/tips/wav.py).

export const RATE = 8000; // samples a second, as on the telephone
const TAPS = 16; // samples on each side that one new sample is made of
const FRAME = 320; // 40 ms at RATE
const OVERLAP = 80;
const SEARCH = 80; // how far a frame may be moved so that it continues the one before
const HEADER = 44;
const LOUDEST = 0x7fff;

/**
 * The same sound at another rate, without what that rate can't hold (a windowed sinc).
 *
 * @param {Float32Array} samples
 * @param {number} from
 * @param {number} to
 */
export function resample(samples, from, to) {
  const step = from / to;
  const cut = Math.min(1, 1 / step);
  const reach = Math.ceil(TAPS / cut);
  const result = new Float32Array(Math.floor(samples.length / step));
  for (let place = 0; place < result.length; place++) {
    const middle = place * step;
    const first = Math.max(Math.ceil(middle - reach), 0);
    const last = Math.min(Math.floor(middle + reach), samples.length - 1);
    let sum = 0;
    for (let at = first; at <= last; at++) {
      const x = at - middle;
      const angle = Math.PI * x * cut;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / reach);
      sum += samples[at] * cut * window * (angle === 0 ? 1 : Math.sin(angle) / angle);
    }
    result[place] = sum;
  }
  return result;
}

/**
 * The same words as long as before, with a voice `factor` times as high: frames are laid out further apart (or closer),
 * each where it continues the one before best, and the result is played as much faster (or slower).
 *
 * @param {Float32Array} samples
 * @param {number} factor
 */
export function changePitch(samples, factor) {
  const stretched = stretch(samples, factor);
  return resample(stretched, RATE * factor, RATE).subarray(0, samples.length);
}

/**
 * @param {Float32Array} samples
 * @param {number} factor
 */
function stretch(samples, factor) {
  const result = new Float32Array(Math.ceil(samples.length * factor) + FRAME + OVERLAP);
  const hop = FRAME - OVERLAP;
  let length = 0;
  for (let out = 0; ; out += hop) {
    const wanted = Math.round(out / factor);
    if (wanted + FRAME + SEARCH > samples.length) break;
    const from = out === 0 ? 0 : findBest(samples, wanted, result, out);
    for (let at = 0; at < FRAME; at++) {
      const sample = samples[from + at];
      const share = out === 0 || at >= OVERLAP ? 1 : at / OVERLAP;
      result[out + at] = result[out + at] * (1 - share) + sample * share;
    }
    length = out + FRAME;
  }
  return result.subarray(0, length);
}

/**
 * Where near `wanted` the samples continue best what the result holds from `out` on.
 *
 * @param {Float32Array} samples
 * @param {number} wanted
 * @param {Float32Array} result
 * @param {number} out
 */
function findBest(samples, wanted, result, out) {
  let best = wanted;
  let most = -Infinity;
  for (let from = Math.max(wanted - SEARCH, 0); from <= wanted + SEARCH; from++) {
    let likeness = 0;
    let energy = 1e-9;
    for (let at = 0; at < OVERLAP; at++) {
      likeness += samples[from + at] * result[out + at];
      energy += samples[from + at] * samples[from + at];
    }
    const value = likeness / Math.sqrt(energy);
    if (value > most) {
      most = value;
      best = from;
    }
  }
  return best;
}

/**
 * A WAV file of it: sixteen bits, one channel, and nothing besides.
 *
 * @param {Float32Array} samples
 */
export function writeWav(samples) {
  const view = new DataView(new ArrayBuffer(HEADER + samples.length * 2));
  /** @param {number} place @param {string} text */
  const write = (place, text) => {
    for (let at = 0; at < text.length; at++) view.setUint8(place + at, text.charCodeAt(at));
  };
  write(0, "RIFF");
  view.setUint32(4, HEADER - 8 + samples.length * 2, true);
  write(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  write(36, "data");
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, at) => {
    view.setInt16(HEADER + at * 2, Math.round(Math.max(-1, Math.min(1, sample)) * LOUDEST), true);
  });
  return new Blob([view.buffer], { type: "audio/wav" });
}
