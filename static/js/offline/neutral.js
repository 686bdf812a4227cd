// A title and a picture that say nothing, when the reader chose so on the page "What stays on this phone".

import { memory } from "./forget.js";

const CHOICE = "vatra.neutral";

export const isNeutral = () => memory()?.getItem(CHOICE) === "1";

/** @param {boolean} isWanted */
export function chooseNeutral(isWanted) {
  if (isWanted) memory()?.setItem(CHOICE, "1");
  else memory()?.removeItem(CHOICE);
}

/**
 * `words`: the element that carries data-neutral-title and data-neutral-icon.
 *
 * @param {HTMLElement | null} words
 */
export function showNeutral(words) {
  if (!words || !isNeutral()) return;
  document.title = words.dataset.neutralTitle ?? "";
  /** @type {NodeListOf<HTMLLinkElement>} */
  const icons = document.querySelectorAll('link[rel="icon"]');
  for (const link of icons) link.href = words.dataset.neutralIcon ?? "";
}
