/** The expression language in the page gives what case_forms/expressions/tests/vectors.json says, as Python does. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { evaluate, LogicError } from "../../static/js/logic.js";
import { readJson } from "./shared.mjs";

const vectors = readJson("case_forms/expressions/tests/vectors.json");

describe("expressions", () => {
  test("there are vectors", () => assert.ok(vectors.length > 400));
  // `in_page`: what the page may leave to the server
  for (const { name, rule, data, result, error, in_page: code = error } of vectors) {
    test(name, () => {
      if (code === undefined) assert.deepEqual(JSON.parse(JSON.stringify(evaluate(rule, data))), result);
      else
        assert.throws(
          () => evaluate(rule, data),
          (/** @type {unknown} */ thrown) => isOf(code, thrown),
        );
    });
  }
});

/**
 * @param {string} code
 * @param {unknown} thrown
 */
const isOf = (code, thrown) => thrown instanceof LogicError && thrown.code === code;
