/** The parts of the page: found, made, moved and taken away as the procedure changes; their problems and their index. */

import { at, escaped } from "../builder/document.js";
import { button, h } from "../builder/dom.js";
import { openMenu } from "../builder/menu.js";
import { setText } from "../builder/texts.js";
import { Card } from "./card.js";
import { confirmRemoval } from "./dialogs.js";
import { adding, copying, LISTED, proposedKey } from "./making.js";
import { renamingPart } from "./references.js";

/** @type {ProcedureGroup[]} */
export const GROUPS = ["rules", "deadlines", "ladders", "facts", "settings", "chains", "calendars", "flags"];

export class Cards {
  /**
   * @param {ProcedureEditor} editor
   * @param {HTMLElement} root
   * @param {(words: string, undoable?: boolean) => void} tell
   */
  constructor(editor, root, tell) {
    this.editor = editor;
    this.root = root;
    this.tell = tell;
    /** By the id of a part: see `idOf`. @type {Map<string, Card>} */
    this.known = new Map();
    /** Parts whose key still follows their title. @type {WeakSet<FormNode>} */
    this.proposing = new WeakSet();
    this.adopt();
    if (!editor.readOnly) this.drawAdders();
    this.sync();
  }

  /** Every part of the procedure, in the order of the page. */
  *places() {
    const { definition } = this.editor;
    yield/** @type {PartPlace} */ ({ group: "", path: "", key: "", node: definition });
    for (const group of GROUPS) {
      const holder = this.editor.procedure[group] ?? [];
      for (const [name, part] of Object.entries(holder)) {
        const node = /** @type {FormNode} */ (/** @type {unknown} */ (part));
        const key = LISTED.has(group) ? String(node?.key ?? "") : name;
        yield/** @type {PartPlace} */ ({ group, path: `/${group}/${escaped(name)}`, key, node });
      }
    }
  }

  /**
   * By what a part is known again: what stands in a list by itself, what is stored by a key by that key.
   *
   * @param {PartPlace} place
   */
  idOf({ group, path, node }) {
    return LISTED.has(group) ? this.editor.document.idOf(node) : path;
  }

  /** Takes over what the server has drawn. */
  adopt() {
    const drawn = new Map(
      [.../** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll("[data-part]"))].map((element) => [
        element.dataset.part ?? "",
        element,
      ]),
    );
    for (const place of this.places()) {
      const element = drawn.get(place.path);
      if (element) this.known.set(this.idOf(place), new Card(this, place, element));
    }
  }

  /** Brings the page in line with the procedure: parts that came, went, or stand elsewhere. */
  sync() {
    const wanted = new Map([...this.places()].map((place) => [this.idOf(place), place]));
    for (const [id, card] of this.known) {
      if (wanted.has(id)) continue;
      card.element.remove();
      this.known.delete(id);
    }
    /** @type {Record<string, HTMLElement[]>} */
    const lists = Object.fromEntries(GROUPS.map((group) => [group, []]));
    for (const [id, place] of wanted) {
      const card = this.known.get(id) ?? new Card(this, place);
      const isOther = card.place.node !== place.node;
      card.place = place;
      card.element.dataset.part = place.path;
      card.element.id = place.group ? `${place.group.replace(/s$/, "")}-${place.key}` : "procedure";
      this.known.set(id, card);
      if (isOther && card.isOpen) card.draw();
      if (place.group) lists[place.group].push(card.element);
    }
    for (const [group, elements] of Object.entries(lists)) this.lay(group, elements);
    this.drawIndex();
  }

  /**
   * @param {string} group
   * @param {HTMLElement[]} elements
   */
  lay(group, elements) {
    const holder = this.root.querySelector(`[data-group="${group}"]`);
    const list = /** @type {HTMLElement} */ (holder?.querySelector("[data-list]"));
    const empty = /** @type {HTMLElement} */ (holder?.querySelector("[data-empty]"));
    empty.hidden = elements.length > 0;
    // Only what stands elsewhere is moved: moving an element takes the focus out of it.
    for (const [index, element] of elements.entries())
      if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  }

  drawAdders() {
    for (const group of GROUPS) {
      const holder = this.root.querySelector(`[data-group="${group}"]`);
      const add = button(this.editor.t(`add_${group}`), { iconName: "plus", onClick: () => this.add(group) });
      holder?.append(h("div.proc-add.vo", {}, add));
    }
  }

  drawIndex() {
    for (const group of GROUPS) {
      const cards = this.of(group);
      const count = this.root.querySelector(`[data-count="${group}"]`);
      if (count) count.textContent = String(cards.length);
      const list = this.root.querySelector(`[data-index-of="${group}"]`);
      list?.replaceChildren(
        ...cards.map((card) => {
          const link = h("a", { data: { indexPart: card.place.path } }, card.name);
          link.href = `#${card.element.id}`;
          return h(card.own.some((problem) => problem.is_blocking) ? "li.has-problems" : "li", {}, link);
        }),
      );
    }
  }

  /** @param {string} group */
  of(group) {
    return [...this.known.values()]
      .filter((card) => card.place.group === group)
      .sort((one, other) => (one.element.compareDocumentPosition(other.element) & 4 ? -1 : 1));
  }

  /** @param {string} path */
  at(path) {
    return [...this.known.values()].find((card) => card.place.path === path);
  }

  // ---- what one can do with a part ----

  /** @param {Card} card */
  openMenu(card) {
    const { editor } = this;
    const { group, path } = card.place;
    const isListed = LISTED.has(group);
    const index = Number(path.slice(path.lastIndexOf("/") + 1));
    const count = isListed ? this.of(group).length : 0;
    /** @type {(MenuEntry | null)[]} */
    const entries = [{ words: editor.t("copy"), iconName: "copy", run: () => this.copy(card) }];
    if (isListed)
      entries.push(
        { words: editor.t("move_up"), iconName: "arrow-up", disabled: index === 0, run: () => this.move(card, -1) },
        {
          words: editor.t("move_down"),
          iconName: "arrow-down",
          disabled: index === count - 1,
          run: () => this.move(card, 1),
        },
      );
    entries.push(null, { words: editor.t("remove"), iconName: "bin", danger: true, run: () => this.remove(card) });
    openMenu(card.more, entries, card.name);
  }

  /** @param {ProcedureGroup} group */
  add(group) {
    const { operations } = adding(this.editor, group);
    this.put(operations, "step_add_part");
    const path = operations.at(-1)?.path ?? "";
    const card = this.at(path);
    if (!card) return;
    this.proposing.add(card.place.node);
    this.tell(this.editor.t("added", { name: this.editor.t(`new_${group}`) }), true);
    card.turn(true);
    card.element.scrollIntoView({ block: "nearest" });
  }

  /** @param {Card} card */
  copy(card) {
    const made = copying(this.editor, card.place);
    if (!made) return;
    this.put(made.operations, "step_add_part");
    this.tell(this.editor.t("added", { name: card.name }), true);
    const path = made.operations.at(-1)?.path ?? "";
    this.at(path)?.turn(true);
  }

  /**
   * @param {Card} card
   * @param {number} by
   */
  move(card, by) {
    const { path, group } = card.place;
    const index = Number(path.slice(path.lastIndexOf("/") + 1));
    const to = index + by;
    if (!LISTED.has(group) || to < 0 || to >= this.of(group).length) return;
    this.put([{ op: "move", from: path, path: `/${group}/${to}` }], "step_move_part");
    this.tell(this.editor.t("moved", { name: card.name }), true);
    card.toggle.focus();
  }

  /** @param {Card} card */
  remove(card) {
    confirmRemoval(this.editor, card, () => {
      const { name, place } = card;
      const next = /** @type {HTMLElement | null} */ (
        card.element.nextElementSibling ?? card.element.previousElementSibling
      );
      this.put([{ op: "remove", path: place.path }], "step_remove_part");
      this.tell(this.editor.t("removed", { name }), true);
      next?.querySelector("button")?.focus();
    });
  }

  /**
   * @param {Operation[]} operations
   * @param {string} step
   */
  put(operations, step) {
    this.editor.document.apply(operations, { label: this.editor.t(step) });
  }

  /**
   * Gives a part another key; the part that stands open stays open.
   *
   * @param {Card} card
   * @param {Operation[]} operations
   * @param {string} key
   */
  rename(card, operations, key) {
    this.proposing.delete(card.place.node);
    const wasOpen = card.isOpen;
    this.put(operations, "step_change_part");
    if (LISTED.has(card.place.group)) return void card.draw();
    const moved = this.at(`/${card.place.group}/${escaped(key)}`);
    if (moved && moved !== card && wasOpen) moved.turn(true);
  }

  /**
   * Writes a title; the key of a new part follows it.
   *
   * @param {Card} card
   * @param {string} language
   * @param {string} text
   */
  retitle(card, language, text) {
    const { editor } = this;
    const { node } = card.place;
    setText(editor, node, ["title"], language, text, { needed: true });
    if (language !== editor.languages[0] || !this.proposing.has(node) || !text) return;
    const key = proposedKey(editor, "rules", text);
    editor.document.apply(renamingPart(editor, { ...card.place, key: String(node.key) }, key), {
      origin: "panel",
      merge: `${card.place.path}/title/${language}`,
      label: editor.t("step_change_part"),
    });
    const field = /** @type {HTMLInputElement | null} */ (card.panel.querySelector("[data-focus='/key']"));
    if (field) field.value = key;
  }

  // ---- what the server says ----

  knownShas() {
    return [...this.known.values()].map((card) => card.sha).join(",");
  }

  /** @param {NonNullable<SaveReply["parts"]>} parts */
  write(parts) {
    for (const { path, sha, html } of parts) {
      const card = at(this.editor.definition, path) === undefined ? undefined : this.at(path);
      if (card && html !== undefined && card.sha !== sha) card.write(sha, html);
    }
  }

  showProblems() {
    for (const card of this.known.values()) card.showProblems();
    this.drawIndex();
  }

  /**
   * Opens a part and leads to the place in it, or shows only where it stands.
   *
   * @param {string} part
   * @param {string} [path]
   */
  async reveal(part, path) {
    const card = this.at(part);
    if (!card) return;
    // Whatever is searched for: what is jumped to is shown.
    card.element.hidden = false;
    const group = /** @type {HTMLElement | null} */ (card.element.closest(".proc-group"));
    if (group) group.hidden = false;
    card.element.scrollIntoView({ block: "center" });
    card.element.focus({ preventScroll: true });
    if (path === undefined || this.editor.readOnly) return;
    if (!card.isOpen) card.turn(true);
    await (this.editor.fetching ?? Promise.resolve());
    await card.draw();
    const wrong = card.panel.querySelector("[aria-invalid]") ?? card.panel.querySelector(".vo-problem");
    wrong?.scrollIntoView({ block: "center" });
    if (wrong instanceof HTMLElement) wrong.focus();
  }
}
