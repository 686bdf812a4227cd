/** What refers to a part by its key: named before it is removed, and followed when its key changes. */

import { escaped, same } from "../builder/document.js";
import { renamed } from "../builder/keys.js";

const SETTING = "_setting_";
/** By which kind of parameter actions name parts of a group. @type {Record<string, string>} */
const KINDS = { deadlines: "deadline", ladders: "ladder", flags: "marker" };

/**
 * Every place that names the part: its pointer, and whose it is.
 *
 * @param {ProcedureEditor} editor
 * @param {string} group
 * @param {string} key
 */
export function usesOf(editor, group, key) {
  const { procedure } = editor;
  const name = group === "settings" ? `${SETTING}${key}` : key;
  const isRead = group === "facts" || group === "settings";
  /** @type {{ path: string, node: FormNode, value: Stored }[]} */
  const found = [];
  /**
   * @param {object} node
   * @param {string} path
   * @param {Stored} value
   */
  const note = (node, path, value) => found.push({ path, node: /** @type {FormNode} */ (node), value });
  const reads = (/** @type {Stored} */ expression) =>
    isRead && !same(renamed(/** @type {Expression} */ (expression ?? null), name, "\u0000"), expression ?? null);
  for (const [index, rule] of (procedure.rules ?? []).entries()) {
    if (reads(rule.when)) note(rule, `/rules/${index}/when`, rule.when);
    for (const [place, action] of (rule.then ?? []).entries()) {
      const kind = editor.catalogue.procedure.actions.find(({ value }) => value === action.do);
      for (const parameter of kind?.parameters ?? []) {
        const value = action[parameter.name];
        const path = `/rules/${index}/then/${place}/${escaped(parameter.name)}`;
        if (reads(value) || (parameter.kind === KINDS[group] && value === key)) note(rule, path, value);
      }
    }
  }
  for (const [index, fact] of (procedure.facts ?? []).entries())
    if (reads(fact.value)) note(fact, `/facts/${index}/value`, fact.value);
  for (const [own, deadline] of Object.entries(procedure.deadlines ?? {})) {
    if (group === "calendars" && deadline.calendar === key) note(deadline, `/deadlines/${own}/calendar`, key);
    if (group === "ladders" && deadline.ladder === key) note(deadline, `/deadlines/${own}/ladder`, key);
  }
  return found;
}

/**
 * The names of what refers to a part, each once.
 *
 * @param {ProcedureEditor} editor
 * @param {string} group
 * @param {string} key
 */
export const namesOfUses = (editor, group, key) => [
  ...new Set(usesOf(editor, group, key).map(({ node }) => editor.nameOf(node))),
];

/**
 * Operations that give a part another key, everywhere it is named.
 *
 * @param {ProcedureEditor} editor
 * @param {PartPlace} place
 * @param {string} to
 * @returns {Operation[]}
 */
export function renamingPart(editor, { group, key, path }, to) {
  const isListed = group === "rules" || group === "facts";
  /** @type {Operation[]} */
  const operations = isListed
    ? [{ op: "replace", path: `${path}/key`, value: to }]
    : [{ op: "move", from: path, path: `/${group}/${escaped(to)}` }];
  const [from, into] = group === "settings" ? [`${SETTING}${key}`, `${SETTING}${to}`] : [key, to];
  for (const use of usesOf(editor, group, key)) {
    const value = use.value === key ? to : renamed(/** @type {Expression} */ (use.value), from, into);
    operations.push({ op: "replace", path: use.path, value });
  }
  return operations;
}
