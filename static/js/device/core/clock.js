/** How long a phone may go on unseen, by the service's clock as far as the phone knows it; and when to try again. */

const HOUR = 3_600_000;
const FIRST = 5_000;
const LONGEST = 15 * 60_000;
const REFUSED = HOUR; // what the service can't take now may be taken after somebody has mended something

/**
 * What the service's clock says now. A phone's clock that is set back neither ends anything early nor extends it beyond
 * the latest time seen.
 *
 * @param {DeviceRow} row
 * @param {number} now the phone's
 */
export const serviceTime = (row, now) => Math.max(now - row.ahead, row.latest, row.seenAt);

/** @param {DeviceRow} row */
export const endsAt = (row) => row.seenAt + row.hours * HOUR;

/** @param {DeviceRow} row @param {number} now */
export const isOver = (row, now) => serviceTime(row, now) >= endsAt(row);

/**
 * The row as a contact leaves it.
 *
 * @param {DeviceRow} row
 * @param {{ said: number, now: number }} clocks the service's and the phone's
 * @returns {DeviceRow}
 */
export const seen = (row, { said, now }) => ({ ...row, seenAt: said, latest: said, ahead: now - said });

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
