/**
 * What the page makes of entries, by case_forms/questions/tests/entries.json; test_entries.py holds the server to the
 * same. test_answers_twin.py does it in a browser, with the real widgets: here a stand-in for the form is enough.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readJson } from "./shared.mjs";

globalThis.RadioNodeList = /** @type {typeof RadioNodeList} */ (/** @type {unknown} */ (class extends Array {}));
const { answer } = await import("../../static/js/answers.js");

const NAME = "row-0-thing";
const entries = readJson("case_forms/questions/tests/entries.json");

/**
 * Fields of these names and values, all of which would be sent.
 *
 * @param {Record<string, string | string[]>} entered
 * @param {string} type
 */
function formOf(entered, type) {
  const fields = Object.entries(entered).flatMap(([part, values]) => {
    const kind = part.endsWith(".basis") ? "select-one" : type;
    const field = { name: NAME + part, type: kind, checked: true, matches: () => false };
    return [values].flat().map((value) => ({ ...field, value }));
  });
  const namedItem = (/** @type {string} */ wanted) => {
    const found = fields.filter(({ name }) => name === wanted);
    return found.length > 1 ? RadioNodeList.from(found) : (found[0] ?? null);
  };
  const form = { elements: Object.assign(fields, { namedItem }) };
  return /** @type {HTMLFormElement} */ (/** @type {unknown} */ (form));
}

describe("answers", () => {
  test("there are entries", () => assert.ok(entries.length > 150));
  for (const { type, entered, rule, answer: wanted } of entries) {
    test(`${type} ${JSON.stringify(entered)} ${JSON.stringify(rule)}`, () => {
      const widget = ["indicators", "matrix"].includes(type) ? "radio" : "text";
      assert.deepEqual(answer(rule, NAME, formOf(entered, widget)) ?? null, wanted);
    });
  }
});
