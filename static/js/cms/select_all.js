// "Select all" of the languages that a page is to be translated into.
const all = document.querySelector('[name="select_all"]');
all?.addEventListener("change", () => {
  for (const each of document.querySelectorAll('[name="locales"]')) each.checked = all.checked;
});
