// Buttons that move a choice up and down. The selects stay: they hold the places, and are sent.

import { button, changed } from "./events.js";

/** @param {HTMLElement} list */
export function rank(list) {
  const said = /** @type {HTMLElement} */ (list.querySelector("[data-ranking-said]"));
  const rows = () => [...list.querySelectorAll(".q-rank")].filter((row) => !row.hidden);
  const select = (/** @type {HTMLElement} */ row) => /** @type {HTMLSelectElement} */ (row.querySelector("select"));
  const place = (/** @type {HTMLElement} */ row) => Number.parseInt(select(row).value, 10) || 0;
  const words = (/** @type {HTMLElement} */ row) => row.querySelector("label")?.textContent.trim();
  const isWhole = () => new Set(rows().map(place)).size === rows().length && rows().every(place);

  /** Writes the order of the rows into their selects. */
  function keep() {
    rows().forEach((row, index) => {
      select(row).selectedIndex = index + 1;
    });
    changed(select(rows()[0]));
  }

  /**
   * @param {HTMLElement} row
   * @param {number} by
   */
  function move(row, by) {
    if (isWhole()) inOrder();
    const others = rows();
    const target = others[others.indexOf(row) + by];
    if (target) {
      if (by < 0) target.before(row);
      else target.after(row);
    }
    keep();
    mark();
    said.textContent = `${words(row)}: ${list.dataset.moved} ${place(row)} / ${rows().length}`;
  }

  /** The rows as their places say. */
  function inOrder() {
    for (const row of rows().sort((one, other) => place(one) - place(other))) said.before(row);
  }

  function mark() {
    keepButton.hidden = isWhole();
    for (const row of rows()) {
      const isAt = (/** @type {number} */ end) => isWhole() && place(row) === end;
      for (const mover of row.querySelectorAll("button")) {
        mover.disabled = isAt(mover.dataset.by === "-1" ? 1 : rows().length);
      }
    }
  }

  const keepButton = button(list.dataset.keep ?? "", "q-keep", () => {
    keep();
    mark();
    select(rows()[0]).focus();
  });
  for (const row of list.querySelectorAll(".q-rank")) {
    for (const { by, arrow, name } of [
      { by: -1, arrow: "↑", name: list.dataset.up },
      { by: 1, arrow: "↓", name: list.dataset.down },
    ]) {
      const mover = button(arrow, "q-move", () => {
        move(row, by);
        if (!mover.disabled) mover.focus();
        else row.querySelector("[data-by]:not([disabled])")?.focus();
      });
      mover.dataset.by = String(by);
      mover.setAttribute("aria-label", `${name}: ${words(row)}`);
      row.append(mover);
    }
  }
  list.classList.add("is-live");
  list.append(keepButton);
  list.addEventListener("change", mark);
  mark();
}
