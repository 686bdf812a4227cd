/** One part of the page: what is read, the buttons beside it, and its fields while it is open. */

import { button, h, icon } from "../builder/dom.js";
import { showProblems } from "../builder/problems.js";
import { keyField, PANELS } from "./panels.js";
import { rulePanel } from "./rule_panel.js";

/** Groups whose fields read the questions of forms. */
const READS_FORMS = new Set(["rules", "facts"]);

export class Card {
  /**
   * @param {Cards} cards
   * @param {PartPlace} place
   * @param {HTMLElement | null} [element] the one that the server has drawn
   */
  constructor(cards, place, element = null) {
    this.cards = cards;
    this.editor = cards.editor;
    this.place = place;
    this.isOpen = false;
    this.sha = element?.dataset.sha ?? "";
    this.element = element ?? h("section.proc-part", { tabindex: "-1" });
    /** @type {HTMLElement} */
    this.read = element?.querySelector("[data-read]") ?? h("div.proc-part__read");
    this.toggle = button(this.editor.t("change"), { iconName: "edit", onClick: () => this.turn(!this.isOpen) });
    this.toggle.setAttribute("aria-expanded", "false");
    this.toggle.classList.add("proc-part__change");
    /** @type {HTMLButtonElement} */
    this.more = h(
      "button.vo-icon-button",
      { "aria-haspopup": "menu", "aria-expanded": "false", on: { click: () => cards.openMenu(this) } },
      icon("dots-horizontal"),
    );
    this.problems = h("ul.proc-part__problems", { hidden: true });
    this.panel = h("div.proc-part__panel.vo", { hidden: true });
    this.build(element === null);
  }

  /** @param {boolean} isNew */
  build(isNew) {
    const { editor, place } = this;
    if (isNew) this.read.replaceChildren(this.unwritten());
    const tools = editor.readOnly
      ? []
      : [h("div.proc-part__tools.vo", {}, this.toggle, h("span.vo-menu-holder", {}, place.group && this.more))];
    this.element.replaceChildren(this.read, ...tools, this.problems, this.panel);
    this.element.addEventListener("keydown", (event) => this.pressed(event));
    this.rename();
  }

  /** What stands there until the server has written the sentence. */
  unwritten() {
    return h(
      "div",
      {},
      h("h3.proc-part__name", {}, this.name),
      h("p.vo-quiet", {}, this.editor.t("draft_of_sentence")),
    );
  }

  get name() {
    const { node, key, group } = this.place;
    if (group === "ladders") return key;
    const named = /** @type {FormNode} */ (Array.isArray(node) ? { key } : { ...node, key });
    return this.editor.nameOf(named) || this.editor.t(`new_${group}`);
  }

  rename() {
    const { name } = this;
    this.element.setAttribute("aria-label", name);
    this.toggle.setAttribute("aria-label", this.editor.t("change_what", { name }));
    this.more.setAttribute("aria-label", name);
  }

  /**
   * What the server has written about the part. Its words are escaped there.
   *
   * @param {string} sha
   * @param {string} html
   */
  write(sha, html) {
    this.sha = sha;
    this.element.dataset.sha = sha;
    this.read.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  }

  /** @param {boolean} isOpen */
  turn(isOpen) {
    this.isOpen = isOpen;
    this.panel.hidden = !isOpen;
    this.element.classList.toggle("is-open", isOpen);
    this.toggle.setAttribute("aria-expanded", String(isOpen));
    this.toggle.replaceChildren(icon(isOpen ? "check" : "edit"), this.editor.t(isOpen ? "done" : "change"));
    if (isOpen) this.draw(true);
    else this.panel.replaceChildren();
  }

  /**
   * Draws the fields; those that read the questions of forms, once these are here.
   *
   * @param {boolean} [isFirst] whether the focus goes to the first field
   */
  async draw(isFirst = false) {
    if (READS_FORMS.has(this.place.group) && !Object.keys(this.editor.forms).length) {
      this.panel.replaceChildren(h("p.vo-quiet", { role: "status" }, this.editor.t("loading_forms")));
      try {
        await this.editor.fetchForms();
      } catch {
        this.panel.replaceChildren(h("p.vo-problem", { role: "alert" }, this.editor.t("forms_failed")));
        return;
      }
      if (!this.isOpen) return;
    }
    const focused = document.activeElement;
    const name = focused instanceof HTMLElement && this.panel.contains(focused) ? focused.dataset.focus : undefined;
    this.panel.replaceChildren(h("div.vo-panel__problems"), ...this.fields());
    this.showProblems();
    const again = name ? this.panel.querySelector(`[data-focus="${CSS.escape(name)}"]`) : null;
    const first = isFirst ? this.panel.querySelector("input, select, textarea") : null;
    /** @type {HTMLElement | null} */ (again ?? first)?.focus();
  }

  fields() {
    const { editor, place, cards } = this;
    /** @type {PanelHelp} */
    const help = {
      redraw: () => this.draw(),
      rename: (operations, key) => cards.rename(this, operations, key),
      onTitle: (language, text) => cards.retitle(this, language, text),
    };
    const draw = place.group === "rules" ? rulePanel : PANELS[place.group];
    const key = place.group && place.group !== "chains" ? keyField(editor, place, help.rename) : null;
    const fields = [...draw(editor, place, help), key].flat(2);
    return /** @type {HTMLElement[]} */ (fields.filter((each) => each instanceof HTMLElement));
  }

  // ---- problems ----

  get own() {
    const { path } = this.place;
    return this.editor.placed.filter(({ part }) => part === path);
  }

  showProblems() {
    const { own, editor, place } = this;
    this.problems.hidden = own.length === 0;
    this.problems.replaceChildren(
      ...own.map(({ message, is_blocking: blocks }) =>
        h(
          blocks ? "li.proc-problem" : "li.proc-problem.proc-problem--warning",
          {},
          h("strong", {}, editor.t(blocks ? "blocking" : "warning")),
          ` ${message}`,
        ),
      ),
    );
    this.element.classList.toggle(
      "has-problems",
      own.some((problem) => problem.is_blocking),
    );
    if (!this.isOpen) return;
    const inside = own.map(({ path, code, message }) => ({
      node: place.node,
      at: path.slice(place.path.length),
      code,
      message,
    }));
    // What is about the part as a whole stands above already.
    showProblems(
      this.panel,
      inside.filter(({ at }) => at !== ""),
      ({ message }) => h("p.vo-problem", {}, message),
    );
  }

  // ---- keys ----

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.key === "Escape" && this.isOpen && !target.closest("dialog, .vo-menu")) {
      event.preventDefault();
      this.turn(false);
      this.toggle.focus();
    } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown") && target === this.toggle) {
      event.preventDefault();
      this.cards.move(this, event.key === "ArrowUp" ? -1 : 1);
    }
  }
}
