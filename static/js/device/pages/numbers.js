// Whom one can call without a network of data. The national numbers stand on every screen by themselves.

import { callLine } from "./dom.js";

/**
 * @param {HTMLElement} list
 * @param {Pack | null} pack
 */
export function listNumbers(list, pack) {
  const numbers = (pack?.numbers ?? []).filter((number) => number.phone && number.kind !== "national");
  list.replaceChildren(...numbers.map(callLine));
  return numbers.length;
}
