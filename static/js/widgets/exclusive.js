// A choice that stands alone ("do not contact", "nothing more"): ticking it takes the others out, ticking another
// takes it out. Without a script the server says so beside the question.

/**
 * Listens before anybody else, so that rules and saving see the boxes as they stand afterwards.
 *
 * @param {Document | HTMLElement} root
 */
export function standAlone(root) {
  const listen = (/** @type {Event} */ event) => {
    const box = /** @type {HTMLInputElement} */ (event.target);
    if (box.type === "checkbox" && box.checked) settle(box);
  };
  root.addEventListener("change", listen, true);
}

/** @param {HTMLInputElement} ticked */
function settle(ticked) {
  const fields = /** @type {HTMLInputElement[]} */ ([...(ticked.form?.elements ?? [])]);
  const others = fields.filter(({ name, type }) => name === ticked.name && type === "checkbox");
  const isAlone = "exclusive" in ticked.dataset;
  for (const other of others) {
    if (other !== ticked && (isAlone || "exclusive" in other.dataset)) other.checked = false;
  }
}
