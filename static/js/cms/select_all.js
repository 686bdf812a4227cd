// "Select all" of the languages that a page is to be translated into.
/** @type {HTMLInputElement | null} */
const all = document.querySelector('[name="select_all"]');
all?.addEventListener("change", () => {
  /** @type {NodeListOf<HTMLInputElement>} */
  const boxes = document.querySelectorAll('[name="locales"]');
  for (const box of boxes) box.checked = all.checked;
});
