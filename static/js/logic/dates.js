/** Days: of dates, moments and dates known to the year or month. The twin of case_forms/expressions/dates.py. */

import { operand } from "./values.js";

const ISO_DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T[^]*)?$/;
const APPROXIMATE = /^([0-9]{4})(?:-([0-9]{2}))?$/;
const DAY = 86400000;
const MAX_DAYS = 4000000; // more than there are from year 1 to 9999

export const PARTS = ["year", "month", "day"];

const isLeap = (year) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const daysOf = (year, month) => [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
const written = ([year, month, day]) =>
  [String(year).padStart(4, "0"), String(month).padStart(2, "0"), String(day).padStart(2, "0")].join("-");
const compared = (left, right) => left[0] - right[0] || left[1] - right[1] || left[2] - right[2];

/** [year, month, day] of an ISO date or moment, or null when there is no such day. */
function dayOf(value) {
  const found = typeof value === "string" ? ISO_DATE.exec(value) : null;
  if (!found) return null;
  const [year, month, day] = found.slice(1).map(Number);
  return year >= 1 && day >= 1 && day <= daysOf(year, month) ? [year, month, day] : null;
}

/** The first and the last day that a date can mean, "2012" and "2012-05" included, or null. */
function spanOf(value) {
  const day = dayOf(value);
  if (day) return [day, day];
  const found = typeof value === "string" ? APPROXIMATE.exec(value) : null;
  if (!found) return null;
  const year = Number(found[1]);
  const [first, last] = found[2] === undefined ? [1, 12] : [Number(found[2]), Number(found[2])];
  return year >= 1 && daysOf(year, first) ? [[year, first, 1], [year, last, daysOf(year, last)]] : null;
}

/** The days since 1 January 1970. */
function ordinal([year, month, day]) {
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  return Math.round(moment.getTime() / DAY);
}

/** Whole years; a birth known to the year or month counts from the last day it can mean. */
export function ageOn([birth, on]) {
  const [born, day] = [spanOf(birth), spanOf(on)];
  if (!born || !day || compared(born[0], day[0]) > 0) return null;
  const at = day[0];
  const from = compared(born[1], at) > 0 ? at : born[1];
  const earlier = at[1] < from[1] || (at[1] === from[1] && at[2] < from[2]);
  return at[0] - from[0] - (earlier ? 1 : 0);
}

export function daysBetween([from, to]) {
  const [start, end] = [dayOf(from), dayOf(to)];
  return start && end ? ordinal(end) - ordinal(start) : null;
}

export function addDays([from, count]) {
  const [day, days] = [dayOf(from), operand(count)];
  if (!day || !Number.isInteger(days) || Math.abs(days) > MAX_DAYS) return null;
  const moment = new Date((ordinal(day) + days) * DAY);
  const year = moment.getUTCFullYear();
  return year >= 1 && year <= 9999 ? written([year, moment.getUTCMonth() + 1, moment.getUTCDate()]) : null;
}

export function datePart([part, value]) {
  const span = spanOf(value);
  const position = PARTS.indexOf(part);
  return span && span[0][position] === span[1][position] ? span[0][position] : null;
}
