/**
 * What a page's fields answer, in the browser: the twin of `from_post` and `clean` of the types in
 * case_forms/questions. The server decides; this lets conditions follow what is being typed. Both are held to one
 * table of entries (case_forms/questions/tests/test_answers_twin.py).
 */

import { approximateDate, clockTime, day, duration, moment } from "./answers/times.js";
import { caseReference, email, longText, phone, stripped, text } from "./answers/texts.js";
import { decimal, integer, scale } from "./answers/numbers.js";

const MAX_VALUES = 300;

/**
 * The fields of this name that would be sent, in the order of the page.
 *
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function fields(form, name) {
  const found = form.elements.namedItem(name);
  if (!found) return [];
  const all = /** @type {HTMLInputElement[]} */ (found instanceof RadioNodeList ? [...found] : [found]);
  return all.filter((field) => !field.matches(":disabled"));
}

/**
 * All values that would be sent under a name.
 *
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function sent(form, name) {
  return fields(form, name)
    .filter((field) => (field.type !== "radio" && field.type !== "checkbox") || field.checked)
    .map((field) => field.value);
}

/**
 * The value that the server would read, without blanks around: the last one of that name, as Django reads it.
 *
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function plain(form, name) {
  return stripped(sent(form, name).at(-1) ?? "");
}

/**
 * The parts `name.<part>` of a question, as {part: text}.
 *
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {...string} wanted
 */
function parts(form, name, ...wanted) {
  return Object.fromEntries(wanted.map((part) => [part, plain(form, `${name}.${part}`)]));
}

/**
 * What stands under `name.<anything>`, as [anything, value], in the order of the page.
 *
 * @param {HTMLFormElement} form
 * @param {string} name
 * @returns {string[][]}
 */
function within(form, name) {
  return /** @type {HTMLInputElement[]} */ ([...form.elements])
    .filter((field) => field.type === "radio" && field.checked && !field.matches(":disabled"))
    .filter((field) => field.name.startsWith(`${name}.`) && field.value !== "")
    .map((field) => [field.name.slice(name.length + 1), field.value]);
}

/** @param {Record<string, Json>} answers */
function filled(answers) {
  return Object.keys(answers).length ? answers : undefined;
}

/** @type {AnswerReader} */
function many(rule, name, form) {
  const chosen = [...new Set(sent(form, name).filter((value) => value !== ""))];
  const most = Math.min(rule.max ?? MAX_VALUES, MAX_VALUES);
  if (chosen.length > 1 && rule.exclusive?.some((value) => chosen.includes(value))) return undefined;
  return chosen.length && chosen.length >= (rule.min ?? 0) && chosen.length <= most ? chosen : undefined;
}

/**
 * The values in the order of their places; nothing until each has a place of its own.
 *
 * @type {AnswerReader}
 */
function ranking(_rule, name, form) {
  const placed = sent(form, name);
  /** @type {string[]} */
  const order = new Array(placed.length);
  for (const entry of placed) {
    const [, written, value] = /^(\d+) (.*)$/s.exec(entry) ?? [];
    const place = Number(written);
    if (!(place >= 1 && place <= placed.length) || order[place - 1] !== undefined) return undefined;
    order[place - 1] = value;
  }
  return order.length ? order : undefined;
}

/** @type {AnswerReader} */
function indicators(_rule, name, form) {
  /** @type {Record<string, Json>} */
  const answers = {};
  for (const [key, answer] of within(form, name)) {
    if (answer === "not_asked") continue;
    const basis = plain(form, `${name}.${key}.basis`);
    answers[key] = basis ? { answer, basis } : { answer };
  }
  return filled(answers);
}

/** @type {AnswerReader} */
function assessment(_rule, name, form) {
  const { decision, reason } = parts(form, name, "decision", "reason");
  const why = longText({}, reason);
  return decision && why !== undefined ? { decision, reason: why } : undefined;
}

/** @type {AnswerReader} */
function geopoint(rule, name, form) {
  if (rule.coarsen) {
    const { municipality } = parts(form, name, "municipality");
    return municipality ? { municipality } : undefined;
  }
  const given = parts(form, name, "lat", "lon", "accuracy");
  const [lat, lon] = [decimal({ min: -90, max: 90 }, given.lat), decimal({ min: -180, max: 180 }, given.lon)];
  const accuracy = given.accuracy === "" ? null : decimal({ min: 0, max: 100000 }, given.accuracy);
  if (lat === undefined || lon === undefined || accuracy === undefined) return undefined;
  const point = { lat: Number(lat.toFixed(5)) + 0, lon: Number(lon.toFixed(5)) + 0 };
  return accuracy === null ? point : { ...point, accuracy: Number(accuracy.toFixed(1)) };
}

/**
 * A file that is yet to be sent has no id: it counts as an answer all the same.
 *
 * @type {AnswerReader}
 */
function file(_rule, name, form) {
  if (fields(form, name).some((field) => field.files?.length)) return { id: "" };
  const { kept, remove } = parts(form, name, "kept", "remove");
  return kept && !remove ? { id: kept } : undefined;
}

/** @type {AnswerReader} */
function signature(_rule, field, form) {
  const given = parts(form, field, "strokes", "clear", "name");
  /** @type {Record<string, Json>} */
  const signed = {};
  if (given.strokes && !given.clear) {
    const strokes = drawn(given.strokes);
    if (strokes === undefined) return undefined;
    if (strokes.length) signed.strokes = strokes;
  }
  if (given.name) {
    const name = text({}, given.name);
    if (name === undefined) return undefined;
    signed.name = name;
  }
  return filled(signed);
}

/**
 * @param {string} written
 * @returns {Json[] | undefined}
 */
function drawn(written) {
  try {
    const strokes = JSON.parse(written);
    const good = (/** @type {unknown} */ stroke) =>
      Array.isArray(stroke) && stroke.length && stroke.length % 2 === 0 && stroke.every(inBox);
    return Array.isArray(strokes) && strokes.every(good) ? strokes : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {unknown} number
 * @param {number} index
 */
function inBox(number, index) {
  return typeof number === "number" && Number.isInteger(number) && number >= 0 && number <= (index % 2 ? 400 : 1000);
}

/**
 * A type whose one field holds a text that `read` makes an answer of, or undefined.
 *
 * @template R
 * @param {(rule: R, entered: string) => Json | undefined} read
 * @returns {AnswerReader}
 */
const single = (read) => (rule, name, form) => {
  const entered = plain(form, name);
  return entered === "" ? undefined : read(/** @type {R} */ (/** @type {unknown} */ (rule)), entered);
};
const chosen = single((_rule, entered) => entered);
const nothing = () => undefined; // worked out elsewhere, or never asked
/** @type {Record<string, boolean>} */
const BOOLEANS = { true: true, false: false };

/** @type {Record<string, AnswerReader>} */
const READERS = {
  text: single(text),
  long_text: single(longText),
  other_specify: single(text),
  integer: single(integer),
  decimal: single(decimal),
  scale: single(scale),
  date: single(day),
  time: single(clockTime),
  datetime: single(moment),
  approximate_date: (rule, name, form) =>
    approximateDate(
      /** @type {TextBounds} */ (/** @type {unknown} */ (rule)),
      parts(form, name, "year", "month", "day"),
    ),
  duration: (rule, name, form) => duration(rule, parts(form, name, "hours", "minutes")),
  boolean: single((_rule, entered) => BOOLEANS[entered]),
  yes_no_unknown: chosen,
  select_one: chosen,
  municipality: chosen,
  zone: chosen,
  partner: chosen,
  session: chosen,
  outreach_visit: chosen,
  colleague: chosen,
  select_many: many,
  ranking,
  matrix: (_rule, name, form) => filled(Object.fromEntries(within(form, name))),
  case_reference: single(caseReference),
  phone: single(phone),
  email: single(email),
  geopoint,
  file,
  signature,
  indicators,
  indicator_assessment: assessment,
  calculated: nothing,
  hidden: nothing,
};

/**
 * The answer as the server would clean it, or undefined while there is none or it can't be right. `rule` has the
 * question's `type` and what `QuestionType.live` gives; `name` is its form field.
 *
 * @param {AnswerRule} rule
 * @param {string} name
 * @param {HTMLFormElement} form
 * @returns {Json | undefined}
 */
export function answer(rule, name, form) {
  return (READERS[rule.type] ?? chosen)(rule, name, form);
}
