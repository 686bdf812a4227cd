/** The question before a part is removed: what refers to it is named. */

import { button, h, newId } from "../builder/dom.js";
import { namesOfUses } from "./references.js";

/**
 * @param {ProcedureEditor} editor
 * @param {Card} card
 * @param {() => void} run
 */
export function confirmRemoval(editor, card, run) {
  const { group, key } = card.place;
  const users = namesOfUses(editor, group, key);
  const id = newId("proc-dialog");
  const cancel = button(editor.t("cancel"), { onClick: () => element.close() });
  const remove = button(editor.t("remove_anyway"), {
    kind: "no",
    onClick: () => {
      element.close();
      run();
    },
  });
  /** @type {HTMLDialogElement} */
  const element = h(
    "dialog.vo-dialog",
    { "aria-labelledby": id },
    h("div.vo-dialog__head", {}, h("h2.vo-dialog__title", { id }, editor.t("remove_what", { name: card.name }))),
    h(
      "div.vo-dialog__body",
      {},
      h("p", {}, editor.t(users.length ? "is_used" : "not_used")),
      users.length > 0 &&
        h(
          "ul.proc-users",
          {},
          users.map((name) => h("li", {}, name)),
        ),
      h("div.vo-buttons", {}, cancel, remove),
    ),
  );
  element.addEventListener("close", () => element.remove());
  editor.root.append(element);
  element.showModal();
  cancel.focus();
}
