// What nobody types: worked out, held to the kind that was wanted, and shown.

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** @type {Record<string, (value: unknown) => boolean>} */
const FITS = {
  text: (value) => typeof value === "string" && value.trim() !== "",
  integer: (value) => Number.isInteger(value) && Math.abs(Number(value)) <= 1e9,
  decimal: (value) => Number.isFinite(value) && Math.abs(Number(value)) <= 1e12,
  date: (value) => DAY.test(String(value)),
  boolean: (value) => typeof value === "boolean",
};

/**
 * The value of a calculation as the server would keep it; undefined when it isn't of the kind that was wanted.
 *
 * @param {Rule} rule
 * @param {Json | undefined} value
 */
export function fitted(rule, value) {
  return FITS[rule.result ?? "text"](value) ? value : undefined;
}

const shown = new WeakMap();

/**
 * Writes a value into the question's output. Only kinds that read the same here and on the server.
 *
 * @param {Rule} rule
 * @param {HTMLElement} element
 * @param {Json | undefined} value
 * @param {LiveWords} words
 */
export function tell(rule, element, value, words) {
  const output = element.querySelector("[data-output]");
  const kind = rule.type === "calculated" ? (rule.result ?? "text") : rule.type;
  if (!output || !(kind in WRITTEN)) return;
  const text = value === undefined ? "" : WRITTEN[kind](value, words);
  if (shown.get(output) === text) return;
  shown.set(output, text);
  output.textContent = text || words.nothing;
  output.classList.toggle("muted", text === "");
}

/** @param {Json} value */
function asNumber(value) {
  const style = { useGrouping: false, maximumFractionDigits: 12 };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(Number(value));
}

/** @param {Json} value */
function asDay(value) {
  const format = new Intl.DateTimeFormat(language(), { dateStyle: "long", timeZone: "UTC" });
  return format.format(new Date(String(value)));
}

/** @type {Record<string, (value: Json, words: LiveWords) => string>} */
const WRITTEN = {
  text: String,
  long_text: String,
  integer: asNumber,
  decimal: asNumber,
  date: asDay,
  boolean: (value, words) => (value ? words.yes : words.no),
};

function language() {
  return document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
}
