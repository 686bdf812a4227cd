/** What opens in place under a line. Its fields are made when it opens, and a group's when the group does. */

import { isSection } from "./actions.js";
import { flattened, focusedIn, focusOn, h, icon } from "./dom.js";
import { logic, privacy, sectionFields, wording } from "./panel_groups.js";
import { fieldFor, showProblems } from "./problems.js";

/** @type {Record<string, (editor: Editor, node: Item, panel: PanelTools) => Child[]>} */
const GROUPS = { wording, logic, privacy: (editor, node) => privacy(editor, node) };
/** @type {Record<string, RegExp>} Where the places of a group's fields are; what is nowhere else is wording. */
const PLACES = {
  logic: /^\/(relevant|required|constraint|choice_filter|calculation|result|initial)/,
  privacy: /^\/(sensitivity|shared_with|recipient_label|paper|brief_part|keep_for|keep_basis)/,
};

export class Panel {
  /**
   * `changeType(question)` opens the picker.
   *
   * @param {Editor} editor
   * @param {LineNode} node
   * @param {{ id: string, words: string, changeType: (question: Question) => void }} options
   */
  constructor(editor, node, { id, words, changeType }) {
    this.editor = editor;
    this.node = node;
    this.changeType = changeType;
    this.element = h("div.vo-panel", { id, role: "group", "aria-label": words });
    /** @type {Record<string, () => void>} */
    this.refills = {}; // by group: draws its fields anew, if they were drawn
    this.draw();
  }

  get groups() {
    if (isSection(this.node)) return [];
    return this.node.item === "question" ? ["wording", "logic", "privacy"] : ["wording", "logic"];
  }

  draw() {
    const { node } = this;
    const top = h("div.vo-panel__problems");
    const body = isSection(node)
      ? [h("div.vo-group__body", {}, sectionFields(this.editor, node))]
      : this.groups.map((name) => this.group(node, name));
    this.element.replaceChildren(top, ...body);
    this.showProblems();
  }

  /** Draws anew, with the focus where it was. */
  redraw() {
    const focus = focusedIn(this.element);
    this.draw();
    if (focus) focusOn(this.element, focus, "summary, input");
  }

  /** Draws what reads other questions anew: one of them has another key now. The wording, where one types it, stays. */
  redrawReaders() {
    for (const name of ["logic", "privacy"]) this.refills[name]?.();
    if (!this.groups.length && !this.element.contains(document.activeElement)) this.redraw();
    this.showProblems();
  }

  /** @param {Entries} table */
  adopt(table) {
    table.drawn = () => this.showProblems();
  }

  /**
   * @param {Item} node
   * @param {string} name
   */
  group(node, name) {
    const body = h("div.vo-group__body");
    const digest = h("span.vo-group__digest", { data: { digest: name } }, this.digest(name));
    const details = h(
      "details.vo-group",
      { data: { group: name } },
      h(
        "summary",
        { "data-focus": `group.${name}` },
        icon("arrow-right", "vo-turns"),
        h("span.vo-group__name", {}, this.editor.t(`group_of_${name}`)),
        digest,
      ),
      body,
    );
    const fill = () => {
      if (body.childElementCount) return;
      const fields = GROUPS[name](this.editor, node, {
        redraw: () => this.redraw(),
        adopt: (table) => this.adopt(table),
        changeType: (question) => this.changeType(question),
      });
      body.append(...flattened(fields));
    };
    this.refills[name] = () => {
      if (!body.childElementCount) return;
      body.replaceChildren();
      fill();
    };
    details.addEventListener("toggle", () => {
      if (details.open) fill();
      this.editor.folds[name] = details.open;
      this.showProblems();
    });
    if (this.editor.folds[name]) {
      fill();
      details.open = true;
    }
    return details;
  }

  /**
   * What a closed group holds, in a few words.
   *
   * @param {string} name
   */
  digest(name) {
    const { editor, node } = this;
    if (name === "wording") return "";
    if (name === "logic") {
      const parts = [];
      if (typeof node.relevant === "object") parts.push(editor.t("mark_conditional"));
      if (node.required) parts.push(editor.t(node.required === true ? "mark_required" : "mark_required_when"));
      if (node.constraint) parts.push(editor.t("mark_checked"));
      if (node.calculation) parts.push(editor.t("mark_calculated"));
      return parts.join(" · ");
    }
    const level = editor.catalogue.sensitivities.find(({ value }) => value === node.sensitivity)?.label;
    const roles = editor.catalogue.roles.filter(({ value }) => node.shared_with?.[value]).map(({ label }) => label);
    return [
      level,
      ...roles,
      node.paper === false && editor.t("paper_words"),
      node.keep_for && editor.t("months", { count: node.keep_for }),
    ]
      .filter(Boolean)
      .join(" · ");
  }

  /** After a change elsewhere: digests, keys, problems. */
  refresh() {
    /** @type {NodeListOf<HTMLElement>} */
    const digests = this.element.querySelectorAll("[data-digest]");
    for (const digest of digests) digest.textContent = this.digest(digest.dataset.digest ?? "");
    /** @type {NodeListOf<Refreshing>} */
    const fields = this.element.querySelectorAll("[data-refreshes]");
    for (const field of fields) field.refresh();
    this.showProblems();
  }

  showProblems() {
    showProblems(this.element, this.editor.problemsOf(this.node), (problem) =>
      h("p.vo-problem", {}, icon("warning"), h("span", {}, this.editor.problemWords(problem))),
    );
  }

  /**
   * Opens the group that holds a place of the item, and puts the focus there.
   *
   * @param {string} at
   */
  focusAt(at) {
    const name = this.groups.find((group) => PLACES[group]?.test(at)) ?? this.groups[0];
    /** @type {HTMLDetailsElement | null} */
    const details = this.element.querySelector(`[data-group="${name}"]`);
    if (details && !details.open) {
      details.open = true;
      details.dispatchEvent(new Event("toggle"));
    }
    const controls = "input:not([type=hidden]), textarea, select";
    const field = at ? fieldFor(this.element, at) : null;
    /** @type {HTMLElement | null} */
    const target =
      field?.querySelector(`${controls}, button`) ??
      this.element.querySelector(controls) ??
      this.element.querySelector("summary");
    target?.focus();
  }
}
