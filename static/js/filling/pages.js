// A page of ours that came as an answer takes the place of the one that is shown, without loading anything anew.

import { enhance } from "../questions.js";

/**
 * Shows its main part under its title; what needs attention gets the focus.
 *
 * @param {Document} page
 */
export function showPage(page) {
  document.title = page.title;
  const main = document.importNode(/** @type {HTMLElement} */ (page.querySelector("main")), true);
  document.querySelector("main")?.replaceWith(main);
  const back = page.querySelector(".bar-back");
  const shown = document.querySelector(".bar-back");
  if (back && shown) shown.replaceWith(document.importNode(back, true));
  enhance(main);
  window.scrollTo(0, 0);
  main.querySelector("[autofocus], [data-focus]")?.focus();
}
