// A box to sign in. What is drawn is kept as lines, [[x, y, x, y, ...], ...] in a box of 1000 by 400, not as a picture.

import { button, changed } from "./events.js";

const MAX_NUMBERS = 4000; // of one line; a longer one goes on as another
const MAX_LINES = 200;

/** @param {HTMLElement} widget */
export function drawSignature(widget) {
  const [width, height] = [Number(widget.dataset.width), Number(widget.dataset.height)];
  const held = /** @type {HTMLInputElement} */ (widget.querySelector('[name$=".strokes"]'));
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.className = "q-canvas";
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", widget.dataset.label ?? "");
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  let lines = read(held.value);
  /** @type {number | null} */
  let drawing = null; // the pointer that draws

  function paint() {
    pen.clearRect(0, 0, width, height);
    pen.strokeStyle = getComputedStyle(canvas).color;
    pen.lineWidth = 6;
    pen.lineCap = "round";
    pen.lineJoin = "round";
    for (const line of lines) {
      pen.beginPath();
      pen.moveTo(line[0], line[1]);
      for (let index = 0; index < line.length; index += 2) pen.lineTo(line[index], line[index + 1]);
      pen.stroke();
    }
  }

  /** @param {PointerEvent} event */
  function point(event) {
    const box = canvas.getBoundingClientRect();
    const within = (/** @type {number} */ value, /** @type {number} */ most) =>
      Math.max(0, Math.min(most, Math.round(value)));
    return [
      within(((event.clientX - box.left) / box.width) * width, width),
      within(((event.clientY - box.top) / box.height) * height, height),
    ];
  }

  function write() {
    held.value = lines.length ? JSON.stringify(lines) : "";
    clear.hidden = !lines.length;
    changed(held);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (lines.length >= MAX_LINES || (event.button && event.pointerType === "mouse")) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    drawing = event.pointerId;
    lines.push(point(event));
    paint();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawing) return;
    const line = lines[lines.length - 1];
    const [beforeX, beforeY] = line.slice(-2);
    const [x, y] = point(event);
    if (beforeX === x && beforeY === y) return;
    if (line.length < MAX_NUMBERS) line.push(x, y);
    else if (lines.length < MAX_LINES) lines.push([beforeX, beforeY, x, y]);
    paint();
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
    canvas.addEventListener(end, (event) => {
      if (event.pointerId !== drawing) return;
      drawing = null;
      write();
    });
  }

  const clear = button(widget.dataset.clear ?? "", "q-clear", () => {
    lines = [];
    paint();
    write();
  });
  clear.hidden = !lines.length;
  for (const plain of widget.querySelectorAll("[data-drawn], [data-clear-box]")) plain.remove();
  widget.prepend(canvas, clear);
  paint();
}

/**
 * @param {string} written
 * @returns {number[][]}
 */
function read(written) {
  try {
    const lines = JSON.parse(written || "[]");
    return Array.isArray(lines) ? lines : [];
  } catch {
    return [];
  }
}
