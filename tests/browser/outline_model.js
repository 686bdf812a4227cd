// Random conditions, calculations and edits for test_outline_model.py. The same seed gives the same ones.

import { readPart, writePart } from "/builder/calculations.js";
import { guardedPaths, read, write } from "/builder/conditions.js";
import { Document, same } from "/builder/document.js";
import { renaming, usersOf } from "/builder/keys.js";
import { allItems } from "/builder/scope.js";
import { explain } from "/builder/sentence.js";

export function chance(seed) {
  let state = seed;
  const random = () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
  const below = (count) => Math.floor(random() * count);
  return { random, below, pick: (list) => list[below(list.length)] };
}

// ---- conditions ----

const PATHS = ["age", "region", "birth", "visit", "grid.row"];
const OPERATORS = [
  "is",
  "is_not",
  "less",
  "at_most",
  "more",
  "at_least",
  "between",
  "one_of",
  "none_of",
  "includes",
  "excludes",
  "any_of",
  "answered",
  "unanswered",
  "matches",
];

function conditions({ random, below, pick }) {
  const day = () => pick(["today", "occurred", "birth", "visit"]);
  const where = (depth) => (depth && random() < 0.5 ? group(depth - 1) : null);
  const subject = (depth) =>
    pick([
      () => ({ of: "var", path: pick(PATHS) }),
      () => ({ of: "var", path: "_position" }),
      () => ({ of: "age", path: "birth", on: pick(["today", "occurred"]) }),
      () => ({ of: "days", from: day(), to: day() }),
      () => ({ of: "today" }),
      () => ({ of: "occurred" }),
      () => ({ of: "count", list: "persons", where: where(depth) }),
      () => ({ of: "sum", list: "persons", path: "n", where: where(depth) }),
    ])();
  const value = (depth) =>
    random() < 0.6 ? { const: pick([1, 0, -3.5, "a", "2020-01-01", true, false]) } : { ref: subject(depth) };

  function comparison(depth) {
    const op = pick(OPERATORS);
    const row = { is: "compare", subject: subject(depth), op, guard: false };
    if (op === "answered" || op === "unanswered") row.subject = { of: "var", path: pick(PATHS) };
    else if (["one_of", "none_of", "any_of"].includes(op)) row.value = ["a", "b"].slice(0, 1 + below(2));
    else if (op === "between") row.value = [value(0), value(0)];
    else if (op === "matches") row.value = { const: "a+" };
    else row.value = value(depth);
    return { ...row, guard: random() < 0.8 && guardedPaths(row).length > 0 };
  }

  const RAW = [
    { "%": [{ var: "a" }, 2] },
    { "==": [1, 1] },
    { "!": [{ var: "a" }] },
    { var: "b" },
    true,
    { cat: [] },
    { missing: ["a"] },
  ];

  function row(depth) {
    const kind = random();
    if (depth > 0 && kind < 0.25) return group(depth - 1);
    if (depth > 0 && kind < 0.4)
      return { is: "rows", which: pick(["some", "all", "none"]), list: "persons", where: group(depth - 1) };
    return kind < 0.45 ? { is: "raw", expression: pick(RAW) } : comparison(depth);
  }

  function group(depth) {
    const rows = Array.from({ length: 1 + below(3) }, () => row(depth));
    // "is answered" before one comparison of the same question is how a guard is written: read back as one row
    if (rows.length === 2 && rows[0].op === "answered" && rows[1].guard === false) rows.reverse();
    return { is: "group", kind: pick(["all", "any", "none"]), rows };
  }

  function part(depth) {
    const kind = below(depth > 0 ? 7 : 2);
    if (kind === 0) return { is: "const", value: pick([1, 2.5, "x", ""]) };
    if (kind === 1) return { is: "subject", subject: subject(1) };
    if (kind === 2) {
      const op = pick(["+", "-", "*", "/", "min", "max", "cat", "coalesce"]);
      return {
        is: "op",
        op,
        parts: Array.from({ length: op === "-" || op === "/" ? 2 : 1 + below(3) }, () => part(depth - 1)),
      };
    }
    if (kind === 3) return { is: "round", part: part(depth - 1), places: below(3) };
    if (kind === 4) return { is: "listed", list: "persons", path: "name", separator: ", " };
    if (kind === 5) return { is: "raw", expression: { "%": [{ var: "a" }, 2] } };
    const cases = Array.from({ length: 1 + below(2) }, () => ({ when: group(1), result: part(depth - 1) }));
    return { is: "if", cases, otherwise: random() < 0.3 ? { is: "blank" } : part(depth - 1) };
  }

  return { group, part };
}

/**
 * Rows -> expression -> rows, and parts likewise: the first that doesn't come back, or null; and how many were tried.
 */
export function roundTrips(seed, count) {
  const made = conditions(chance(seed));
  for (let index = 0; index < count; index += 1) {
    const group = made.group(3);
    const written = write(group);
    if (!same(read(written), group)) return { group, written, read: read(written) };
    if (!same(write(read(written)), written)) return { written, again: write(read(written)) };
    const part = made.part(3);
    if (!same(readPart(writePart(part)), part)) return { part, written: writePart(part) };
  }
  return null;
}

/** Expressions as the rows write them, for the server to look at. */
export function written(seed, count) {
  const made = conditions(chance(seed));
  return Array.from({ length: count }, () => write(made.group(2)));
}

/**
 * The expressions that reading and writing changes: none, but for {"!": x} in place of {"!": [x]} and x in place of
 * {"and": [x]}.
 */
export function keptAsTheyAre(expressions) {
  const wrapped = (value) => {
    if (Array.isArray(value)) return value.map(wrapped);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, given]) => [name, wrapped(Array.isArray(given) ? given : [given])]),
    );
  };
  const lone = (value) => (value?.and?.length === 1 ? value.and[0] : value);
  const plain = (value) => lone(wrapped(value));
  return expressions.filter((expression) => !same(plain(write(read(expression))), plain(expression))).slice(0, 3);
}

export function sentences(cases, words) {
  return cases.map(({ rule, labels, values, language }) => {
    try {
      return explain(rule, { labels, values, language, words });
    } catch (error) {
      return String(error);
    }
  });
}

// ---- edits ----

const question = (key) => ({ item: "question", key, type: "text", label: { sq: key }, sensitivity: "personal" });

function edit(document, { random, below, pick }, fresh) {
  const { sections } = document.definition;
  const holders = [
    ...sections,
    ...sections.flatMap((section) => section.items.filter((item) => item.item === "repeat")),
  ];
  const holder = pick(holders);
  const item = pick(holder.items);
  const kind = below(10);
  if (kind === 0)
    document.apply([
      {
        op: "add",
        path: `${document.pathOf(holder)}/items/${below(holder.items.length + 1)}`,
        value: question(fresh()),
      },
    ]);
  else if (kind === 1 && item && item.item !== "repeat")
    document.apply([{ op: "remove", path: document.pathOf(item) }]);
  else if (kind === 2 && item && item.item !== "repeat") {
    const other = pick(holders);
    document.apply([document.moving(item, other, below(other.items.length + (other === holder ? 0 : 1)))]);
  } else if (kind === 3 && item) document.set(item, ["label", "sq"], fresh());
  else if (kind === 4 && item) document.set(item, "hint", random() < 0.5 ? undefined : { sq: fresh() });
  else if (kind === 5 && item) document.set(item, ["label", "sq"], undefined);
  else if (kind === 6 && item) document.set(item, "choices", [{ value: fresh(), label: {} }]);
  else if (kind === 7) document.undo();
  else if (kind === 8) document.redo();
  else if (kind === 9 && item?.choices)
    document.apply([
      {
        op: "add",
        path: `${document.pathOf(item)}/choices/${below(item.choices.length + 1)}`,
        value: { value: fresh(), label: {} },
      },
    ]);
}

/** [{before, changes, after}] of random edits; throws when undoing them all doesn't lead back. */
export function edits(seed, runs) {
  const made = chance(seed);
  const found = [];
  for (let run = 0; run < runs; run += 1) {
    const start = {
      sections: [
        {
          key: "a",
          items: [
            question("a1"),
            question("a2"),
            { item: "repeat", key: "r", label: {}, items: [question("r1"), question("r2")] },
          ],
        },
        { key: "b", items: [question("b1")] },
      ],
    };
    const document = new Document(start);
    let counter = 0;
    const fresh = () => {
      counter += 1;
      return `n${counter}`;
    };
    let before = structuredClone(start);
    for (let step = 0; step < 40; step += 1) {
      edit(document, made, fresh);
      if (made.below(15) === 0) {
        found.push({ before, changes: document.changes(), after: structuredClone(document.definition) });
        document.mark();
        before = structuredClone(document.definition);
      }
    }
    found.push({ before, changes: document.changes(), after: structuredClone(document.definition) });
    while (document.canUndo) document.undo();
    if (!same(document.definition, start)) throw new Error(`run ${run} is not undone`);
  }
  return found;
}

/** The operations that typing a text letter by letter, undoing and doing it again leave behind. */
export function typing() {
  const document = new Document({ sections: [{ key: "a", items: [question("q")] }] });
  const [item] = document.definition.sections[0].items;
  for (const text of ["M", "Mo", "Mos", "Mosh", "Mosha"]) document.set(item, ["label", "sq"], text);
  const typed = document.changes();
  document.undo();
  const undone = document.definition.sections[0].items[0].label.sq;
  document.redo();
  return { typed, undone, again: document.changes() };
}

// ---- keys ----

/** The definition after an item has got another key, and how many places named the old one. */
export function withKey(definition, key, other) {
  const document = new Document(structuredClone(definition));
  const item = [...allItems(document.definition)].find((placed) => placed.item.key === key).item;
  const users = usersOf(document.definition, key).length;
  document.apply(renaming(document, item, other));
  return { definition: document.definition, users };
}
