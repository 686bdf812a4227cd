// What a script adds to the widgets of questions. Each works without it (templates/questions).

import { assess } from "./widgets/assessment.js";
import { count } from "./widgets/count.js";
import { standAlone } from "./widgets/exclusive.js";
import { narrow } from "./widgets/narrow.js";
import { drawSignature } from "./widgets/signature.js";
import { findPlace } from "./widgets/place.js";
import { rank } from "./widgets/ranking.js";
import { slide } from "./widgets/slider.js";

/** @type {[selector: string, add: (widget: HTMLElement) => void][]} */
const ADDED = [
  ["[data-scale]", (number) => slide(/** @type {HTMLInputElement} */ (number))],
  ["[data-ranking]", rank],
  ["[data-place]", findPlace],
  ["[data-signature]", drawSignature],
  ["[data-assessment]", assess],
  ["[data-narrow]", narrow],
  ["[data-most]", count],
];

/**
 * Adds to every widget inside an element; once to each.
 *
 * @param {Document | HTMLElement} root
 */
export function enhance(root) {
  for (const [selector, add] of ADDED) {
    for (const widget of root.querySelectorAll(selector)) {
      if (widget.dataset.live) continue;
      widget.dataset.live = "yes";
      add(widget);
    }
  }
}

standAlone(document);
enhance(document);
