/** Days and times as the server cleans them: case_forms/questions/times.py and partial_dates.py. */

const FIRST = "1900-01-01";
const LAST = "2100-12-31";
const LONGEST = 1000000; // minutes
const MINUTE = 60000;
const DAY = 24 * 60 * MINUTE;
const CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]";
const MOMENT = new RegExp(
  `^(\\d{4}-\\d{2}-\\d{2})T(${CLOCK})(?::([0-5]\\d)(?:\\.(\\d{1,6}))?)?(?:Z|([+-])(${CLOCK}))$`,
);
const ALBANIA = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/Tirane",
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** @param {string} written */
function isDay(written) {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(written)) return false;
  const [year, month, date] = written.split("-").map(Number);
  return month >= 1 && month <= 12 && date >= 1 && date <= lastOf(year, month);
}

/**
 * @param {number} year
 * @param {number} month
 */
function lastOf(year, month) {
  return new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

/**
 * Days as ISO texts stand in the order of the calendar.
 *
 * @param {TextBounds} rule
 */
function bounds(rule) {
  const [smallest, largest] = [rule.min ?? FIRST, rule.max ?? LAST];
  return [smallest > FIRST ? smallest : FIRST, largest < LAST ? largest : LAST];
}

/**
 * @param {TextBounds} rule
 * @param {string} entered
 */
export function day(rule, entered) {
  const [, date, month, year] = /^(\d{1,2})[./ ](\d{1,2})[./ ](\d{4})$/.exec(entered) ?? [];
  const written = year ? `${year}-${month.padStart(2, "0")}-${date.padStart(2, "0")}` : entered;
  const [earliest, latest] = bounds(rule);
  return isDay(written) && written >= earliest && written <= latest ? written : undefined;
}

/**
 * @param {TextBounds} rule
 * @param {string} entered
 */
export function clockTime(rule, entered) {
  const [, hour, minute] = /^(\d{1,2})[:.](\d{2})(?::\d{2}(?:\.\d{1,6})?)?$/.exec(entered) ?? [];
  const written = hour ? `${hour.padStart(2, "0")}:${minute}` : entered;
  const good = new RegExp(`^${CLOCK}$`).test(written);
  return good && written >= (rule.min ?? "00:00") && written <= (rule.max ?? "23:59") ? written : undefined;
}

/**
 * A browser's local time is a time in Albania.
 *
 * @param {TextBounds} rule
 * @param {string} entered
 */
export function moment(rule, entered) {
  const local = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?$/.exec(entered);
  const found = MOMENT.exec(local ? `${local[1]}T${local[2]}${local[3] ?? ":00"}Z` : entered);
  if (!found || !isDay(found[1])) return undefined;
  const [, date, time, seconds = "00", fraction, sign = "+", offset = "00:00"] = found;
  const [earliest, latest] = bounds(rule);
  if (date < earliest || date > latest) return undefined;
  const parts = fraction && Number(fraction) ? `.${fraction.padEnd(6, "0")}` : "";
  const away = local ? inAlbania(`${date}T${time}:${seconds}`) : `${offset === "00:00" ? "+" : sign}${offset}`;
  return `${date}T${time}:${seconds}${parts}${away}`;
}

/**
 * The difference from UTC of a local time. Twice a year one is missing or there twice: then that before the change.
 *
 * @param {string} local
 */
function inAlbania(local) {
  const wall = Date.parse(`${local}Z`);
  const [before, after] = [differenceAt(wall - DAY), differenceAt(wall + DAY)];
  const difference = differenceAt(wall - before) === before || differenceAt(wall - after) !== after ? before : after;
  const minutes = Math.abs(difference) / MINUTE;
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0"));
  return `${difference < 0 ? "-" : "+"}${hour}:${minute}`;
}

/** @param {number} utc */
function differenceAt(utc) {
  const part = Object.fromEntries(ALBANIA.formatToParts(utc).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) - utc;
}

/**
 * Some day that it can mean must fit the bounds.
 *
 * @param {TextBounds} rule
 * @param {Record<string, string>} parts
 */
export function approximateDate(rule, { year, month, day: date }) {
  const two = (/** @type {string} */ written) => (/^\d$/.test(written) ? `0${written}` : written);
  const written = [year, two(month), two(date)].join("-").replace(/-+$/, "");
  const [y, m, d] = written.split("-");
  const good = d ? isDay(written) : /^\d{4}(-(0[1-9]|1[0-2]))?$/.test(written);
  if (!good || y < "1900" || y > "2100") return undefined;
  const first = d ? written : `${y}-${m ?? "01"}-01`;
  const last = d ? written : `${y}-${m ?? "12"}-${String(lastOf(Number(y), Number(m ?? 12))).padStart(2, "0")}`;
  const [earliest, latest] = bounds(rule);
  return last >= earliest && first <= latest ? written : undefined;
}

/**
 * @param {Bounds} rule
 * @param {Record<string, string>} parts
 */
export function duration(rule, { hours, minutes }) {
  if (!hours && !minutes) return undefined;
  if (![hours || "0", minutes || "0"].every((part) => /^[0-9]{1,7}$/.test(part))) return undefined;
  const total = Number(hours) * 60 + Number(minutes);
  const [smallest, largest] = [Math.max(rule.min ?? 0, 0), Math.min(rule.max ?? LONGEST, LONGEST)];
  return total >= smallest && total <= largest ? total : undefined;
}
