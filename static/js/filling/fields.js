// The fields of a question, whatever its widget is made of: `name` itself and parts such as `name.year`.

const CHECKED = new Set(["radio", "checkbox"]);

/**
 * @param {HTMLElement} element
 * @param {string} name
 */
export function fieldsOf(element, name) {
  /** @type {NodeListOf<HTMLInputElement>} */
  const all = element.querySelectorAll("input, select, textarea");
  return [...all].filter((field) => field.name === name || field.name.startsWith(`${name}.`));
}

/**
 * Whether nothing is entered: no text, no choice, no file.
 *
 * @param {HTMLElement} element
 * @param {string} name
 */
export function isBlank(element, name) {
  return fieldsOf(element, name).every((field) => {
    if (CHECKED.has(field.type)) return !field.checked || field.value === "";
    return field.value.trim() === "";
  });
}

/**
 * Whether the server would read no answer: nothing is entered, or only what says that nothing was asked or drawn.
 *
 * @param {Rule} rule
 * @param {HTMLElement} element
 * @param {string} name
 */
export function isNothing(rule, element, name) {
  if (isBlank(element, name)) return true;
  const some = (/** @type {(field: HTMLInputElement) => boolean} */ is) => fieldsOf(element, name).some(is);
  if (rule.type === "indicators") {
    return !some(({ type, checked, value }) => type === "radio" && checked && value !== "" && value !== "not_asked");
  }
  if (rule.type === "geopoint") return !some((field) => !field.name.endsWith(".accuracy") && field.value.trim() !== "");
  if (rule.type === "file")
    return !some(({ type, files }) => type === "file" && !!files?.length) && !isKept(element, name);
  if (rule.type === "signature") {
    const of = (/** @type {string} */ part) =>
      fieldsOf(element, name).find((field) => field.name === `${name}.${part}`);
    const isDrawn = !["", "[]"].includes(of("strokes")?.value.trim() ?? "") && !of("clear")?.checked;
    return !isDrawn && (of("name")?.value.trim() ?? "") === "";
  }
  return false;
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 */
function isKept(element, name) {
  const fields = fieldsOf(element, name);
  const isRemoved = fields.some((field) => field.name === `${name}.remove` && field.checked);
  return !isRemoved && fields.some((field) => field.name === `${name}.kept` && field.value !== "");
}

/**
 * Enters a value into a question of one field, of radio buttons or of boxes to tick; into others it doesn't.
 *
 * @param {HTMLElement} element
 * @param {string} name
 * @param {Json | undefined} value
 */
export function fill(element, name, value) {
  if (value === undefined || value === null) return;
  const fields = fieldsOf(element, name).filter((field) => field.name === name);
  const wanted = (Array.isArray(value) ? value : [value]).map(String);
  if (fields.some((field) => CHECKED.has(field.type))) {
    for (const field of fields) field.checked = wanted.includes(field.value);
  } else if (
    fields.length === 1 &&
    fields[0].type !== "file" &&
    fields[0].type !== "datetime-local" &&
    typeof value !== "object"
  ) {
    fields[0].value = wanted[0];
  }
}
