/** The two dialogs: which type a question is, and where an item goes. */

import { fits, placeOf } from "./actions.js";
import { button, field, h, icon, input, newId, select } from "./dom.js";
import { plain } from "./keys.js";
import { allItems } from "./scope.js";

/**
 * A dialog of the page. Escape and the cross only close it.
 *
 * @param {Editor} editor
 * @param {string} words
 * @param {HTMLElement} content
 */
function dialog(editor, words, content) {
  const id = newId("vo-dialog");
  /** @type {HTMLButtonElement} */
  const close = h(
    "button.vo-icon-button",
    { "aria-label": editor.t("close"), on: { click: () => element.close() } },
    icon("cross"),
  );
  /** @type {HTMLDialogElement} */
  const element = h(
    "dialog.vo-dialog",
    { "aria-labelledby": id },
    h("div.vo-dialog__head", {}, h("h2.vo-dialog__title", { id }, words), close),
    content,
  );
  element.addEventListener("close", () => element.remove());
  element.addEventListener("click", (event) => event.target === element && element.close());
  element.addEventListener("keydown", (event) => event.stopPropagation());
  editor.root.append(element);
  element.showModal();
  return element;
}

/**
 * Closes a dialog and does what was chosen at once.
 *
 * @param {HTMLDialogElement} element
 * @param {() => void} run
 */
function finish(element, run) {
  element.close();
  element.remove();
  run();
}

/**
 * Asks for a type; `choose(type)` gets it. `only`: question types alone (changing a type), `repeats`: groups too.
 *
 * @param {Editor} editor
 * @param {{ words: string, only?: boolean, repeats?: boolean, choose: (type: string) => void }} options
 */
export function pickType(editor, { words, only = false, repeats = true, choose }) {
  const { catalogue } = editor;
  const extra = only ? [] : [{ label: editor.t("types_others"), types: ["note", ...(repeats ? ["repeat"] : [])] }];
  const groups = [...catalogue.type_groups, ...extra];
  const option = (/** @type {string} */ name) => {
    const type = catalogue.types[name] ?? {
      label: editor.t(`type_${name}`),
      hint: editor.t(`type_${name}_hint`),
      icon: name === "note" ? "info-circle" : "rotate",
    };
    const pick = () => finish(element, () => choose(name));
    return h(
      "button.vo-type",
      { data: { words: plain(`${type.label} ${type.hint} ${name}`), type: name }, on: { click: pick } },
      icon(type.icon),
      h("span", {}, h("strong", {}, type.label), h("span.vo-type__hint", {}, type.hint)),
    );
  };
  const blocks = groups.map(({ label, types }) =>
    h("section.vo-types__group", {}, h("h3", {}, label), h("div.vo-types__list", {}, types.map(option))),
  );
  const nothing = h("p.vo-quiet", { hidden: true }, editor.t("nothing_found"));
  const types = () => /** @type {HTMLElement[]} */ ([...element.querySelectorAll(".vo-type")]);
  const shown = () => types().filter((type) => !type.hidden);
  const search = input("", {
    type: "search",
    onInput: (text) => {
      const wanted = plain(text).split(/\s+/).filter(Boolean);
      for (const type of types()) type.hidden = !wanted.every((word) => type.dataset.words?.includes(word));
      for (const block of blocks) block.hidden = !block.querySelector(".vo-type:not([hidden])");
      nothing.hidden = shown().length > 0;
    },
  });
  /** @type {HTMLDialogElement} */
  const element = dialog(
    editor,
    words,
    h("div.vo-dialog__body", {}, field(editor.t("search_types"), search), h("div.vo-types", {}, blocks, nothing)),
  );
  element.addEventListener("keydown", (event) => {
    const offered = shown();
    const now = offered.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (event.key === "Enter" && document.activeElement === search) {
      event.preventDefault();
      offered[0]?.click();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = offered[now + (event.key === "ArrowDown" ? 1 : -1)];
      (next ?? (event.key === "ArrowUp" ? search : offered.at(-1)))?.focus();
    }
  });
  search.focus();
}

/**
 * Asks for a section or group, and the place in it; `choose(holder, index)`.
 *
 * @param {Editor} editor
 * @param {Item} node
 * @param {(holder: Holder, index: number) => void} choose
 */
export function pickPlace(editor, node, choose) {
  const { definition } = editor;
  /** @type {{ holder: Holder, words: string }[]} */
  const holders = [];
  for (const section of definition.sections) {
    holders.push({ holder: section, words: editor.nameOf(section) });
    for (const { item, parents } of allItems({ sections: [section] })) {
      if (item.item === "repeat" && fits(definition, node, item))
        holders.push({ holder: item, words: `${"— ".repeat(parents.length + 1)}${editor.nameOf(item)}` });
    }
  }
  const here = placeOf(definition, node);
  const holder = select(
    holders.map(({ words }, index) => [String(index), words]),
    String(holders.findIndex(({ holder: known }) => known === here.holder)),
    { onChange: () => fill() },
  );
  const after = select([], "");
  const others = () => holders[Number(holder.value)].holder.items.filter((item) => item !== node);
  const fill = () => {
    const words = [editor.t("at_start"), ...others().map((item) => editor.t("after", { name: editor.nameOf(item) }))];
    after.replaceChildren(...words.map((text, index) => h("option", { value: index }, text)));
    after.value = String(words.length - 1);
  };
  const move = () => finish(element, () => choose(holders[Number(holder.value)].holder, Number(after.value)));
  const form = h(
    "div.vo-dialog__body",
    {},
    field(editor.t("section_or_group"), holder),
    field(editor.t("place"), after),
  );
  form.append(
    h(
      "div.vo-buttons",
      {},
      button(editor.t("move"), { kind: "", onClick: move }),
      button(editor.t("cancel"), { onClick: () => element.close() }),
    ),
  );
  fill();
  /** @type {HTMLDialogElement} */
  const element = dialog(editor, editor.t("move_what", { name: editor.nameOf(node) }), form);
  holder.focus();
}
