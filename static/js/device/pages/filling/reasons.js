// Why an entry is no answer: the code under which the package has the server's words for it.

import { stripped } from "../../../answers/texts.js";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f]/;
const NUMBER = /^[+-]?[0-9]{1,15}(?:[.,][0-9]{1,12})?$/;
const WHOLE = /^[+-]?[0-9]{1,12}$/;

/**
 * The code of what is wrong; "code/part" where a part of the answer is meant.
 *
 * @param {PhoneRule} rule
 * @param {string} name
 * @param {HTMLFormElement} form
 */
export function reasonFor(rule, name, form) {
  const entered = (part = "") => {
    const values = new FormData(form).getAll(name + part).filter((value) => typeof value === "string");
    return stripped(values.at(-1) ?? "");
  };
  return (REASONS[rule.type] ?? text)(rule, entered, form, name);
}

/** @typedef {(part?: string) => string} Entered */
/** @typedef {(rule: PhoneRule, entered: Entered, form: HTMLFormElement, name: string) => string} Reason */

/** @type {Reason} */
function text(rule, entered) {
  const longest = rule.type === "long_text" ? 20000 : rule.type === "phone" ? 64 : rule.type === "email" ? 254 : 300;
  const written = entered();
  if ([...written].length > Math.min(rule.max_length ?? longest, longest)) return "too_long";
  if (CONTROLS.test(written) || written.includes("\n")) return "bad_characters";
  return (
    { phone: "not_a_phone", email: "not_an_email", case_reference: "not_a_reference" }[rule.type] ?? "not_a_choice"
  );
}

/** @type {Reason} */
function number(rule, entered) {
  const written = entered();
  if (!(rule.type === "integer" ? WHOLE : NUMBER).test(written)) return "wrong_type";
  return side(rule, Number(written.replace(",", ".")));
}

/**
 * @param {PhoneRule} rule
 * @param {number} value
 */
function side(rule, value) {
  const largest = rule.type === "decimal" ? 1e12 : rule.type === "duration" ? 1000000 : 1e9;
  if (value < Math.max(rule.min ?? -largest, -largest)) return "too_small";
  return value > Math.min(rule.max ?? largest, largest) ? "too_large" : "not_a_step";
}

/** @type {Reason} */
function day(rule, entered) {
  const written = entered();
  const [, date, month, year] = /^(\d{1,2})[./ ](\d{1,2})[./ ](\d{4})$/.exec(written) ?? [];
  return compare(rule, year ? `${year}-${month.padStart(2, "0")}-${date.padStart(2, "0")}` : written, "not_a_date");
}

/**
 * @param {PhoneRule} rule
 * @param {string} written
 * @param {string} malformed
 */
function compare(rule, written, malformed) {
  const date = written.slice(0, 10);
  const [y, m, d] = date.split("-").map(Number);
  const isThere =
    /^\d{4}-\d{2}-\d{2}/.test(written) &&
    m >= 1 &&
    m <= 12 &&
    d >= 1 &&
    d <= new Date(Date.UTC(2000 + (y % 400), m, 0)).getUTCDate();
  if (!isThere) return malformed;
  return date < String(rule.min ?? "1900-01-01") || date < "1900-01-01" ? "too_small" : "too_large";
}

/** @type {Reason} */
function approximate(rule, entered) {
  const [year, month, date] = [".year", ".month", ".day"].map((part) => entered(part));
  const isYear = /^\d{4}$/.test(year) && year >= "1900" && year <= "2100";
  const isMonth = month === "" ? date === "" : /^(0?[1-9]|1[0-2])$/.test(month);
  if (!isYear || !isMonth) return "not_a_date";
  const last = new Date(Date.UTC(2000 + (Number(year) % 400), Number(month || 12), 0)).getUTCDate();
  if (date !== "" && !(/^\d{1,2}$/.test(date) && Number(date) >= 1 && Number(date) <= last)) return "not_a_date";
  const latest = `${year}-${(month || "12").padStart(2, "0")}-${(date || String(last)).padStart(2, "0")}`;
  return latest < String(rule.min ?? "1900-01-01") ? "too_small" : "too_large";
}

/** @type {Reason} */
function time(rule, entered) {
  const [, hour, minute] = /^(\d{1,2})[:.](\d{2})(?::\d{2}(?:\.\d{1,6})?)?$/.exec(entered()) ?? [];
  const written = hour ? `${hour.padStart(2, "0")}:${minute}` : entered();
  if (!/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/.test(written)) return "not_a_time";
  return written < String(rule.min ?? "00:00") ? "too_small" : "too_large";
}

/** @type {Reason} */
function duration(rule, entered) {
  const parts = [entered(".hours"), entered(".minutes")];
  if (!parts.every((part) => /^[0-9]{0,7}$/.test(part))) return "wrong_type";
  return side({ ...rule, min: Math.max(rule.min ?? 0, 0) }, Number(parts[0]) * 60 + Number(parts[1]));
}

/** @type {Reason} */
function many(rule, _entered, form, name) {
  const count = new Set(new FormData(form).getAll(name).filter((value) => value !== "")).size;
  if (count > Math.min(rule.max ?? 300, 300)) return "too_large";
  return count < (rule.min ?? 0) ? "too_small" : "exclusive";
}

/** @type {Reason} */
function assessment(_rule, entered) {
  if (!entered(".decision")) return "missing/decision";
  const reason = entered(".reason");
  if (!reason) return "missing/reason";
  return [...reason].length > 20000 ? "too_long/reason" : "bad_characters/reason";
}

/** @type {Reason} */
function point(_rule, entered) {
  for (const [part, most] of /** @type {const} */ ([
    ["lat", 90],
    ["lon", 180],
  ])) {
    const written = entered(`.${part}`);
    if (!NUMBER.test(written)) return `wrong_type/${part}`;
    if (Math.abs(Number(written.replace(",", "."))) > most) return `too_large/${part}`;
  }
  return NUMBER.test(entered(".accuracy")) ? "too_large/accuracy" : "wrong_type/accuracy";
}

/** @type {Reason} */
function signature(_rule, entered) {
  const name = entered(".name");
  if ([...name].length > 300) return "too_long/name";
  return CONTROLS.test(name) || name.includes("\n") ? "bad_characters/name" : "wrong_type/strokes";
}

/** @type {Record<string, Reason>} */
const REASONS = {
  integer: number,
  decimal: number,
  scale: number,
  date: day,
  // before 1914 the clocks of Albania differ from UTC by seconds, too, which no written offset says
  datetime: (rule, entered) => (entered() < "1914" ? "not_a_datetime" : compare(rule, entered(), "not_a_datetime")),
  approximate_date: approximate,
  time,
  duration,
  select_many: many,
  ranking: () => "no_order",
  indicator_assessment: assessment,
  geopoint: point,
  signature,
  file: () => "unknown_attachment",
};
