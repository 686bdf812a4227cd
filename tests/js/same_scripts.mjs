/**
 * Whether scripts mean the same in two folders: `node --expose-internals same_scripts.mjs FOLDER OTHER NAME ...` prints
 * the names of those that don't, as JSON. The parser is the one that Node brings along.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

const acorn = createRequire(import.meta.url)("internal/deps/acorn/acorn/dist/acorn");
const PLACES = ["start", "end", "loc", "range"];

/** @param {string} path */
function read(path) {
  const tree = acorn.parse(readFileSync(path, "utf8"), { ecmaVersion: "latest", sourceType: "module" });
  return withoutPlaces(tree);
}

/**
 * @param {unknown} node
 * @returns {unknown}
 */
function withoutPlaces(node) {
  if (Array.isArray(node)) {
    return node.map(withoutPlaces);
  }
  if (!node || typeof node !== "object" || node instanceof RegExp) {
    return node;
  }
  const entries = Object.entries(node).filter(([name]) => !PLACES.includes(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, withoutPlaces(value)]));
}

const [folder, other, ...names] = process.argv.slice(2);
const differing = names.filter((name) => !isDeepStrictEqual(read(join(folder, name)), read(join(other, name))));
console.log(JSON.stringify(differing));
