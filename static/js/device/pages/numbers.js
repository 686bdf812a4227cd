// Whom one can call without a network of data.

import { callLine } from "./dom.js";

/**
 * @param {HTMLElement} list
 * @param {Pack | null} pack
 */
export function listNumbers(list, pack) {
  const numbers = (pack?.numbers ?? []).filter((number) => number.phone);
  list.replaceChildren(...numbers.map(callLine));
  return numbers.length;
}
