/** When to try again. */

const FIRST = 5_000;
const LONGEST = 15 * 60_000;
const REFUSED = 60 * 60_000; // what the service can't take now may be taken after somebody has mended something

/**
 * Milliseconds until the next try: twice as long each time, and never all phones at the same moment.
 *
 * @param {Env} env
 * @param {number} tries so far
 */
export function wait(env, tries) {
  const [byte] = env.random(1);
  return Math.min(FIRST * 2 ** Math.min(tries, 20), LONGEST) * (0.5 + byte / 256);
}

/** @param {Env} env */
export const waitAfterRefusal = (env) => REFUSED * (0.5 + env.random(1)[0] / 256);

/**
 * Whether a next try is due. A moment further away than any wait comes of a clock that was wrong.
 *
 * @param {number} nextAt
 * @param {number} now
 */
export const isDue = (nextAt, now) => nextAt <= now || nextAt - now > 2 * REFUSED;

/**
 * What the service asks for in `Retry-After`, in milliseconds.
 *
 * @param {Headers} headers
 */
export function retryAfter(headers) {
  const seconds = Number(headers.get("Retry-After"));
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0) * 1000, LONGEST) : 0;
}

/**
 * When its turn is, in milliseconds: never before it was told to come, and never all phones at the same moment.
 *
 * @param {Env} env
 * @param {Headers} headers
 */
export const turnAfter = (env, headers) => retryAfter(headers) * (1 + env.random(1)[0] / 1024);
