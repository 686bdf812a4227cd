/** What all parts of the editor share: the document, the catalogue's words, the language being edited, problems. */

import { Document } from "./document.js";
import { hints, HINTED } from "./hints.js";
import { keyOf, placed } from "./problems.js";
import { allItems, namesFor, textIn, textsOf } from "./scope.js";
import { explain } from "./sentence.js";

export class Editor {
  constructor({ definition, catalogue, problems = [], settings = {} }) {
    this.document = new Document(definition);
    this.catalogue = catalogue;
    this.settings = settings;
    this.readOnly = Boolean(settings.readOnly);
    this.language = this.languages.includes(settings.language) ? settings.language : this.languages[0];
    this.published = new WeakSet(); // items whose key, and choices whose value, can't change any more
    const fixed = new Set(settings.publishedKeys ?? []);
    for (const { item } of allItems(definition ? this.definition : {}))
      if (fixed.has(item.key)) this.published.add(item);
    this.findPublishedValues(settings);
    this.proposing = new WeakSet(); // items whose key still follows their label
    this.folds = { wording: true, logic: false, privacy: false }; // which groups of a panel stand open
    this.drafts = new WeakMap(); // what stands half-built in a panel, by item
    this.live = null; // the region that is read out
    this.setProblems(problems);
  }

  findPublishedValues({ publishedValues = {}, publishedLists = {} }) {
    const fix = (entries, values = []) => {
      for (const entry of entries ?? []) if (values.includes(entry.value)) this.published.add(entry);
    };
    const definition = this.document?.definition;
    if (!definition) return;
    for (const { item } of allItems(definition)) fix(item.choices, publishedValues[item.key]);
    for (const [name, list] of Object.entries(definition.lists ?? {})) fix(list.choices, publishedLists[name]);
  }

  get definition() {
    return this.document.definition;
  }

  get languages() {
    return this.definition.languages?.length ? this.definition.languages : ["sq"];
  }

  /** The catalogue's words, with %(name)s filled in. */
  t(name, values = {}) {
    const words = this.catalogue.words[name] ?? name;
    return words.replace(/%\((\w+)\)s/g, (_, key) => values[key] ?? "");
  }

  languageName(code) {
    return this.catalogue.languages[code] ?? code;
  }

  /** What people call a section or item, in the editing language. */
  nameOf(node) {
    return textIn(textsOf(node), this.language, node.key || this.t("unnamed"));
  }

  announce(words) {
    if (this.live) this.live.textContent = words;
  }

  /** An expression as a sentence, or "" when it can't be said. */
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

  /** Problems as the server names them: [{path, code, message}]. They follow their item when it moves. */
  setProblems(problems) {
    this.reported = placed(this.definition, problems).filter(({ code }) => !HINTED.has(code));
    this.findProblems();
  }

  /** A change makes what the server said about that very place out of date. */
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
      if (!this.problems.has(problem.node)) this.problems.set(problem.node, []);
      this.problems.get(problem.node).push(problem);
    }
  }

  /** What a problem says, with the language of a text that is missing. */
  problemWords({ message, at }) {
    const [, language] = /\/([a-z]{2,3}(?:-[A-Z]{2})?)$/.exec(at) ?? [];
    return language && this.languages.length > 1 && this.languages.includes(language)
      ? `${message} (${this.languageName(language)})`
      : message;
  }

  /** Whether questions of this type have no use for a property that others may have. */
  refuses(type, name) {
    return this.catalogue.types[type]?.refused?.includes(name) ?? false;
  }

  problemsOf(node) {
    return this.problems.get(node) ?? [];
  }
}
