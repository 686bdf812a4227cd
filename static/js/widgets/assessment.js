// Keeps the suggestion beside an assessment up to date. All its words stand in the page; this only shows and hides them.

import { answer } from "../answers.js";
import { suggestion } from "../indicator_score.js";

function show(inside, name, wanted) {
  for (const element of inside.querySelectorAll(`[data-${name}]`)) element.hidden = element.dataset[name] !== wanted;
}

export function assess(panel) {
  const form = panel.closest("form");
  const name = panel.dataset.of;
  const catalogue = JSON.parse(panel.dataset.catalogue);
  // a checklist on another page was counted by the server
  const isHere = form?.querySelector(`input[name^="${CSS.escape(name)}."]`);
  if (!isHere) return;

  function refresh() {
    const answers = answer({ type: "indicators" }, name, form) ?? {};
    const found = suggestion(answers, catalogue);
    panel.querySelector("[data-insufficient]").hidden = !found.isInsufficient;
    for (const group of ["adult", "child"]) show(panel.querySelector(`[data-group="${group}"]`), "says", found[group]);
    for (const profile of panel.querySelectorAll("[data-profile]")) {
      const { dimensions, pattern } = found.scores[profile.dataset.profile];
      show(profile, "pattern", pattern);
      for (const dimension of profile.querySelectorAll("[data-dimension]")) {
        const { strong, medium, weak, why } = dimensions[dimension.dataset.dimension];
        dimension.querySelector("[data-strong]").textContent = strong;
        dimension.querySelector("[data-medium]").textContent = medium;
        dimension.querySelector("[data-weak]").textContent = weak;
        show(dimension, "why", why);
        for (const indicator of dimension.querySelectorAll("[data-indicator]")) {
          indicator.hidden = answers[indicator.dataset.indicator]?.answer !== "present";
        }
      }
    }
  }

  form.addEventListener("change", (event) => {
    if (event.target.name?.startsWith(`${name}.`)) refresh();
  });
  window.addEventListener("pageshow", refresh);
  refresh();
}
