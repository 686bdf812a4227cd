// What is entered, as the pages post it, and back into the fields. Files stand under their question's name, by id.

import { remember } from "../../../filling/choices.js";
import { addRow, clearRows, rowsOf } from "./rows.js";

const CHECKED = new Set(["radio", "checkbox"]);
const NEVER = new Set(["_occurred_at", "shown", "csrfmiddlewaretoken"]);

/**
 * All fields of the form that say something, in the order of the page; or of some of its elements.
 *
 * @param {HTMLFormElement} form
 * @param {Iterable<Element>} [among]
 * @returns {[string, string][]}
 */
export function readFields(form, among = form.elements) {
  /** @type {[string, string][]} */
  const fields = [];
  for (const field of among) fields.push(...fieldIn(form, /** @type {HTMLInputElement} */ (field)));
  return fields;
}

/**
 * What one element says, as no field or as one.
 *
 * @param {HTMLFormElement} form
 * @param {HTMLInputElement} field
 * @returns {[string, string][]}
 */
export function fieldIn(form, field) {
  if (!field.name || NEVER.has(field.name) || field.matches(":disabled, button, fieldset, output")) return [];
  if (field.type === "file" || (CHECKED.has(field.type) && !field.checked)) return [];
  // a place that was not given says how many there are
  if (field.value === "" && !field.matches(".q-place")) return [];
  if (field.name.endsWith(".remove")) return [];
  if (!field.name.endsWith(".kept") || !field.closest(".q-file")) return [[field.name, field.value]];
  return isRemoved(form, field.name) ? [] : [[field.name.slice(0, -".kept".length), field.value]];
}

/**
 * @param {HTMLFormElement} form
 * @param {string} kept
 */
function isRemoved(form, kept) {
  const box = /** @type {HTMLInputElement | null} */ (form.elements.namedItem(kept.replace(/\.kept$/, ".remove")));
  return box?.checked === true;
}

/**
 * A question with its fields, or one field outside of all questions, which is read each time.
 *
 * @typedef {{ name: string, element: HTMLElement, fields: [string, string][] }} Place
 */

/** The fields, read anew only where something may have changed: all of a long form takes longer than sealing it. */
export class FieldReader {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    /** In the order of the page; null: all is to be read. @type {Place[] | null} */
    this.places = null;
    /** Of the questions, by name. @type {Map<string, Place[]>} */
    this.questions = new Map();
    /** Those outside of questions. @type {Place[]} */
    this.others = [];
    /** Questions that are to be read. @type {Set<string>} */
    this.doubtful = new Set();
  }

  /** What may have changed since: names of questions; null: anything. @param {Iterable<string> | null} names */
  doubt(names) {
    if (names === null) this.forget();
    else for (const name of names) this.doubtful.add(name);
  }

  /** Holds nothing that was read: browsers hold on to a form that was sent, and with it to this. */
  forget() {
    this.places = null;
    this.questions.clear();
    this.others = [];
  }

  /** All of them. */
  whole() {
    this.doubt(null);
    return this.read();
  }

  /** What `readFields` reads. @returns {[string, string][]} */
  read() {
    const doubtful = [...this.doubtful].flatMap((name) => this.questions.get(name) ?? []);
    this.doubtful.clear();
    const isWhole = !this.places || ![...this.others, ...doubtful].every((place) => this.renew(place));
    const places = isWhole ? this.find() : (this.places ?? []);
    return places.flatMap((place) => place.fields);
  }

  /** False when it isn't in the form any more. @param {Place} place */
  renew(place) {
    if (!place.element.isConnected) return false;
    place.fields = this.fieldsOf(place);
    return true;
  }

  find() {
    this.forget();
    const found = /** @type {NodeListOf<HTMLElement>} */ (
      this.form.querySelectorAll(".entry[data-item], input, select, textarea")
    );
    /** @type {Place[]} */
    const places = [];
    /** @type {HTMLElement | undefined} */
    let entry;
    for (const element of found) {
      if (entry?.contains(element)) continue;
      const isEntry = element.matches(".entry");
      if (isEntry) entry = element;
      places.push({ name: isEntry ? (element.dataset.item ?? "") : "", element, fields: [] });
    }
    for (const place of places) place.fields = this.fieldsOf(place);
    for (const place of places) this.questions.set(place.name, [...(this.questions.get(place.name) ?? []), place]);
    this.others = places.filter((place) => place.name === "");
    this.places = places;
    return places;
  }

  /** @param {Place} place */
  fieldsOf({ name, element }) {
    if (name === "") return fieldIn(this.form, /** @type {HTMLInputElement} */ (element));
    return readFields(this.form, element.querySelectorAll("input, select, textarea"));
  }
}

/**
 * Writes stored fields into a blank form: rows first, outer before inner. `attach(field, id)` names a file.
 *
 * @param {HTMLFormElement} form
 * @param {FormPackage} taken
 * @param {[string, string][]} fields
 * @param {(field: HTMLInputElement, id: string) => void} attach
 */
export function writeFields(form, taken, fields, attach) {
  const counts = new Map(fields.filter(([name]) => name.endsWith("-count")));
  for (const repeat of form.querySelectorAll(".repeat[data-item]")) clearRows(repeat);
  addCounted(form, taken, counts, ".repeat:not(.repeat-inner)[data-item]");
  addCounted(form, taken, counts, ".repeat-inner[data-item]");
  /** @type {Map<string, string[]>} */
  const values = new Map();
  for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
  /** @type {Map<string, HTMLInputElement[]>} */
  const byName = new Map();
  for (const field of /** @type {HTMLInputElement[]} */ ([...form.elements])) {
    if (!field.name) continue;
    if (fields.length) empty(field);
    const same = byName.get(field.name);
    if (same) same.push(field);
    else byName.set(field.name, [field]);
  }
  for (const [name, wanted] of values) enter(byName.get(name) ?? [], name, wanted, attach);
  for (const fold of form.querySelectorAll("details")) {
    if (fold.querySelector("input:checked")) fold.open = true;
  }
}

/**
 * What a blank form begins with isn't entered a second time: it may have been emptied on purpose.
 *
 * @param {HTMLInputElement} field
 */
function empty(field) {
  if (CHECKED.has(field.type)) field.checked = false;
  else if (field.type !== "hidden" && !NEVER.has(field.name) && !field.matches("button")) field.value = "";
}

/**
 * @param {HTMLFormElement} form
 * @param {FormPackage} taken
 * @param {Map<string, string>} counts
 * @param {string} selector
 */
function addCounted(form, taken, counts, selector) {
  for (const repeat of form.querySelectorAll(selector)) {
    const name = repeat.dataset.item ?? "";
    const given = counts.get(`${name}-count`);
    const count = given === undefined ? leastOf(taken, name) : Math.min(Number(given) || 0, 1000);
    while (rowsOf(repeat).length < count) if (!addRow(form, taken, name)) break;
  }
}

/**
 * How many rows a group must have.
 *
 * @param {FormPackage} taken
 * @param {string} name
 */
function leastOf(taken, name) {
  const keys = name.split("-").filter((part) => !/^\d+$/.test(part));
  /** @type {PhoneRule[]} */
  let rules = taken.sections.flatMap((section) => section.rules);
  let least = 0;
  for (const key of keys) {
    const rule = rules.find((each) => each.key === key);
    least = rule?.min ?? 0;
    rules = rule?.items ?? [];
  }
  return least;
}

/**
 * @param {HTMLInputElement[]} fields
 * @param {string} name
 * @param {string[]} wanted
 * @param {(field: HTMLInputElement, id: string) => void} attach
 */
function enter(fields, name, wanted, attach) {
  const boxes = fields.filter((field) => CHECKED.has(field.type));
  for (const box of boxes) box.checked = wanted.includes(box.value);
  const isDrawn = (/** @type {string} */ value) => boxes.some((box) => box.value === value);
  if (!fields.length || (boxes.length && !wanted.every(isDrawn))) remember(name, wanted);
  fields
    .filter((field) => !CHECKED.has(field.type))
    .forEach((field, index) => {
      const value = wanted[index] ?? "";
      if (field.type === "file") attach(field, value);
      else field.value = value;
      if (value !== "" && field.value !== value && field.tagName === "SELECT") remember(name, wanted);
    });
}
