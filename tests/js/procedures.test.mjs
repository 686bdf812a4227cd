/** The editor's model of a procedure: where parts stand, what refers to which, how keys are followed. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ProcedureDocument } from "../../static/js/procedures/document.js";
import { adding, copying } from "../../static/js/procedures/making.js";
import { namesOfUses, renamingPart } from "../../static/js/procedures/references.js";
import { kindOfExpression } from "../../static/js/procedures/scope.js";

// As JSON: `then` is the name that the format gives it, and objects that have one look like promises to the linter.
const RULES = `[
  {"key": "tell", "title": {"en": "Tell"}, "when": {"var": "child"},
   "then": [{"do": "notify", "role": "police", "ladder": "quick"}]},
  {"key": "other", "title": {"en": "Other"}, "when": true, "then": []}
]`;
const made = () => ({
  format: 1,
  key: "p",
  facts: [{ key: "child", value: { "<": [{ var: "age" }, 18] } }],
  ladders: { quick: [{ after_minutes: 10, do: "call", repeat_minutes: 10 }] },
  deadlines: { report: { label: { en: "Report" }, calendar: "office" } },
  rules: JSON.parse(RULES),
});

function editor() {
  const document = new ProcedureDocument(made());
  return {
    document,
    get procedure() {
      return document.definition;
    },
    languages: ["sq", "en"],
    nameOf: (node) => node.title?.en ?? node.label?.en ?? node.key,
    t: (name, values = {}) => `${name} ${values.name ?? ""}`.trim(),
    catalogue: {
      procedure: {
        events: [{ value: "submission_received" }],
        roles: [{ value: "police" }],
        links: [{ value: "municipality" }, { value: "operator" }],
        actions: [
          {
            value: "notify",
            parameters: [
              { name: "ladder", kind: "ladder" },
              { name: "urgent", kind: "condition" },
            ],
          },
        ],
      },
    },
  };
}

test("a part is found wherever it stands, also after another was moved before it", () => {
  const { document } = editor();
  const [tell, other] = document.definition.rules;
  assert.equal(document.pathOf(other), "/rules/1");
  document.apply([{ op: "move", from: "/rules/1", path: "/rules/0" }]);
  assert.equal(document.pathOf(other), "/rules/0");
  assert.equal(document.pathOf(tell), "/rules/1");
  document.apply([{ op: "move", from: "/ladders/quick", path: "/ladders/slow" }]);
  assert.equal(document.pathOf(document.definition.ladders.slow), "/ladders/slow");
});

test("what refers to a part is named", () => {
  const open = editor();
  assert.deepEqual(namesOfUses(open, "ladders", "quick"), ["Tell"]);
  assert.deepEqual(namesOfUses(open, "facts", "child"), ["Tell"]);
  assert.deepEqual(namesOfUses(open, "calendars", "office"), ["Report"]);
  assert.deepEqual(namesOfUses(open, "ladders", "other"), []);
});

test("another key is followed wherever the part is named, and one step takes it back", () => {
  const open = editor();
  const before = structuredClone(open.procedure);
  const ladder = { group: "ladders", key: "quick", path: "/ladders/quick", node: open.procedure.ladders.quick };
  open.document.apply(renamingPart(open, ladder, "fast"));
  assert.equal(open.procedure.rules[0].then[0].ladder, "fast");
  assert.ok(open.procedure.ladders.fast);
  const fact = { group: "facts", key: "child", path: "/facts/0", node: open.procedure.facts[0] };
  open.document.apply(renamingPart(open, fact, "minor"));
  assert.deepEqual(open.procedure.rules[0].when, { var: "minor" });
  open.document.undo();
  open.document.undo();
  assert.deepEqual(open.procedure, before);
});

test("a new part has a key of its own, and a copy stands behind what it copies", () => {
  const open = editor();
  const rule = adding(open, "rules");
  open.document.apply(rule.operations);
  assert.equal(open.procedure.rules[2].key, rule.key);
  const place = { group: "rules", key: "tell", path: "/rules/0", node: open.procedure.rules[0] };
  open.document.apply(copying(open, place).operations);
  assert.deepEqual(
    open.procedure.rules.map(({ key }) => key),
    ["tell", "tell_2", "other", rule.key],
  );
  open.document.apply(adding(open, "calendars").operations);
  assert.deepEqual(Object.keys(open.procedure.calendars), ["calendar"]);
});

test("what sort of value a fact has is told by its outermost operator", () => {
  assert.equal(kindOfExpression({ or: [] }), "boolean");
  assert.equal(kindOfExpression({ if: [true, { age_on: [] }, null] }), "number");
  assert.equal(kindOfExpression({ var: "x" }), "text");
  assert.equal(kindOfExpression(false), "boolean");
});
