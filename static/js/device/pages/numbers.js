// Whom one can call without a network of data. The national numbers stand on every screen by themselves.

import { callLine, make, word } from "./dom.js";

/**
 * Whoever is on duty, and the coordinators; the others folded below them.
 *
 * @param {HTMLElement} list
 * @param {Pack | null} pack
 */
export function listNumbers(list, pack) {
  const numbers = (pack?.numbers ?? []).filter((number) => number.phone && number.kind !== "national");
  const isFirst = (/** @type {PackNumber} */ number) => number.on_duty || number.kind === "coordinator";
  const first = numbers.some(isFirst) ? numbers.filter(isFirst) : numbers;
  const others = numbers.filter((number) => !first.includes(number));
  const text = JSON.stringify([first, others]);
  if (list.dataset.shown === text) return numbers.length; // what is unfolded stays so
  list.dataset.shown = text;
  list.replaceChildren(...first.map(callLine));
  if (others.length) {
    const inside = make("ul", { class: "plain-list device-numbers" }, ...others.map(callLine));
    const summary = make("summary", {}, make("span", {}, word("moreNumbers", { count: others.length })));
    list.append(make("li", {}, make("details", { class: "fold" }, summary, inside)));
  }
  return numbers.length;
}
