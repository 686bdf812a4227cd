/**
 * Moving items with mouse, pen or finger, by their handle. Escape puts the item back. The keyboard has Alt and arrows.
 */

import { fits, isSection } from "./actions.js";
import { h } from "./dom.js";

const EDGE = 60; // pixels from the edge of the window in which it scrolls along
const FAR = 5; // pixels before a press becomes a drag

/**
 * What scrolls around an element: in the admin that isn't the window.
 *
 * @param {HTMLElement} element
 */
function scrollerOf(element) {
  for (let around = element.parentElement; around; around = around.parentElement) {
    if (around.scrollHeight > around.clientHeight && /auto|scroll/.test(getComputedStyle(around).overflowY))
      return around;
  }
  return document.scrollingElement;
}

/**
 * Where a drop puts what is dragged, and how that is shown.
 *
 * @typedef {{ holder: Holder | Definition, index: number, show: (mark: HTMLElement) => void }} Target
 */

/**
 * `outline` gives nodeOf(element) and moved(node, holder, index).
 *
 * @param {Editor} editor
 * @param {HTMLElement} root
 * @param {Lines} outline
 */
export function dragging(editor, root, outline) {
  root.addEventListener("pointerdown", (event) => {
    /** @type {HTMLElement | null} */
    const handle = /** @type {HTMLElement} */ (event.target).closest("[data-handle]");
    if (!handle || event.button !== 0 || editor.readOnly) return;
    event.preventDefault();
    begin(event, handle);
  });

  /**
   * @param {PointerEvent} start
   * @param {HTMLElement} handle
   */
  function begin(start, handle) {
    /** @type {HTMLElement | null} */
    const dragged = handle.closest("[data-node]");
    const node = outline.nodeOf(dragged);
    if (!dragged || !node) return;
    const mark = h("div.vo-drop");
    const scroller = scrollerOf(root);
    let isMoving = false;
    /** @type {Target | null} */
    let target = null;
    let scroll = 0;
    let frame = 0;

    const move = (/** @type {PointerEvent} */ event) => {
      if (!isMoving && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) < FAR) return;
      if (!isMoving) {
        isMoving = true;
        dragged.classList.add("is-dragged");
        root.classList.add("is-dragging");
        frame = requestAnimationFrame(follow);
      }
      scroll = event.clientY < EDGE ? -12 : event.clientY > window.innerHeight - EDGE ? 12 : 0;
      target = targetAt(event.clientX, event.clientY, node);
      if (target) target.show(mark);
      else mark.remove();
    };
    const follow = () => {
      if (scroll) scroller?.scrollBy(0, scroll);
      frame = requestAnimationFrame(follow);
    };
    const end = (/** @type {Event} */ event) => {
      cancelAnimationFrame(frame);
      mark.remove();
      dragged.classList.remove("is-dragged");
      root.classList.remove("is-dragging");
      handle.removeEventListener("pointermove", move);
      handle.removeEventListener("pointerup", end);
      handle.removeEventListener("pointercancel", end);
      document.removeEventListener("keydown", giveUp, true);
      if (isMoving && target && event.type === "pointerup") outline.moved(node, target.holder, target.index);
    };
    const giveUp = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      end(event);
    };
    handle.setPointerCapture(start.pointerId);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", end);
    handle.addEventListener("pointercancel", end);
    document.addEventListener("keydown", giveUp, true);
  }

  /**
   * Where a drop at this point would put the node: {holder, index, show(mark)}, or null.
   *
   * @param {number} x
   * @param {number} y
   * @param {LineNode} node
   * @returns {Target | null}
   */
  function targetAt(x, y, node) {
    const under = document.elementFromPoint(x, y);
    return isSection(node) ? amongSections(under, y, node) : amongItems(under, y, node);
  }

  /**
   * @param {Element | null} under
   * @param {number} y
   * @param {Section} node
   * @returns {Target | null}
   */
  function amongSections(under, y, node) {
    /** @type {HTMLElement | null | undefined} */
    const section = under?.closest(".vo-section");
    if (!section) return null;
    const other = outline.nodeOf(section);
    const box = section.getBoundingClientRect();
    const isAfter = y > box.top + box.height / 2;
    const sections = editor.definition.sections.filter((known) => known !== node);
    const index = sections.indexOf(/** @type {Section} */ (other)) + (isAfter ? 1 : 0);
    return other === node
      ? null
      : { holder: editor.definition, index, show: (mark) => section[isAfter ? "after" : "before"](mark) };
  }

  /**
   * @param {Element | null} under
   * @param {number} y
   * @param {Item} node
   * @returns {Target | null}
   */
  function amongItems(under, y, node) {
    /** @type {HTMLElement | null | undefined} */
    const item = under?.closest(".vo-item");
    if (!item) return intoList(under, node);
    const other = outline.nodeOf(item);
    /** @type {HTMLElement | null | undefined} */
    const block = item.parentElement?.closest("[data-node]");
    const holder = /** @type {Holder | null} */ (outline.nodeOf(block ?? null));
    const line = item.querySelector(".vo-line")?.getBoundingClientRect();
    if (!other || !holder || !line || other === node || !fits(editor.definition, node, holder)) return null;
    const isAfter = y > line.top + line.height / 2;
    if (isAfter && other.item === "repeat" && fits(editor.definition, node, other)) {
      const inner = item.querySelector(":scope > .vo-nested > .vo-list");
      return { holder: other, index: 0, show: (mark) => inner?.prepend(mark) };
    }
    const others = holder.items.filter((known) => known !== node);
    const index = others.indexOf(/** @type {Item} */ (other)) + (isAfter ? 1 : 0);
    return { holder, index, show: (mark) => item[isAfter ? "after" : "before"](mark) };
  }

  /**
   * Over the head or foot of a section or group: its end.
   *
   * @param {Element | null} under
   * @param {Item} node
   * @returns {Target | null}
   */
  function intoList(under, node) {
    /** @type {HTMLElement | null | undefined} */
    const block = under?.closest("[data-node]");
    const holder = /** @type {Holder | null} */ (outline.nodeOf(block ?? null));
    const list = block?.querySelector(".vo-list");
    if (!list || !holder?.items || !fits(editor.definition, node, holder)) return null;
    const isHead = Boolean(under?.closest(".vo-section__head"));
    const others = holder.items.filter((item) => item !== node);
    return { holder, index: isHead ? 0 : others.length, show: (mark) => list[isHead ? "prepend" : "append"](mark) };
  }
}
