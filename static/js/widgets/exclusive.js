// A choice that stands alone ("do not contact", "nothing more"): ticking it takes the others out, ticking another takes it
// out. Without a script the server says so beside the question.

/** Listens before anybody else, so that rules and saving see the boxes as they stand afterwards. */
export function standAlone(root) {
  root.addEventListener("change", ({ target }) => target.type === "checkbox" && target.checked && settle(target), true);
}

function settle(ticked) {
  const others = [...(ticked.form?.elements ?? [])].filter(
    ({ name, type }) => name === ticked.name && type === "checkbox",
  );
  const isAlone = "exclusive" in ticked.dataset;
  for (const other of others) {
    if (other !== ticked && (isAlone || "exclusive" in other.dataset)) other.checked = false;
  }
}
