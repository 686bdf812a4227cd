// What is wrong, beside its field and in the summary above, as the online page shows it.

import { make, pattern } from "../dom.js";

/**
 * @param {HTMLFormElement} form
 * @param {PhoneProblem} problem
 */
const elementOf = (form, problem) => form.querySelector(`[data-item="${CSS.escape(problem.name)}"]`);

/**
 * Takes every error off the page.
 *
 * @param {HTMLElement} section
 */
export function clearProblems(section) {
  for (const error of section.querySelectorAll(".q-error")) error.remove();
  for (const marked of section.querySelectorAll(".q-invalid")) marked.classList.remove("q-invalid");
  for (const field of section.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

/**
 * @param {HTMLFormElement} form
 * @param {PhoneProblem[]} problems
 */
export function showProblems(form, problems) {
  for (const problem of problems) {
    const element = elementOf(form, problem);
    const box = element?.matches(".repeat") ? element : element?.querySelector(".q");
    if (!box) continue;
    const error = pattern("error");
    error.id = `q-${problem.name}-error`;
    const words = error.querySelector("[data-words]");
    if (words) words.textContent = problem.words;
    const before = box.querySelector(":scope > .q-hint") ?? box.querySelector(":scope > .q-label, :scope > legend");
    if (before) before.after(error);
    else box.prepend(error);
    box.classList.add("q-invalid");
    const fields = box.matches(".repeat") ? [] : box.querySelectorAll("input:not([type=hidden]), select, textarea");
    for (const field of fields) {
      field.setAttribute("aria-invalid", "true");
      const described = new Set((field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
      field.setAttribute("aria-describedby", [...described.add(error.id)].join(" "));
    }
  }
}

/**
 * A question's label as a line of the summary names it, with the rows around it: "Children 2: Age".
 *
 * @param {HTMLFormElement} form
 * @param {string} name
 */
export function labelOf(form, name) {
  const element = form.querySelector(`[data-item="${CSS.escape(name)}"]`);
  const label = element?.querySelector(".q-label, .repeat-title");
  /** @type {string[]} */
  const around = [];
  for (let row = element?.closest("[data-row]"); row; row = row.parentElement?.closest("[data-row]")) {
    around.unshift(textOf(row.querySelector(":scope > legend")));
  }
  return [...around, textOf(label ?? null)].join(": ");
}

/**
 * The words of an element without the star that says "must be answered".
 *
 * @param {Element | null} element
 */
export function textOf(element) {
  if (!element) return "";
  const copy = /** @type {Element} */ (element.cloneNode(true));
  for (const aside of copy.querySelectorAll(".q-required, .visually-hidden")) aside.remove();
  return (copy.textContent ?? "").trim().replace(/\s+/g, " ");
}

/**
 * Lines that lead to what is wrong. `press(problem)` goes there.
 *
 * @param {HTMLFormElement} form
 * @param {PhoneProblem[]} problems
 * @param {(problem: PhoneProblem) => void} press
 */
export function summaryLines(form, problems, press) {
  return problems.map((problem) => {
    const label = labelOf(form, problem.name);
    const link = make(
      "a",
      { href: `#q-${problem.name}` },
      `${label}${/[?!]$/.test(label) ? "" : ":"} ${problem.words}`,
    );
    link.addEventListener("click", (event) => {
      event.preventDefault(); // the address says which screen is shown
      press(problem);
    });
    return make("li", {}, link);
  });
}

/**
 * Puts the focus on a question, whatever its widget is made of.
 *
 * @param {HTMLFormElement} form
 * @param {string} name
 */
export function goTo(form, name) {
  const target = document.getElementById(`q-${name}`) ?? form.querySelector(`[data-item="${CSS.escape(name)}"]`);
  target?.scrollIntoView({ block: "center" });
  target?.focus();
}
