// Slides by keyboard: arrows, page keys and space go on and back, Home and End to the first and last. Without it the
// links on each slide do the same.

const slides = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-slide]")]);

/** The slide that most of the screen shows. */
const current = () => {
  const middle = window.innerHeight / 2;
  return Math.max(
    0,
    slides.findIndex((slide) => slide.getBoundingClientRect().bottom > middle),
  );
};

/** @param {number} number */
function show(number) {
  const slide = slides[Math.min(Math.max(number, 0), slides.length - 1)];
  slide?.scrollIntoView();
  slide?.focus({ preventScroll: true });
}

/** @type {Record<string, () => number>} */
const KEYS = {
  ArrowRight: () => current() + 1,
  ArrowDown: () => current() + 1,
  PageDown: () => current() + 1,
  " ": () => current() + 1,
  ArrowLeft: () => current() - 1,
  ArrowUp: () => current() - 1,
  PageUp: () => current() - 1,
  Home: () => 0,
  End: () => slides.length - 1,
};

document.addEventListener("keydown", (event) => {
  const target = /** @type {Element | null} */ (event.target);
  // A film and a tick box have these keys for themselves, what is pressed has the space bar.
  if (event.altKey || event.ctrlKey || event.metaKey || target?.closest("input, video, audio")) return;
  if (event.key === " " && target?.closest("summary, a, button")) return;
  // A slide taller than the screen is scrolled by up and down.
  const tall = (slides[current()]?.offsetHeight ?? 0) > window.innerHeight + 4;
  if (tall && /^(ArrowUp|ArrowDown|PageUp|PageDown| )$/.test(event.key)) return;
  const next = KEYS[event.key];
  if (!next) return;
  event.preventDefault();
  show(next());
});
