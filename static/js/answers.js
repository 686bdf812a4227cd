/**
 * What a page's fields answer, in the browser: the twin of `from_post` and `clean` of the types in case_forms/questions.
 * The server decides; this lets conditions follow what is being typed. Both are held to one table of entries
 * (case_forms/questions/tests/test_answers_twin.py).
 */

import { approximateDate, clockTime, day, duration, moment } from "./answers/times.js";
import { caseReference, email, longText, phone, stripped, text } from "./answers/texts.js";
import { decimal, integer, scale } from "./answers/numbers.js";

const MAX_VALUES = 300;

/** The fields of this name that would be sent, in the order of the page. */
function fields(form, name) {
  const found = form.elements.namedItem(name);
  if (!found) return [];
  return (found instanceof RadioNodeList ? [...found] : [found]).filter((field) => !field.matches(":disabled"));
}

/** All values that would be sent under a name. */
function sent(form, name) {
  return fields(form, name)
    .filter((field) => (field.type !== "radio" && field.type !== "checkbox") || field.checked)
    .map((field) => field.value);
}

/** The value that the server would read, without blanks around: the last one of that name, as Django reads it. */
function plain(form, name) {
  return stripped(sent(form, name).at(-1) ?? "");
}

/** The parts `name.<part>` of a question, as {part: text}. */
function parts(form, name, ...wanted) {
  return Object.fromEntries(wanted.map((part) => [part, plain(form, `${name}.${part}`)]));
}

/** What stands under `name.<anything>`, as [anything, value], in the order of the page. */
function within(form, name) {
  return [...form.elements]
    .filter((field) => field.type === "radio" && field.checked && !field.matches(":disabled"))
    .filter((field) => field.name.startsWith(`${name}.`) && field.value !== "")
    .map((field) => [field.name.slice(name.length + 1), field.value]);
}

function filled(answers) {
  return Object.keys(answers).length ? answers : undefined;
}

function many(rule, name, form) {
  const chosen = [...new Set(sent(form, name).filter((value) => value !== ""))];
  const most = Math.min(rule.max ?? MAX_VALUES, MAX_VALUES);
  if (chosen.length > 1 && rule.exclusive?.some((value) => chosen.includes(value))) return undefined;
  return chosen.length && chosen.length >= (rule.min ?? 0) && chosen.length <= most ? chosen : undefined;
}

/** The values in the order of their places; nothing until each has a place of its own. */
function ranking(rule, name, form) {
  const placed = sent(form, name);
  const order = new Array(placed.length);
  for (const entry of placed) {
    const [, place, value] = /^(\d+) (.*)$/s.exec(entry) ?? [];
    if (place === undefined || place < 1 || place > placed.length || order[place - 1] !== undefined) return undefined;
    order[place - 1] = value;
  }
  return order.length ? order : undefined;
}

function indicators(rule, name, form) {
  const answers = {};
  for (const [key, answer] of within(form, name)) {
    if (answer === "not_asked") continue;
    const basis = plain(form, `${name}.${key}.basis`);
    answers[key] = basis ? { answer, basis } : { answer };
  }
  return filled(answers);
}

function assessment(rule, name, form) {
  const { decision, reason } = parts(form, name, "decision", "reason");
  const why = longText({}, reason);
  return decision && why !== undefined ? { decision, reason: why } : undefined;
}

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

/** A file that is yet to be sent has no id: it counts as an answer all the same. */
function file(rule, name, form) {
  if (fields(form, name).some((field) => field.files?.length)) return { id: "" };
  const { kept, remove } = parts(form, name, "kept", "remove");
  return kept && !remove ? { id: kept } : undefined;
}

function signature(rule, name, form) {
  const given = parts(form, name, "strokes", "clear", "name");
  const signed = {};
  if (given.strokes && !given.clear) {
    const strokes = drawn(given.strokes);
    if (strokes === undefined) return undefined;
    if (strokes.length) signed.strokes = strokes;
  }
  if (given.name) {
    signed.name = text({}, given.name);
    if (signed.name === undefined) return undefined;
  }
  return filled(signed);
}

function drawn(written) {
  try {
    const strokes = JSON.parse(written);
    const good = (stroke) => Array.isArray(stroke) && stroke.length && stroke.length % 2 === 0 && stroke.every(inBox);
    return Array.isArray(strokes) && strokes.every(good) ? strokes : undefined;
  } catch {
    return undefined;
  }
}

function inBox(number, index) {
  return Number.isInteger(number) && number >= 0 && number <= (index % 2 ? 400 : 1000);
}

/** A type whose one field holds a text that `read` makes an answer of, or undefined. */
const single = (read) => (rule, name, form) => {
  const entered = plain(form, name);
  return entered === "" ? undefined : read(rule, entered);
};
const chosen = single((rule, entered) => entered);
const nothing = () => undefined; // worked out elsewhere, or never asked

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
  approximate_date: (rule, name, form) => approximateDate(rule, parts(form, name, "year", "month", "day")),
  duration: (rule, name, form) => duration(rule, parts(form, name, "hours", "minutes")),
  boolean: single((rule, entered) => ({ true: true, false: false })[entered]),
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
  matrix: (rule, name, form) => filled(Object.fromEntries(within(form, name))),
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
 */
export function answer(rule, name, form) {
  return (READERS[rule.type] ?? chosen)(rule, name, form);
}
