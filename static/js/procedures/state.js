/** What all parts of the editor of procedures share: the form builder's editor, over a procedure. */

import { explain } from "../builder/sentence.js";
import { Editor } from "../builder/state.js";
import { ProcedureDocument } from "./document.js";
import { namesIn } from "./scope.js";

export class ProcedureEditor extends Editor {
  /** @param {ProcedureData} given */
  constructor({ definition, catalogue, problems, settings }) {
    const base = /** @type {Definition} */ (/** @type {unknown} */ (definition));
    super({ definition: base, catalogue, settings });
    this.document = new ProcedureDocument(base);
    this.catalogue = catalogue;
    this.urls = settings.urls;
    /** @type {Record<string, Definition>} */
    this.forms = {}; // those that are published, once they have been fetched
    /** @type {Promise<void> | null} */
    this.fetching = null;
    /** @type {PlacedProblem[]} */
    this.placed = problems;
  }

  get procedure() {
    return /** @type {ProcedureDefinition} */ (/** @type {unknown} */ (this.definition));
  }

  get languages() {
    return /** @type {ProcedureCatalogue} */ (this.catalogue).procedure.languages;
  }

  /** The form builder's own hints are about forms; here the server says all. */
  findProblems() {}

  /** @param {ServerProblem[]} problems */
  setProblems(problems) {
    this.placed = /** @type {PlacedProblem[]} */ (problems);
  }

  /**
   * An expression as a sentence, or "" when it can't be said.
   *
   * @param {Expression} expression
   * @param {string} language
   */
  sentence(expression, language) {
    try {
      return explain(expression, { ...namesIn(this, language), language, words: this.catalogue.sentences });
    } catch {
      return "";
    }
  }

  /** Fetches the questions of the published forms, once. Rejects when they can't be had; then it may be tried again. */
  fetchForms() {
    this.fetching ??= this.ask().catch((error) => {
      this.fetching = null;
      throw error;
    });
    return this.fetching;
  }

  async ask() {
    const answer = await fetch(this.urls.scopes, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const scopes = /** @type {Scopes} */ (await answer.json());
    this.forms = scopes.forms;
    this.catalogue.lists = scopes.lists;
  }
}
