/** The suggestion beside an assessment, by case_forms/questions/tests/indicator_vectors.json, as Python counts it. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { suggestion } from "../../static/js/indicator_score.js";
import { readJson } from "./shared.mjs";

const { vectors } = readJson("case_forms/questions/tests/indicator_vectors.json");
const data = readJson("case_forms/questions/data/indicators.json");
const { profiles } = data;
/** @type {IndicatorCatalogue} */
const catalogue = {
  profiles,
  dimensions: Object.fromEntries(data.dimensions.map(({ id, phase }) => [id, phase])),
  strengths: Object.fromEntries(
    data.indicators.map(({ id, strength }) => [id, profiles.map((profile) => strength[profile]).join("")]),
  ),
};

describe("indicators", () => {
  test("there are vectors", () => assert.ok(vectors.length > 10));
  for (const { name, answers, adult, child, insufficient, patterns } of vectors) {
    test(name, () => {
      const given = Object.entries(answers).flatMap(([answer, keys]) => keys.map((key) => [key, { answer }]));
      const found = suggestion(Object.fromEntries(given), catalogue);
      assert.deepEqual([found.adult, found.child, found.isInsufficient], [adult, child, insufficient]);
      assert.deepEqual(
        profiles.map((profile) => found.scores[profile].pattern),
        patterns,
      );
    });
  }
});
