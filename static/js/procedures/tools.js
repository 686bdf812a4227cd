/** The bar above the procedure: search, undo, what is saved, what stands in the way of publishing, what checks say. */

import { button, h, icon, input } from "../builder/dom.js";
import { plain } from "../builder/keys.js";

const TOAST = 12000;
const AFTER_SAVING = 400; // milliseconds before the checks are asked, so that typing doesn't ask them each time
const AFTER_OTHERS = 15_000;

export class Tools {
  /**
   * @param {ProcedureEditor} editor
   * @param {HTMLElement} root
   * @param {{ undo: () => void, redo: () => void, reveal: (part: string, path?: string) => void,
   *   found: (base: string, problems: PlacedProblem[]) => void }} does
   */
  constructor(editor, root, { undo, redo, reveal, found }) {
    this.editor = editor;
    this.reveal = reveal;
    this.found = found;
    this.goBack = undo;
    this.undo = this.historyButton("undo", undo);
    this.redo = this.historyButton("redo", redo);
    this.state = h("span.proc-tools__state", { role: "status" });
    this.summary = h("details.proc-problems", { hidden: true });
    this.findings = h("div.proc-findings", { hidden: true, role: "status" });
    this.toast = h("div.vo-toast", { role: "status", hidden: true });
    this.counted = h("span.vo-found", { role: "status" });
    this.timer = 0;
    this.asking = 0;
    this.turn = 0;
    const search = input("", {
      type: "search",
      placeholder: editor.t("search_parts"),
      "aria-label": editor.t("search_parts"),
      onInput: (text) => this.search(text),
    });
    const history = editor.readOnly ? [] : [this.undo, this.redo, this.state];
    root.classList.add("vo");
    root.replaceChildren(
      h(
        "div.vo-toolbar.proc-tools",
        {},
        h("div.vo-search", {}, icon("search"), search, this.counted),
        h("span.vo-history", {}, history),
      ),
      this.summary,
      this.findings,
      this.toast,
    );
  }

  /**
   * @param {string} name
   * @param {() => void} onClick
   */
  historyButton(name, onClick) {
    return /** @type {HTMLButtonElement} */ (
      button(this.editor.t(name), { kind: "icon", iconName: name, onClick, disabled: true })
    );
  }

  /**
   * Shows only the parts that have all these words, under the headings that have any, and says how many there are.
   *
   * @param {string} text
   */
  search(text) {
    const wanted = plain(text).split(/\s+/).filter(Boolean);
    const parts = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".proc-part[data-part]"));
    let count = 0;
    for (const part of parts) {
      const words = plain(part.textContent ?? "");
      part.hidden = !wanted.every((word) => words.includes(word));
      count += Number(!part.hidden);
    }
    for (const group of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".proc-group")))
      group.hidden = wanted.length > 0 && group.querySelector(".proc-part:not([hidden])") === null;
    const words = count === 1 ? "found_one" : "found";
    this.counted.textContent = wanted.length > 0 ? this.editor.t(words, { count }) : "";
  }

  /** @param {"saved" | "unsaved"} state */
  saved(state) {
    this.state.textContent = this.editor.t(state);
    this.undo.disabled = !this.editor.document.canUndo;
    this.redo.disabled = !this.editor.document.canRedo;
  }

  showProblems() {
    const { editor } = this;
    const blocking = editor.placed.filter(({ is_blocking: blocks }) => blocks);
    const count = blocking.length;
    const words = count === 0 ? "problems_none" : count === 1 ? "problems_one" : "problems_many";
    this.summary.hidden = false;
    this.summary.classList.toggle("has-problems", count > 0);
    this.summary.replaceChildren(
      h("summary", {}, [editor.t(words, { count }), this.warnings()].filter(Boolean).join(" · ")),
      h(
        "ul",
        {},
        editor.placed.map((problem) => this.line(problem)),
      ),
    );
  }

  /** How much isn't in the way, and still good to know; "" when nothing is. */
  warnings() {
    const count = this.editor.placed.filter(({ is_blocking: blocks }) => !blocks).length;
    return count && this.editor.t(count === 1 ? "warnings_one" : "warnings_many", { count });
  }

  /** @param {PlacedProblem} problem */
  line({ part, anchor, where, path, message, is_blocking: blocks }) {
    const link = h("a", { on: { click: (event) => this.jump(event, part, path) } }, where);
    link.href = `#${anchor}`;
    return h(blocks ? "li" : "li.proc-problem--warning", {}, link, `: ${message}`);
  }

  /**
   * @param {MouseEvent} event
   * @param {string} part
   * @param {string} path
   */
  jump(event, part, path) {
    event.preventDefault();
    this.reveal(part, path);
  }

  /** Asks the checks of other rooms what they say about the draft as it is saved. */
  ask() {
    clearTimeout(this.asking);
    this.asking = setTimeout(async () => {
      const mine = ++this.turn;
      // One after the other: what the checks have run, a panel reads from their results.
      await this.fetchFindings(mine);
      for (const panel of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-panel]")))
        if (mine === this.turn) await this.fetchPanel(panel, mine);
    }, AFTER_SAVING);
  }

  /**
   * Shows what a page of another room says about the draft as it is saved.
   *
   * @param {HTMLElement} panel
   * @param {number} turn
   */
  async fetchPanel(panel, turn) {
    panel.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(panel.dataset.panel ?? "", { headers: { Accept: "application/json" } });
      // Others are at it: what the panel said before stays until it is its turn.
      if (answer.status === 503) {
        setTimeout(() => turn === this.turn && this.fetchPanel(panel, turn), AFTER_OTHERS);
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      const { html } = /** @type {{ html: string }} */ (await answer.json());
      // A later save has asked again.
      if (turn !== this.turn) return;
      panel.innerHTML = html;
    } catch {
      if (turn !== this.turn) return;
      panel.replaceChildren(h("p", {}, this.editor.t("checks_failed")));
    }
    panel.removeAttribute("aria-busy");
  }

  /**
   * Shows what the checks say; an answer about an earlier save says nothing any more.
   *
   * @param {number} turn
   */
  async fetchFindings(turn) {
    try {
      const answer = await fetch(this.editor.urls.findings, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const { base, problems, findings } = /** @type {Findings} */ (await answer.json());
      if (turn !== this.turn) return;
      this.found(base, problems);
      this.findings.hidden = findings.length === 0;
      this.findings.replaceChildren(
        h("h2", {}, this.editor.t("findings")),
        h(
          "ul",
          {},
          findings.map((finding) => this.line(finding)),
        ),
      );
    } catch {
      if (turn !== this.turn) return;
      this.findings.hidden = false;
      this.findings.replaceChildren(h("p", {}, this.editor.t("checks_failed")));
    }
  }

  /**
   * @param {string} words
   * @param {boolean} [undoable]
   */
  tell(words, undoable = false) {
    clearTimeout(this.timer);
    const hide = () => {
      this.toast.hidden = true;
    };
    const undo = undoable && button(this.editor.t("undo"), { onClick: this.goBack });
    const close = h(
      "button.vo-icon-button",
      { "aria-label": this.editor.t("close"), on: { click: hide } },
      icon("cross"),
    );
    this.toast.replaceChildren(h("span", {}, words), undo || "", close);
    this.toast.hidden = false;
    this.timer = setTimeout(hide, TOAST);
  }
}
