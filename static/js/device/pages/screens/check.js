// What will be sent, to be read once more: answers, what is still wrong, what may be a slip; then it is finished.

import { clock, make, part, sign, word } from "../dom.js";
import { readSection } from "../filling/readable.js";
import { labelOf } from "../filling/problems.js";

/** @param {PhoneFilling} filling */
export function showCheck(filling) {
  const { screen, whole, form } = filling;
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("screen-check"));
  const sections = whole.states.filter((state) => state.isAsked).map((state) => readPanel(filling, state));
  const occurred = /** @type {HTMLInputElement} */ (form.elements.namedItem("_occurred_at")).value;
  screen.replaceChildren(template.content.cloneNode(true));
  part(screen, "occurred").textContent = clock(occurred);
  part(screen, "sections").replaceChildren(...sections);
  const isReady = whole.problems.length === 0;
  part(screen, "lead").hidden = !isReady;
  part(screen, "summary").hidden = isReady;
  part(screen, "problems").replaceChildren(...whole.states.flatMap((state) => problemLines(filling, state)));
  const button = /** @type {HTMLElement} */ (part(screen, "finish").querySelector(".btn-next"));
  button.hidden = !isReady;
  const asked = isReady ? whole.toConfirm() : [];
  part(screen, "confirm").hidden = asked.length === 0;
  part(screen, "warnings").replaceChildren(...asked.map((warning) => warningLine(filling, warning)));
  part(screen, "finish").addEventListener("submit", (event) => {
    event.preventDefault();
    void press(filling, asked, button);
  });
  window.scrollTo(0, 0);
  part(screen, isReady ? "title" : "summary").focus();
}

/**
 * @param {PhoneFilling} filling
 * @param {PhoneSectionState} state
 */
function readPanel(filling, state) {
  const section = /** @type {HTMLElement} */ (filling.form.querySelector(`[data-section="${CSS.escape(state.key)}"]`));
  const rules = filling.taken.sections.find((each) => each.key === state.key)?.rules ?? [];
  const change = make("button", { class: "btn btn-small", type: "button" }, sign("edit"), word("change"));
  change.append(make("span", { class: "visually-hidden" }, `: ${state.title}`));
  change.addEventListener("click", () => filling.open(state.key));
  const answers = readSection(section, rules);
  const inside = answers.length ? answers : [make("p", { class: "muted small" }, word("notAnswered"))];
  return make(
    "section",
    { class: "panel mb-4" },
    make("div", { class: "row row-head" }, make("h2", {}, state.title), change),
    ...inside,
  );
}

/**
 * @param {PhoneFilling} filling
 * @param {PhoneSectionState} state
 */
function problemLines(filling, state) {
  return state.problems.map((problem) => {
    const label = [state.title, labelOf(filling.form, problem.name)].filter(Boolean).join(", ");
    const link = make("a", { href: "#/" }, `${label}${/[?!]$/.test(label) ? "" : ":"} ${problem.words}`);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      filling.open(state.key);
      filling.judge(state.key);
      filling.open(state.key, problem.name);
    });
    return make("li", {}, link);
  });
}

/**
 * @param {PhoneFilling} filling
 * @param {PhoneWarning} warning
 */
function warningLine(filling, warning) {
  const id = `confirm-${warning.key}`;
  const words = make(
    "p",
    { class: "with-sign mb-2", id: `${id}-words` },
    sign("warning"),
    make("span", {}, warning.message),
  );
  const box = make("input", {
    type: "checkbox",
    id,
    name: "confirmed",
    value: warning.key,
    "aria-describedby": `${id}-words`,
  });
  const choice = make("div", { class: "q-choice" }, box, make("label", { for: id }, word("confirmIt")));
  const row = make("div", { class: "row row-between" }, choice);
  if (warning.section) {
    const correct = make("button", { class: "btn btn-small", type: "button" }, sign("edit"), word("correctIt"));
    correct.addEventListener("click", () => filling.open(warning.section, warning.question));
    row.append(correct);
  }
  return make("div", { class: "to-confirm-one" }, words, row);
}

/**
 * @param {PhoneFilling} filling
 * @param {PhoneWarning[]} asked
 * @param {HTMLElement} button
 */
async function press(filling, asked, button) {
  const { screen } = filling;
  if (button.hidden || button.hasAttribute("aria-disabled")) return;
  const ticked = [...screen.querySelectorAll("input[name=confirmed]:checked")].map(
    (box) => /** @type {HTMLInputElement} */ (box).value,
  );
  const open = asked.filter((warning) => !ticked.includes(warning.key));
  for (const warning of asked) {
    const line = document.getElementById(`confirm-${warning.key}`)?.closest(".to-confirm-one");
    line?.classList.toggle("q-invalid", open.includes(warning));
    line?.querySelector(".q-error")?.remove();
    if (open.includes(warning))
      line
        ?.querySelector(".row")
        ?.before(make("p", { class: "q-error" }, sign("warning"), make("span", {}, word("confirmFirst"))));
  }
  if (open.length) {
    document.getElementById(`confirm-${open[0].key}`)?.focus();
    return;
  }
  button.setAttribute("aria-disabled", "true");
  try {
    await filling.finish(ticked);
  } catch (error) {
    button.removeAttribute("aria-disabled");
    const { code } = /** @type {{ code?: string }} */ (error);
    const note = make(
      "p",
      { class: "note note-danger", role: "alert" },
      word(code === "changed" ? "changedElsewhere" : "notFinished"),
    );
    part(screen, "finish").before(note);
  }
}
