/** The two dialogs: which type a question is, and where an item goes. */

import { fits, placeOf } from "./actions.js";
import { button, field, h, icon, input, newId, select } from "./dom.js";
import { plain } from "./keys.js";
import { allItems } from "./scope.js";

/** A dialog of the page. `finish(run)` closes it and does what was chosen at once; Escape and the cross only close it. */
function dialog(editor, words, content) {
  const id = newId("vo-dialog");
  const close = h(
    "button.vo-icon-button",
    { "aria-label": editor.t("close"), on: { click: () => element.close() } },
    icon("cross"),
  );
  const element = h(
    "dialog.vo-dialog",
    { "aria-labelledby": id },
    h("div.vo-dialog__head", {}, h("h2.vo-dialog__title", { id }, words), close),
    content,
  );
  element.addEventListener("close", () => element.remove());
  element.addEventListener("click", (event) => event.target === element && element.close());
  element.addEventListener("keydown", (event) => event.stopPropagation());
  element.finish = (run) => {
    element.close();
    element.remove();
    run();
  };
  editor.root.append(element);
  element.showModal();
  return element;
}

/** Asks for a type; `choose(type)` gets it. `only`: question types alone (changing a type), `repeats`: groups too. */
export function pickType(editor, { words, only = false, repeats = true, choose }) {
  const { catalogue } = editor;
  const extra = only ? [] : [{ label: editor.t("types_others"), types: ["note", ...(repeats ? ["repeat"] : [])] }];
  const groups = [...catalogue.type_groups, ...extra];
  const option = (name) => {
    const type = catalogue.types[name] ?? {
      label: editor.t(`type_${name}`),
      hint: editor.t(`type_${name}_hint`),
      icon: name === "note" ? "info-circle" : "rotate",
    };
    const pick = () => element.finish(() => choose(name));
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
  const shown = () => [...element.querySelectorAll(".vo-type")].filter((type) => !type.hidden);
  const search = input("", {
    type: "search",
    onInput: (text) => {
      const wanted = plain(text).split(/\s+/).filter(Boolean);
      for (const type of element.querySelectorAll(".vo-type"))
        type.hidden = !wanted.every((word) => type.dataset.words.includes(word));
      for (const block of blocks) block.hidden = !block.querySelector(".vo-type:not([hidden])");
      nothing.hidden = shown().length > 0;
    },
  });
  const element = dialog(
    editor,
    words,
    h("div.vo-dialog__body", {}, field(editor.t("search_types"), search), h("div.vo-types", {}, blocks, nothing)),
  );
  element.addEventListener("keydown", (event) => {
    const types = shown();
    const now = types.indexOf(document.activeElement);
    if (event.key === "Enter" && document.activeElement === search) {
      event.preventDefault();
      types[0]?.click();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = types[now + (event.key === "ArrowDown" ? 1 : -1)];
      (next ?? (event.key === "ArrowUp" ? search : types.at(-1)))?.focus();
    }
  });
  search.focus();
}

/** Asks for a section or group, and the place in it; `choose(holder, index)`. */
export function pickPlace(editor, node, choose) {
  const { definition } = editor;
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
    const options = [
      ["0", editor.t("at_start")],
      ...others().map((item, index) => [String(index + 1), editor.t("after", { name: editor.nameOf(item) })]),
    ];
    after.replaceChildren(...options.map(([value, words]) => h("option", { value }, words)));
    after.value = String(options.length - 1);
  };
  const move = () => element.finish(() => choose(holders[Number(holder.value)].holder, Number(after.value)));
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
  const element = dialog(editor, editor.t("move_what", { name: editor.nameOf(node) }), form);
  holder.focus();
}
