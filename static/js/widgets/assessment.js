// Keeps the suggestion beside an assessment up to date. All its words stand in the page; this only shows and hides
// them.

import { answer } from "../answers.js";
import { suggestion } from "../indicator_score.js";

/**
 * @param {HTMLElement} inside
 * @param {string} name
 * @param {string} wanted
 */
function show(inside, name, wanted) {
  for (const element of inside.querySelectorAll(`[data-${name}]`)) element.hidden = element.dataset[name] !== wanted;
}

/** @param {HTMLElement} panel */
export function assess(panel) {
  const form = panel.closest("form");
  const name = panel.dataset.of ?? "";
  // a checklist on another page was counted by the server
  if (!form?.querySelector(`input[name^="${CSS.escape(name)}."]`)) return;
  const refresh = () => {
    const answers = /** @type {IndicatorAnswers} */ (answer({ type: "indicators" }, name, form) ?? {});
    tell(panel, answers);
  };
  form.addEventListener("change", (event) => {
    if (/** @type {Field} */ (event.target).name?.startsWith(`${name}.`)) refresh();
  });
  window.addEventListener("pageshow", refresh);
  refresh();
}

/**
 * @param {HTMLElement} panel
 * @param {IndicatorAnswers} answers
 */
function tell(panel, answers) {
  const found = suggestion(answers, JSON.parse(panel.dataset.catalogue ?? "{}"));
  const insufficient = panel.querySelector("[data-insufficient]");
  if (insufficient) insufficient.hidden = !found.isInsufficient;
  for (const group of panel.querySelectorAll("[data-group]")) {
    show(group, "says", group.dataset.group === "child" ? found.child : found.adult);
  }
  for (const profile of panel.querySelectorAll("[data-profile]")) {
    const { dimensions, pattern } = found.scores[profile.dataset.profile ?? ""];
    show(profile, "pattern", pattern);
    for (const dimension of profile.querySelectorAll("[data-dimension]")) {
      tellDimension(dimension, dimensions[dimension.dataset.dimension ?? ""], answers);
    }
  }
}

/**
 * @param {HTMLElement} dimension
 * @param {IndicatorCount} count
 * @param {IndicatorAnswers} answers
 */
function tellDimension(dimension, { strong, medium, weak, why }, answers) {
  for (const [name, number] of Object.entries({ strong, medium, weak })) {
    const place = dimension.querySelector(`[data-${name}]`);
    if (place) place.textContent = String(number);
  }
  show(dimension, "why", why);
  for (const indicator of dimension.querySelectorAll("[data-indicator]")) {
    indicator.hidden = answers[indicator.dataset.indicator ?? ""]?.answer !== "present";
  }
}
