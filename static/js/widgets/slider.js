// A slider beside the number of a scale with many steps. Until it is moved there is no answer.

import { changed } from "./events.js";

/** @param {HTMLInputElement} number */
export function slide(number) {
  const slider = document.createElement("input");
  slider.type = "range";
  slider.className = "q-slider";
  const { min = "", max = "", step = "", words = "" } = number.dataset;
  Object.assign(slider, { min, max, step });
  slider.setAttribute("aria-label", words);
  slider.autocomplete = "off";
  const follow = () => {
    if (number.value.trim()) slider.value = number.value.replace(",", ".");
  };
  follow();
  number.addEventListener("input", follow);
  slider.addEventListener("input", (event) => {
    event.stopPropagation(); // it has no name and sends nothing: the number does
    number.value = slider.value;
    changed(number);
  });
  number.after(slider);
}
