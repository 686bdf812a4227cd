// The answers as they will be sent, in the words of the page: for the list that one checks before finishing.

import { isNothing } from "../../../filling/fields.js";
import { make } from "../dom.js";
import { textOf } from "./problems.js";

/** @typedef {{ label: string, value: string }} Line */

/**
 * A section's answers as a list; groups with a heading for each row.
 *
 * @param {HTMLElement} section
 * @param {PhoneRule[]} rules
 * @returns {HTMLElement[]}
 */
export function readSection(section, rules) {
  const lines = read(section, rules, "");
  const list = make("dl", { class: "facts" }, ...lines.flatMap(asFacts));
  const groups = rules.filter((rule) => rule.item === "repeat").flatMap((rule) => readRows(section, rule, rule.key));
  return [...(lines.length ? [list] : []), ...groups];
}

/** @param {Line} line */
const asFacts = ({ label, value }) => [make("dt", {}, label), make("dd", { class: "device-answer" }, value)];

/**
 * @param {HTMLElement} section
 * @param {PhoneRule} rule
 * @param {string} name
 * @returns {HTMLElement[]}
 */
function readRows(section, rule, name) {
  const repeat = section.querySelector(`[data-item="${CSS.escape(name)}"]`);
  if (!repeat || repeat.closest("[hidden][data-item]")) return [];
  return [...repeat.querySelectorAll(":scope > [data-row]")].flatMap((row) => {
    const prefix = `${row.dataset.row}-`;
    const lines = read(row, rule.items, prefix);
    const inner = rule.items
      .filter((item) => item.item === "repeat")
      .flatMap((item) => readRows(row, item, `${prefix}${item.key}`));
    if (!lines.length && !inner.length) return [];
    const heading = make("h3", {}, textOf(row.querySelector(":scope > legend")));
    return [heading, make("dl", { class: "facts" }, ...lines.flatMap(asFacts)), ...inner];
  });
}

/**
 * @param {HTMLElement} place
 * @param {PhoneRule[]} rules
 * @param {string} prefix
 * @returns {Line[]}
 */
function read(place, rules, prefix) {
  return rules.flatMap((rule) => {
    if (rule.item === "repeat" || rule.item === "note") return [];
    const name = `${prefix}${rule.key}`;
    const entry = place.querySelector(`.entry[data-item="${CSS.escape(name)}"]`);
    if (!entry || entry.hidden) return [];
    const output = entry.querySelector("[data-output]:not(.muted)");
    if (output) return [{ label: textOf(entry.querySelector(".q-label")), value: textOf(output) }];
    if (isNothing(rule, entry, name)) return [];
    return [{ label: textOf(entry.querySelector(".q-label")), value: wordsOf(entry, rule) }];
  });
}

/**
 * @param {HTMLElement} entry
 * @param {PhoneRule} rule
 */
function wordsOf(entry, rule) {
  if (rule.type === "file") return textOf(entry.querySelector("[data-name]"));
  if (rule.type === "signature") return signed(entry);
  if (rule.type === "ranking") return ranked(entry);
  if (rule.type === "matrix") return rowsOf(entry, ".q-grid-row", ".q-grid-label");
  if (rule.type === "indicators") return rowsOf(entry, ".q-indicator", "legend");
  if (rule.type === "indicator_assessment" || rule.type === "geopoint") return parts(entry, ": ");
  return parts(entry, rule.type === "select_many" ? "; " : " ");
}

/**
 * @param {HTMLElement} entry
 * @param {string} between
 */
function parts(entry, between) {
  const fields = /** @type {NodeListOf<HTMLInputElement>} */ (entry.querySelectorAll("input, select, textarea"));
  return [...fields].flatMap((field) => written(entry, field)).join(between);
}

/**
 * @param {HTMLElement} entry
 * @param {HTMLInputElement} field
 */
function written(entry, field) {
  if (!field.name || field.type === "hidden" || field.type === "file") return [];
  if (field.type === "radio" || field.type === "checkbox") return field.checked ? [labelFor(entry, field)] : [];
  if (field.value.trim() === "") return [];
  if (field instanceof HTMLSelectElement) return [field.selectedOptions[0]?.label ?? ""];
  if (field.type === "date") return [field.value.split("-").reverse().join(".")];
  if (field.type === "datetime-local") return [field.value.replace(/^(\d+)-(\d+)-(\d+)T/, "$3.$2.$1 ")];
  const part = /\.(hours|minutes)$/.test(field.name) ? ` ${labelFor(entry, field)}` : "";
  return [`${field.value.trim()}${part}`];
}

/**
 * @param {HTMLElement} entry
 * @param {HTMLElement} field
 */
const labelFor = (entry, field) => textOf(entry.querySelector(`label[for="${CSS.escape(field.id)}"]`));

/** @param {HTMLElement} entry */
function ranked(entry) {
  const rows = [...entry.querySelectorAll(".q-rank")].map((row) => ({
    place: Number.parseInt(row.querySelector("select")?.value ?? "", 10) || 0,
    label: textOf(row.querySelector("label")),
  }));
  return rows
    .sort((one, other) => one.place - other.place)
    .map(({ place, label }) => `${place}. ${label}`)
    .join("\n");
}

/**
 * What is answered row by row; with how one knows, where that is asked.
 *
 * @param {HTMLElement} entry
 * @param {string} row
 * @param {string} label
 */
function rowsOf(entry, row, label) {
  return [...entry.querySelectorAll(row)]
    .flatMap((each) => {
      const checked = /** @type {HTMLInputElement | null} */ (each.querySelector("input:checked"));
      if (!checked || checked.value === "" || checked.value === "not_asked") return [];
      const basis = /** @type {HTMLSelectElement | null} */ (each.querySelector(".q-basis"));
      const known = basis?.value ? ` (${basis.selectedOptions[0].label})` : "";
      return [`${textOf(each.querySelector(label))}: ${labelFor(each, checked)}${known}`];
    })
    .join("\n");
}

/** @param {HTMLElement} entry */
function signed(entry) {
  const name = /** @type {HTMLInputElement | null} */ (entry.querySelector('input[name$=".name"]'));
  const strokes = /** @type {HTMLInputElement | null} */ (entry.querySelector('input[name$=".strokes"]'));
  return [strokes?.value ? "✓" : "", name?.value.trim() ?? ""].filter(Boolean).join(" ");
}
