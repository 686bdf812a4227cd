/** The outline itself: sections and lines in the order of the form, opened in place, moved and found. */

import { findPlace, fits, isSection, placeOf } from "./actions.js";
import { pickPlace, pickType } from "./dialogs.js";
import { keepingFocus } from "./dom.js";
import { plain } from "./keys.js";
import { ItemView, SectionView } from "./line_views.js";
import { closeMenu, openMenu } from "./menu.js";
import { Panel } from "./panel.js";

/** @type {Record<string, number>} */
const WAYS = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1 };
const OPENERS = ".vo-line__open, .vo-section__title";

export class Lines {
  /**
   * `told(words, undoable)` says what was done.
   *
   * @param {Editor} editor
   * @param {Actions} actions
   * @param {HTMLElement} element
   * @param {{ told: (words: string, undoable?: boolean) => void }} options
   */
  constructor(editor, actions, element, { told }) {
    this.editor = editor;
    this.actions = actions;
    this.element = element;
    this.told = told;
    /** @type {Map<LineNode, LineView>} */
    this.views = new Map();
    /** @type {Map<string, LineView>} */
    this.byId = new Map();
    /** @type {HTMLElement | null} */
    this.current = null; // the opener that Tab reaches
    this.wanted = "";
    element.addEventListener("click", (event) => this.clicked(event));
    element.addEventListener("keydown", (event) => this.pressed(event));
    element.addEventListener("focusin", (event) => this.focused(event));
    this.render();
    this.makeCurrent(this.element.querySelector(OPENERS));
  }

  // ---- drawing ----

  /** @param {LineNode} node */
  viewOf(node) {
    let view = this.views.get(node);
    if (!view) {
      view = isSection(node) ? new SectionView(this.editor, node) : new ItemView(this.editor, node);
      this.views.set(node, view);
      this.byId.set(view.id, view);
    }
    return view;
  }

  /** @param {HTMLElement | null} element */
  nodeOf(element) {
    return this.byId.get(element?.dataset.node ?? "")?.node ?? null;
  }

  /** Puts everything in the order of the form; what is already there stays as it is. */
  render() {
    const seen = new Set();
    const arrange = (/** @type {HTMLElement} */ list, /** @type {LineNode[]} */ nodes) => {
      nodes.forEach((node, index) => {
        const view = this.viewOf(node);
        seen.add(node);
        if (list.children[index] !== view.element) list.insertBefore(view.element, list.children[index] ?? null);
        if (view.list) arrange(view.list, node.items ?? []);
        view.update();
      });
      while (list.children.length > nodes.length) list.lastElementChild?.remove();
    };
    keepingFocus(() => arrange(this.element, this.editor.definition.sections));
    for (const [node, view] of this.views) {
      if (seen.has(node)) continue;
      this.views.delete(node);
      this.byId.delete(view.id);
    }
    this.filter();
  }

  /** What lines and open panels say, when only words have changed. */
  update() {
    for (const view of this.views.values()) {
      view.update();
      view.panel?.refresh();
    }
  }

  /** Draws open panels anew, or `onlyReaders`: what in them reads other questions. */
  redrawPanels(onlyReaders = false) {
    for (const { panel } of this.views.values()) panel?.[onlyReaders ? "redrawReaders" : "redraw"]();
  }

  // ---- opening ----

  /** @param {LineView} view */
  toggle(view) {
    if (view.open) this.close(view);
    else this.open(view.node);
  }

  /** @param {LineNode} node */
  open(node) {
    const view = this.viewOf(node);
    if (view.panel) return view.panel;
    const panel = new Panel(this.editor, node, {
      id: view.panelId,
      words: this.editor.nameOf(node),
      changeType: (question) => this.changeType(question),
    });
    panel.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.stopPropagation();
      this.close(view);
    });
    view.setPanel(panel);
    return panel;
  }

  /** @param {LineView} view */
  close(view) {
    const hadFocus = view.panel?.element.contains(document.activeElement);
    if (Object.values(view.node.label ?? view.node.title ?? view.node.text ?? {}).some(Boolean))
      this.editor.proposing.delete(view.node);
    view.setPanel(null);
    if (hadFocus) view.button.focus();
  }

  /**
   * Shows a node, opens it, and goes to a place inside.
   *
   * @param {LineNode} node
   * @param {string | null} [at]
   */
  reveal(node, at = null) {
    const { definition } = this.editor;
    const place = findPlace(definition, node);
    if (!place) return;
    for (let around = place.holder; around !== definition; around = placeOf(definition, around).holder) {
      const view = this.viewOf(/** @type {Holder} */ (around));
      if (view.folded) view.setFolded(false);
    }
    const view = this.viewOf(node);
    view.element.hidden = false;
    if (at === null) view.button.focus();
    else this.open(node).focusAt(at);
    view.head.scrollIntoView({ block: "center" });
  }

  // ---- doing ----

  /**
   * @param {Holder} holder
   * @param {number} index
   */
  add(holder, index) {
    const repeats = !("item" in holder) || fits(this.editor.definition, { item: "repeat", key: "", items: [] }, holder);
    pickType(this.editor, {
      words: this.editor.t("add_what"),
      repeats,
      choose: (type) => {
        const item = this.actions.add(type, holder, index);
        this.open(item).focusAt("/label");
        this.viewOf(item).head.scrollIntoView({ block: "center" });
      },
    });
  }

  /** @param {LineNode} node */
  addBelow(node) {
    if (isSection(node)) return this.add(node, 0);
    const { holder, index } = placeOf(this.editor.definition, node);
    return this.add(/** @type {Holder} */ (holder), index + 1);
  }

  /** @param {number} [index] */
  addSection(index) {
    const section = this.actions.addSection(index);
    this.open(section).focusAt("/title");
    this.viewOf(section).head.scrollIntoView({ block: "center" });
  }

  /** @param {Question} item */
  changeType(item) {
    pickType(this.editor, {
      words: this.editor.t("change_type"),
      only: true,
      choose: (type) => {
        if (type !== item.type) this.actions.changeType(item, type);
        this.viewOf(item).panel?.focusAt("/type");
      },
    });
  }

  /**
   * @param {LineNode} node
   * @param {number} by
   */
  shift(node, by) {
    this.afterMove(node, this.actions.shift(node, by));
  }

  /**
   * @param {LineNode} node
   * @param {number} by
   */
  nest(node, by) {
    this.afterMove(node, this.actions.nest(node, by));
  }

  /**
   * @param {LineNode} node
   * @param {Holder | Definition} holder
   * @param {number} index
   */
  moved(node, holder, index) {
    this.afterMove(node, this.actions.move(node, holder, index));
  }

  /**
   * @param {LineNode} node
   * @param {boolean} hasMoved
   */
  afterMove(node, hasMoved) {
    if (!hasMoved) return this.editor.announce(this.editor.t("cant_move"));
    const { holder, index, items } = placeOf(this.editor.definition, node);
    const where = holder === this.editor.definition ? this.editor.t("the_form") : this.editor.nameOf(holder);
    const view = this.viewOf(node);
    view.button.focus({ preventScroll: true });
    view.head.scrollIntoView({ block: "nearest" });
    return this.editor.announce(
      this.editor.t("moved_to", { name: this.editor.nameOf(node), place: index + 1, count: items.length, where }),
    );
  }

  /** @param {LineNode} node */
  duplicate(node) {
    const copy = this.actions.duplicate(node);
    this.viewOf(copy).button.focus();
    this.told(this.editor.t("duplicated", { name: this.editor.nameOf(node) }));
  }

  /** @param {LineNode} node */
  remove(node) {
    const name = this.editor.nameOf(node);
    const { next, users } = this.actions.remove(node);
    if (next) this.viewOf(next).button.focus();
    const more = users ? ` ${this.editor.t(users === 1 ? "used_once" : "used_often", { count: users })}` : "";
    this.told(this.editor.t("deleted", { name }) + more, true);
  }

  /**
   * @param {LineView} view
   * @returns {(MenuEntry | null)[]}
   */
  menuFor(view) {
    const { editor } = this;
    const { node } = view;
    const place = placeOf(editor.definition, node);
    const before = place.items[place.index - 1];
    /** @type {(name: string, iconName: string, run: () => void, more?: Partial<MenuEntry>) => MenuEntry} */
    const entry = (name, iconName, run, more = {}) => ({ words: editor.t(name), iconName, run, ...more });
    if (editor.readOnly) return [entry("open", "view", () => this.toggle(view))];
    const isNested = place.holder.item === "repeat";
    const fitsInside = before?.item === "repeat" && fits(editor.definition, node, before);
    const pick = (/** @type {Item} */ item) =>
      pickPlace(editor, item, (holder, index) => this.moved(item, holder, index));
    const entries = [
      entry(isSection(node) ? "add_first" : "add_below", "plus", () => this.addBelow(node), {
        shortcut: "Shift+Enter",
      }),
      isSection(node) && entry("add_section_below", "plus", () => this.addSection(place.index + 1)),
      null,
      entry("move_up", "arrow-up", () => this.shift(node, -1), { shortcut: "Alt+↑" }),
      entry("move_down", "arrow-down", () => this.shift(node, 1), { shortcut: "Alt+↓" }),
      !isSection(node) && entry("move_to", "redirect", () => pick(node)),
      fitsInside && entry("move_in", "arrow-right", () => this.nest(node, 1), { shortcut: "Alt+→" }),
      isNested && entry("move_out", "arrow-left", () => this.nest(node, -1), { shortcut: "Alt+←" }),
      null,
      entry("duplicate", "copy", () => this.duplicate(node)),
      entry("delete", "bin", () => this.remove(node), { shortcut: "Del", danger: true }),
    ];
    return entries.filter((one) => one !== false);
  }

  // ---- events ----

  /** @param {Event} event */
  clicked(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    const { open, menu, fold, add } = button?.dataset ?? {};
    const view = this.byId.get(open ?? fold ?? add ?? menu ?? "");
    if (!button || !view) return;
    if (open) this.toggle(view);
    else if (fold) view.setFolded(!view.folded);
    else if (add) this.add(/** @type {Holder} */ (view.node), view.node.items?.length ?? 0);
    else openMenu(button, this.menuFor(view), this.editor.t("actions_for", { name: this.editor.nameOf(view.node) }));
  }

  /** @param {Event} event */
  focused(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.matches(OPENERS)) this.makeCurrent(target);
  }

  /**
   * One line at a time can be reached with Tab; arrows go from line to line.
   *
   * @param {HTMLElement | null} opener
   */
  makeCurrent(opener) {
    const set = (/** @type {HTMLElement | null} */ button, /** @type {number} */ index) => {
      const block = button?.closest(".vo-line, .vo-section__head");
      /** @type {NodeListOf<HTMLElement> | undefined} */
      const controls = block?.querySelectorAll(":scope > button, .vo-section__title");
      for (const control of controls ?? []) control.tabIndex = index;
    };
    if (this.current !== opener) set(this.current, -1);
    this.current = opener;
    set(opener, 0);
  }

  openers() {
    /** @type {NodeListOf<HTMLElement>} */
    const all = this.element.querySelectorAll(OPENERS);
    return [...all].filter((opener) => opener.offsetParent !== null);
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const view = target.matches(OPENERS) ? this.byId.get(target.dataset.open ?? "") : undefined;
    if (!view) return;
    const way = WAYS[event.key];
    const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
    let done = true;
    if (way && event.altKey && isPlain && !this.editor.readOnly) {
      if (event.key === "ArrowUp" || event.key === "ArrowDown") this.shift(view.node, way);
      else if (!isSection(view.node)) this.nest(view.node, way);
    } else if (!event.altKey && isPlain && ["ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) {
      const all = this.openers();
      const now = all.indexOf(target);
      const next = event.key === "Home" ? all[0] : event.key === "End" ? all.at(-1) : all[now + way];
      next?.focus();
    } else if (event.key === "Enter" && event.shiftKey && !this.editor.readOnly) this.addBelow(view.node);
    else if (event.key === "Delete" && isPlain && !this.editor.readOnly) this.remove(view.node);
    else if (event.key === "Escape" && view.open) this.close(view);
    else done = false;
    if (done) event.preventDefault();
  }

  // ---- finding ----

  /**
   * Shows only lines whose label or key has the words; gives how many.
   *
   * @param {string} text
   */
  search(text) {
    this.wanted = text.trim();
    closeMenu();
    return this.filter();
  }

  filter() {
    const words = plain(this.wanted).split(/\s+/).filter(Boolean);
    const matches = (/** @type {LineNode} */ node) => {
      const texts = Object.values(node.label ?? node.text ?? node.title ?? {});
      const all = plain([...texts, node.key ?? ""].join(" "));
      return words.every((word) => all.includes(word));
    };
    let found = 0;
    /**
     * @param {LineNode} node
     * @param {boolean} around whether the words stand in what it stands in
     * @returns {boolean}
     */
    const shown = (node, around) => {
      const own = matches(node);
      let inner = false;
      for (const item of node.items ?? []) inner = shown(item, around || (own && words.length > 0)) || inner;
      const isShown = !words.length || own || inner || around;
      if (words.length && own && !isSection(node)) found += 1;
      this.viewOf(node).element.hidden = !isShown;
      return isShown;
    };
    for (const section of this.editor.definition.sections) {
      const isShown = shown(section, false);
      const view = this.viewOf(section);
      if (words.length && isShown && view.folded) view.setFolded(false);
    }
    return found;
  }
}
