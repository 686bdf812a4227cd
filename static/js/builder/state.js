/** What all parts of the editor share: the document, the catalogue's words, the language being edited, problems. */

import { Document } from "./document.js";
import { hints, HINTED } from "./hints.js";
import { keyOf, placed } from "./problems.js";
import { allItems, namesFor, textIn, textsOf } from "./scope.js";
import { explain } from "./sentence.js";

export class Editor {
  /** @param {EditorData} given */
  constructor({ definition, catalogue, problems = [], settings = {} }) {
    this.document = new Document(definition);
    this.catalogue = catalogue;
    this.settings = settings;
    this.readOnly = Boolean(settings.readOnly);
    const wanted = settings.language ?? "";
    this.language = this.languages.includes(wanted) ? wanted : this.languages[0];
    /** @type {WeakSet<object>} */
    this.published = new WeakSet(); // items whose key, and choices whose value, can't change any more
    const fixed = new Set(settings.publishedKeys ?? []);
    for (const { item } of allItems(definition ? this.definition : {}))
      if (fixed.has(item.key)) this.published.add(item);
    this.findPublishedValues(settings);
    /** @type {WeakSet<FormNode>} */
    this.proposing = new WeakSet(); // items whose key still follows their label
    /** @type {Record<string, boolean>} */
    this.folds = { wording: true, logic: false, privacy: false }; // which groups of a panel stand open
    // What stands half-built in a panel, by item and place.
    /** @type {WeakMap<FormNode, Map<string, ConditionDraft>>} */
    this.conditions = new WeakMap();
    /** @type {WeakMap<FormNode, Map<string, CalculationDraft>>} */
    this.calculations = new WeakMap();
    /** @type {HTMLElement | null} */
    this.live = null; // the region that is read out
    /** @type {HTMLElement} */
    this.root = document.body; // what dialogs open in; the outline says
    /** @type {Problem[]} */
    this.reported = [];
    /** @type {Map<FormNode, Problem[]>} */
    this.problems = new Map();
    this.setProblems(problems);
  }

  /** @param {Partial<EditorSettings>} settings */
  findPublishedValues({ publishedValues = {}, publishedLists = {} }) {
    const fix = (/** @type {Choice[]} */ entries = [], /** @type {string[]} */ values = []) => {
      for (const entry of entries) if (values.includes(entry.value)) this.published.add(entry);
    };
    const { definition } = this;
    if (!definition) return;
    for (const { item } of allItems(definition)) fix(item.choices, publishedValues[item.key]);
    for (const [name, list] of Object.entries(definition.lists ?? {})) fix(list.choices, publishedLists[name]);
  }

  get definition() {
    return this.document.definition;
  }

  get languages() {
    // the catalogue has the service's languages, the default one first
    return this.definition.languages?.length
      ? this.definition.languages
      : Object.keys(this.catalogue.sentences).slice(0, 1);
  }

  /**
   * The catalogue's words, with %(name)s filled in.
   *
   * @param {string} name
   * @param {Record<string, string | number | undefined>} [values]
   */
  t(name, values = {}) {
    const words = this.catalogue.words[name] ?? name;
    return words.replace(/%\((\w+)\)s/g, (_, key) => String(values[key] ?? ""));
  }

  /** @param {string} code */
  languageName(code) {
    return this.catalogue.languages[code] ?? code;
  }

  /**
   * What people call a section or item, in the editing language.
   *
   * @param {FormNode} node
   */
  nameOf(node) {
    return textIn(textsOf(node), this.language, node.key || this.t("unnamed"));
  }

  /** @param {string} words */
  announce(words) {
    if (this.live) this.live.textContent = words;
  }

  /**
   * An expression as a sentence, or "" when it can't be said.
   *
   * @param {Expression} expression
   * @param {string} language
   */
  sentence(expression, language) {
    try {
      return explain(expression, {
        ...namesFor(this.definition, this.catalogue, language),
        language,
        words: this.catalogue.sentences,
      });
    } catch {
      return "";
    }
  }

  // ---- problems ----

  /**
   * Problems as the server names them: [{path, code, message}]. They follow their item when it moves.
   *
   * @param {ServerProblem[]} problems
   */
  setProblems(problems) {
    this.reported = placed(this.definition, problems).filter(({ code }) => !HINTED.has(code));
    this.findProblems();
  }

  /**
   * A change makes what the server said about that very place out of date.
   *
   * @param {Operation[]} operations
   */
  forget(operations) {
    const touched = operations.filter(({ op }) => op !== "move").map(({ path }) => path);
    this.reported = this.reported.filter(({ node, at }) => {
      const path = this.document.pathOf(node);
      if (path === undefined) return false;
      const whole = path + at;
      return !touched.some(
        (change) => at && (whole === change || whole.startsWith(`${change}/`) || change.startsWith(`${whole}/`)),
      );
    });
  }

  /** All problems there are now, by node: Map node -> [{at, code, message}]. */
  findProblems() {
    this.problems = new Map();
    const seen = new Set();
    for (const problem of [...hints(this), ...this.reported]) {
      const key = keyOf(this.document, problem);
      if (key === null || seen.has(key)) continue;
      seen.add(key);
      this.problems.set(problem.node, [...this.problemsOf(problem.node), problem]);
    }
  }

  /**
   * What a problem says, with the language of a text that is missing.
   *
   * @param {{ message?: string, at: string }} options
   */
  problemWords({ message, at }) {
    const [, language] = /\/([a-z]{2,3}(?:-[A-Z]{2})?)$/.exec(at) ?? [];
    return language && this.languages.length > 1 && this.languages.includes(language)
      ? `${message} (${this.languageName(language)})`
      : message;
  }

  /**
   * Whether questions of this type have no use for a property that others may have.
   *
   * @param {string} type
   * @param {string} name
   */
  refuses(type, name) {
    return this.catalogue.types[type]?.refused?.includes(name) ?? false;
  }

  /** @param {FormNode} node */
  problemsOf(node) {
    return this.problems.get(node) ?? [];
  }
}
