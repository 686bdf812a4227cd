/**
 * The story's page: of a row only the fields of its kind are shown, and the form's questions follow what is answered.
 * Without this script all fields are shown, and a button does the rest.
 */

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-simulation]"));

/** Shows of each row the fields that its kind has, and the moment's field when another moment is chosen. */
function showFields() {
  for (const row of document.querySelectorAll("[data-row]")) {
    const kind = /** @type {HTMLSelectElement} */ (row.querySelector("[data-kind]")).value;
    for (const field of /** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll("[data-kinds]")))
      field.hidden = !(field.dataset.kinds ?? "").split(" ").includes(kind);
  }
  const when = /** @type {HTMLSelectElement | null} */ (document.querySelector("#sim-when"));
  for (const field of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-shown-for]")))
    field.hidden = field.dataset.shownFor !== when?.value;
}

let asked = 0;

/** Asks the server which questions follow from the answers, and puts them in the place of those on the page. */
async function refresh() {
  if (!form) return;
  const mine = ++asked;
  const sent = new FormData(form);
  sent.set("go", "refresh");
  const answer = await fetch(form.action, { method: "POST", body: sent });
  if (mine !== asked || ![200, 422].includes(answer.status)) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-answers]");
  const old = document.querySelector("[data-answers]");
  // Somebody has gone on typing in the meantime: the next answer follows.
  if (!fresh || !old || mine !== asked) return;
  const opened = new Set([...old.querySelectorAll("details[open]")].map((fold) => fold.getAttribute("data-fold")));
  for (const fold of fresh.querySelectorAll("details[data-fold]"))
    if (opened.has(fold.getAttribute("data-fold"))) fold.setAttribute("open", "");
  const focused = document.activeElement?.id ?? "";
  old.replaceWith(fresh);
  const known = /** @type {HTMLInputElement | null} */ (page.querySelector("[name=_asked]"));
  const own = /** @type {HTMLInputElement | null} */ (form.querySelector("[name=_asked]"));
  if (known && own) own.value = known.value;
  for (const button of fresh.querySelectorAll("[data-without-script]")) button.remove();
  if (focused) document.getElementById(focused)?.focus();
}

if (form) {
  for (const button of document.querySelectorAll("[data-without-script]")) button.remove();
  form.addEventListener("change", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    showFields();
    // A page that can't be reached leaves the questions as they are; running the story tells what is missing.
    if (target.closest("[data-answers]") || target.matches("[data-refresh]")) refresh().catch(() => undefined);
  });
  showFields();
}
