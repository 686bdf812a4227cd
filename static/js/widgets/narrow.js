// A field above a long list of boxes: what is typed leaves only the choices that are written like it. A box that is
// ticked is never hidden. Without a script the list is scrolled through.

/**
 * The letters alone, so that "Shqiperi" finds "Shqipëri" and "cote" finds "Côte d'Ivoire".
 *
 * @param {string} text
 */
const plain = (text) =>
  text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/** @param {HTMLElement} list */
export function narrow(list) {
  const { label = "", nothing = "", some = "" } = list.dataset;
  const field = document.createElement("input");
  Object.assign(field, { type: "search", className: "q-input", autocomplete: "off", spellcheck: false });
  field.setAttribute("aria-label", label);
  field.placeholder = label;
  const found = document.createElement("p");
  found.className = "q-hint";
  found.setAttribute("role", "status");
  const holder = document.createElement("div");
  holder.className = "q-narrow";
  holder.append(field, found);
  list.querySelector("summary")?.after(holder);

  const look = () => {
    const wanted = plain(field.value).split(" ").filter(Boolean);
    let count = 0;
    for (const choice of /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll(".q-choice"))) {
      const words = plain(choice.textContent ?? "").split(" ");
      const fits = wanted.every((start) => words.some((word) => word.startsWith(start)));
      choice.classList.toggle("q-passed", !fits && !choice.querySelector("input")?.checked);
      if (fits) count += 1;
    }
    found.textContent = wanted.length === 0 ? "" : count === 0 ? nothing : some.replace("{n}", String(count));
  };
  // It has no name and sends nothing: neither rules nor saving need to hear of it.
  for (const kind of ["input", "change"]) field.addEventListener(kind, (event) => event.stopPropagation());
  field.addEventListener("input", look);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // else it would send the section
    const left = [...list.querySelectorAll(".q-choice:not(.q-passed) input")];
    /** @type {HTMLInputElement | undefined} */ (left[0])?.focus();
  });
}
