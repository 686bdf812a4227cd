/** What opens in place under a line. Its fields are made when it opens, and a group's when the group does. */

import { h, icon } from "./dom.js";
import { logic, privacy, sectionFields, wording } from "./panel_groups.js";
import { fieldFor, showProblems } from "./problems.js";

const GROUPS = { wording, logic, privacy };
const PLACES = {
  wording: null,
  logic: /^\/(relevant|required|constraint|choice_filter|calculation|result|initial)/,
  privacy: /^\/(sensitivity|shared_with|recipient_label|paper|brief_part|keep_for)/,
};

export class Panel {
  /** `actions.changeType(node)` opens the picker. */
  constructor(editor, node, { id, words, actions }) {
    Object.assign(this, { editor, node, actions });
    this.element = h("div.vo-panel", { id, role: "group", "aria-label": words });
    this.tables = [];
    this.refills = {};
    this.draw();
  }

  get groups() {
    if (!("item" in this.node)) return [];
    return this.node.item === "question" ? ["wording", "logic", "privacy"] : ["wording", "logic"];
  }

  draw() {
    this.tables = [];
    const top = h("div.vo-panel__problems");
    const body = this.groups.length
      ? this.groups.map((name) => this.group(name))
      : [h("div.vo-group__body", {}, sectionFields(this.editor, this.node))];
    this.element.replaceChildren(top, ...body);
    this.showProblems();
  }

  /** Draws anew, with the focus where it was. */
  redraw() {
    const focus = this.element.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    this.draw();
    if (focus)
      (
        this.element.querySelector(`[data-focus="${CSS.escape(focus)}"]`) ??
        this.element.querySelector("summary, input")
      )?.focus();
  }

  /** Draws what reads other questions anew: one of them has another key now. The wording, where one types it, stays. */
  redrawReaders() {
    if (this.groups.length) ["logic", "privacy"].forEach((name) => this.refills[name]?.());
    else if (!this.element.contains(document.activeElement)) this.redraw();
    this.showProblems();
  }

  adopt(table) {
    table.drawn = () => this.showProblems();
    this.tables.push(table);
  }

  changeType() {
    this.actions.changeType(this.node);
  }

  group(name) {
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
      body.append(
        ...GROUPS[name](this.editor, this.node, {
          redraw: () => this.redraw(),
          adopt: (table) => this.adopt(table),
          changeType: () => this.changeType(),
        }).filter(Boolean),
      );
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

  /** What a closed group holds, in a few words. */
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
    for (const digest of this.element.querySelectorAll("[data-digest]"))
      digest.textContent = this.digest(digest.dataset.digest);
    for (const field of this.element.querySelectorAll("[data-refreshes]")) field.refresh();
    this.showProblems();
  }

  showProblems() {
    showProblems(this.element, this.editor.problemsOf(this.node), (problem) =>
      h("p.vo-problem", {}, icon("warning"), h("span", {}, this.editor.problemWords(problem))),
    );
  }

  /** Opens the group that holds a place of the item, and puts the focus there. */
  focusAt(at) {
    const name = this.groups.find((group) => PLACES[group]?.test(at)) ?? this.groups[0];
    const details = name && this.element.querySelector(`[data-group="${name}"]`);
    if (details && !details.open) {
      details.open = true;
      details.dispatchEvent(new Event("toggle"));
    }
    const controls = "input:not([type=hidden]), textarea, select";
    const field = at && fieldFor(this.element, at);
    const target =
      field?.querySelector(`${controls}, button`) ??
      this.element.querySelector(controls) ??
      this.element.querySelector("summary");
    target?.focus();
  }
}
