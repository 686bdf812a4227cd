/** How long a phone may go on unseen, by the service's clock as far as the phone knows it. */

const HOUR = 3_600_000;

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
