/** New parts, copies of parts, and their keys. */

import { copied, escaped } from "../builder/document.js";
import { proposed } from "../builder/keys.js";

/** Groups whose parts stand in a list and have their key inside; the others are stored by their keys. */
export const LISTED = new Set(["rules", "facts"]);
/** @type {Record<string, string>} */
const STEMS = {
  rules: "rule",
  facts: "fact",
  deadlines: "deadline",
  ladders: "steps",
  settings: "setting",
  calendars: "calendar",
  flags: "flag",
};

/**
 * The keys that a group has.
 *
 * @param {ProcedureEditor} editor
 * @param {ProcedureGroup} group
 */
export function keysOf(editor, group) {
  const holder = editor.procedure[group];
  if (Array.isArray(holder)) return new Set(holder.map(({ key }) => key));
  return new Set(Object.keys(holder ?? {}));
}

/**
 * A key for a part that people call this.
 *
 * @param {ProcedureEditor} editor
 * @param {ProcedureGroup} group
 * @param {string} text
 */
export const proposedKey = (editor, group, text) => proposed(text, keysOf(editor, group), STEMS[group] ?? "part");

/** @param {ProcedureEditor} editor */
const blank = (editor) => Object.fromEntries(editor.languages.map((language) => [language, ""]));

/**
 * A part to begin with.
 *
 * @param {ProcedureEditor} editor
 * @param {ProcedureGroup} group
 */
function begun(editor, group) {
  const texts = () => blank(editor);
  const [event] = editor.catalogue.procedure.events.filter(({ value }) => value === "submission_received");
  /** @type {Record<ProcedureGroup, object>} */
  const parts = {
    rules: {
      title: texts(),
      on: event?.value ?? editor.catalogue.procedure.events[0]?.value ?? "",
      forms: [],
      when: true,
      words: texts(),
      // biome-ignore lint/suspicious/noThenProperty: the name that the format gives it
      then: [],
    },
    facts: { label: texts(), value: false },
    deadlines: { label: texts(), red_minutes: 1440, basis: "", confidence: "proposal" },
    ladders: [
      { after_minutes: 15, do: "remind" },
      { after_minutes: 30, do: "deputy" },
      { after_minutes: 60, do: "call", repeat_minutes: 60 },
    ],
    settings: { label: texts(), choices: [], default: "", basis: "", confidence: "proposal" },
    chains: editor.catalogue.procedure.links.map(({ value }) => value),
    calendars: {
      label: texts(),
      hours: Object.fromEntries(
        ["monday", "tuesday", "wednesday", "thursday", "friday"].map((day) => [day, [["08:00", "16:00"]]]),
      ),
      public_holidays: true,
    },
    flags: { label: texts() },
  };
  return parts[group];
}

/**
 * The key of a new order of links: the first role that has none; "" when all have one.
 *
 * @param {ProcedureEditor} editor
 */
function freeRole(editor) {
  const taken = keysOf(editor, "chains");
  return (
    ["default", ...editor.catalogue.procedure.roles.map(({ value }) => value)].find((key) => !taken.has(key)) ?? ""
  );
}

/**
 * The operations that put a part into its group, and the key it has. `after`: behind which, in a list.
 *
 * @param {ProcedureEditor} editor
 * @param {ProcedureGroup} group
 * @param {{ part?: object, key?: string, after?: number }} [options]
 * @returns {{ operations: Operation[], key: string }}
 */
export function adding(editor, group, { part = begun(editor, group), key, after } = {}) {
  const own = key ?? (group === "chains" ? freeRole(editor) : proposedKey(editor, group, ""));
  const holder = editor.procedure[group];
  /** @type {Operation[]} */
  const operations = [];
  if (holder === undefined) operations.push({ op: "add", path: `/${group}`, value: LISTED.has(group) ? [] : {} });
  const count = Array.isArray(holder) ? holder.length : 0;
  const path = LISTED.has(group) ? `/${group}/${after === undefined ? count : after + 1}` : `/${group}/${escaped(own)}`;
  operations.push({ op: "add", path, value: LISTED.has(group) ? { key: own, ...part } : part });
  return { operations, key: own };
}

/**
 * The operations that copy a part, and the copy's key.
 *
 * @param {ProcedureEditor} editor
 * @param {PartPlace} place
 */
export function copying(editor, { group, key, node, path }) {
  const own = /** @type {ProcedureGroup} */ (group);
  const part = /** @type {Record<string, Stored>} */ (/** @type {unknown} */ (copied(node)));
  for (const name of ["title", "label"]) {
    const texts = /** @type {Texts | undefined} */ (part[name]);
    if (texts)
      part[name] = Object.fromEntries(
        Object.entries(texts).map(([language, text]) => [language, text && editor.t("copy_of", { name: text })]),
      );
  }
  const to = own === "chains" ? freeRole(editor) : proposed(key, keysOf(editor, own), STEMS[own]);
  if (LISTED.has(own)) delete part.key;
  const after = LISTED.has(own) ? Number(path.slice(path.lastIndexOf("/") + 1)) : undefined;
  return to ? adding(editor, own, { part, key: to, after }) : null;
}
