// The fields of a form, read anew only where something may have changed: reading all of a long form takes longer than
// sealing it.

import { fieldIn, readFields } from "./stored.js";

/**
 * A question with its fields, or one field outside of all questions, which is read each time.
 *
 * @typedef {{ name: string, element: HTMLElement, fields: [string, string][] }} Place
 */

export class FieldReader {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    /** In the order of the page; null: all is to be read. @type {Place[] | null} */
    this.places = null;
    /** Questions that are to be read. @type {Set<string>} */
    this.doubtful = new Set();
  }

  /** What may have changed since: names of questions; null: anything. @param {Iterable<string> | null} names */
  doubt(names) {
    if (names === null) this.places = null;
    else for (const name of names) this.doubtful.add(name);
  }

  /** Everything, whatever is known: as at opening and before what counts. */
  whole() {
    this.doubt(null);
    return this.read();
  }

  /** What `readFields` reads. @returns {[string, string][]} */
  read() {
    if (!this.places?.every((place) => this.renew(place))) this.places = this.find();
    this.doubtful.clear();
    return this.places.flatMap((place) => place.fields);
  }

  /** False when the place isn't in the form any more. @param {Place} place */
  renew(place) {
    const isDoubtful = place.name === "" || this.doubtful.has(place.name);
    if (isDoubtful && !place.element.isConnected) return false;
    if (isDoubtful) place.fields = this.fieldsOf(place);
    return true;
  }

  find() {
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
    return places;
  }

  /** @param {Place} place */
  fieldsOf({ name, element }) {
    if (name === "") return fieldIn(this.form, /** @type {HTMLInputElement} */ (element));
    return readFields(this.form, element.querySelectorAll("input, select, textarea"));
  }

  forget() {
    this.places = null;
    this.doubtful.clear();
  }
}
