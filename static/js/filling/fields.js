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
