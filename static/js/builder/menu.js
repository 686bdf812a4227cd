/** A menu under a button: arrow keys, Home and End, Escape; the focus goes back to the button. */

import { h, icon } from "./dom.js";

/** @type {{ element: HTMLElement, anchor: HTMLElement, stop: () => void } | null} */
let open = null;

export function closeMenu({ restore = false } = {}) {
  if (!open) return;
  const { element, anchor, stop } = open;
  open = null;
  stop();
  element.remove();
  anchor.setAttribute("aria-expanded", "false");
  if (restore) anchor.focus();
}

/**
 * `entries`: {words, iconName, shortcut?, disabled?, run} or null for a line between.
 *
 * @param {HTMLElement} anchor
 * @param {(MenuEntry | null)[]} entries
 * @param {string} words
 */
export function openMenu(anchor, entries, words) {
  if (open?.anchor === anchor) return closeMenu({ restore: true });
  closeMenu();
  const items = entries.map((entry) => (entry ? item(entry) : h("hr")));
  const element = h("div.vo-menu", { role: "menu", "aria-label": words }, items);
  const buttons = items.filter((node) => node.matches("button:not([disabled])"));
  element.addEventListener("keydown", (event) => onKey(event, buttons));
  const outside = (/** @type {PointerEvent} */ event) => {
    const target = /** @type {Node} */ (event.target);
    if (!element.contains(target) && !anchor.contains(target)) closeMenu();
  };
  document.addEventListener("pointerdown", outside);
  open = { element, anchor, stop: () => document.removeEventListener("pointerdown", outside) };
  anchor.after(element);
  anchor.setAttribute("aria-expanded", "true");
  const below = window.innerHeight - anchor.getBoundingClientRect().bottom;
  element.classList.toggle(
    "vo-menu--up",
    below < element.offsetHeight + 16 && anchor.getBoundingClientRect().top > element.offsetHeight,
  );
  buttons[0]?.focus();
  return element;
}

/** @param {MenuEntry} entry */
function item({ words, iconName, shortcut, disabled, run, danger }) {
  const classes = danger ? "button.vo-menu__item.vo-menu__item--danger" : "button.vo-menu__item";
  const choose = () => {
    closeMenu({ restore: true });
    run();
  };
  return h(
    classes,
    { role: "menuitem", tabindex: "-1", disabled, on: { click: choose } },
    icon(iconName),
    h("span", {}, words),
    shortcut && h("kbd", {}, shortcut),
  );
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement[]} buttons
 */
function onKey(event, buttons) {
  const now = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  /** @type {Record<string, number>} */
  const places = {
    ArrowDown: (now + 1) % buttons.length,
    ArrowUp: (now - 1 + buttons.length) % buttons.length,
    Home: 0,
    End: buttons.length - 1,
  };
  if (event.key in places) {
    event.preventDefault();
    buttons[places[event.key]].focus();
  } else if (event.key === "Escape") {
    event.preventDefault();
    closeMenu({ restore: true });
  } else if (event.key === "Tab") {
    closeMenu();
  }
  event.stopPropagation();
}
