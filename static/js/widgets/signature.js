// A box to sign in. What is drawn is kept as lines, [[x, y, x, y, ...], ...] in a box of 1000 by 400, not as a picture.

import { button, changed } from "./events.js";

const MAX_NUMBERS = 4000; // of one line; a longer one goes on as another
const MAX_LINES = 200;

export function drawSignature(widget) {
  const [width, height] = [Number(widget.dataset.width), Number(widget.dataset.height)];
  const held = widget.querySelector('[name$=".strokes"]');
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.className = "q-canvas";
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", widget.dataset.label);
  const pen = canvas.getContext("2d");
  let lines = read(held.value);
  let drawing = null;

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

  function point(event) {
    const box = canvas.getBoundingClientRect();
    const within = (value, most) => Math.max(0, Math.min(most, Math.round(value)));
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
    const line = lines.at(-1);
    const [x, y] = point(event);
    if (line.at(-2) === x && line.at(-1) === y) return;
    if (line.length < MAX_NUMBERS) line.push(x, y);
    else if (lines.length < MAX_LINES) lines.push([line.at(-2), line.at(-1), x, y]);
    paint();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => {
      if (event.pointerId !== drawing) return;
      drawing = null;
      write();
    });
  }

  const clear = button(widget.dataset.clear, "q-clear", () => {
    lines = [];
    paint();
    write();
  });
  clear.hidden = !lines.length;
  for (const plain of widget.querySelectorAll("[data-drawn], [data-clear-box]")) plain.remove();
  widget.prepend(canvas, clear);
  paint();
}

function read(written) {
  try {
    const lines = JSON.parse(written || "[]");
    return Array.isArray(lines) ? lines : [];
  } catch {
    return [];
  }
}
