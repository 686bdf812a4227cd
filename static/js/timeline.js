// Renews a case's timeline: every three seconds while the page is seen, more slowly when the network fails.

const QUICK = 3000;
const SLOWEST = 60000;
const SETTLED = 30000;
const AFTER_A_PRESS = 500; // a tap's click comes in a task of its own, after the finger is lifted
const LONGEST_HOLD = 10000; // a press whose end nobody told, or a form that was sent and led nowhere

const board = /** @type {HTMLElement} */ (document.querySelector("[data-timeline]"));
const news = /** @type {HTMLElement} */ (document.querySelector("[data-timeline-news]"));
const state = /** @type {HTMLElement} */ (document.querySelector("[data-timeline-state]"));

let etag = `"${board.dataset.etag}"`;
let wait = QUICK;
let timer = 0;
let busy = false;
// Until when the board stays as it is: a press on a button that is replaced before it ends would do nothing, and a form
// that is on its way could be sent again by the new one in its place.
let heldUntil = 0;

const isHeld = () => Date.now() < heldUntil;

/** @param {number} span */
function hold(span) {
  heldUntil = Date.now() + span;
}

function release() {
  if (!board.querySelector("form[data-sent]")) heldUntil = Math.min(heldUntil, Date.now() + AFTER_A_PRESS);
}

/** @param {HTMLElement} root */
function told(root) {
  return new Map([...root.querySelectorAll("[data-key]")].map((node) => [node.dataset.key, node.dataset.news]));
}

/**
 * A selector of the link, button or fold that has the focus; what is shown anew has it in the same place.
 * @param {Element | null} node
 */
function describe(node) {
  const name = (/** @type {string | null | undefined} */ text) => CSS.escape(text ?? "");
  if (node?.matches("a[href]")) return `a[href="${name(node.getAttribute("href"))}"]`;
  if (node?.matches("summary")) return `details[data-fold="${name(node.parentElement?.dataset.fold)}"] > summary`;
  const form = node?.closest("form");
  return form ? `form[action="${name(form.getAttribute("action"))}"] button` : "";
}

/** @param {string} html */
function show(html) {
  const before = told(board);
  const focused = board.querySelector(":focus");
  const selector = describe(focused);
  // Two duties may ask for the same form.
  const index = selector && focused ? [...board.querySelectorAll(selector)].indexOf(focused) : -1;
  const folds = () => /** @type {NodeListOf<HTMLDetailsElement>} */ (board.querySelectorAll("details[data-fold]"));
  const opened = new Map([...folds()].map((fold) => [fold.dataset.fold, fold.open]));
  board.innerHTML = html;
  for (const fold of folds()) fold.open = opened.get(fold.dataset.fold) ?? fold.open;
  if (index >= 0) {
    const again = /** @type {NodeListOf<HTMLElement>} */ (board.querySelectorAll(selector));
    (again[index] ?? again[0])?.focus({ preventScroll: true });
  }
  const changed = [];
  for (const node of board.querySelectorAll("[data-key]")) {
    if (before.get(node.dataset.key) !== node.dataset.news) {
      node.classList.add("is-new");
      changed.push(node.dataset.news);
    }
  }
  if (changed.length) news.textContent = changed.join(". ");
}

async function renew() {
  if (busy || document.hidden) return;
  if (isHeld()) {
    plan();
    return;
  }
  busy = true;
  try {
    const answer = await fetch(board.dataset.src ?? "", {
      headers: { "If-None-Match": etag },
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(10000),
    });
    if (answer.type === "opaqueredirect") {
      location.reload(); // signed out: the page itself leads to signing in
      return;
    }
    if (answer.status === 200) {
      const html = await answer.text();
      // Pressed while it was fetched: what is new is fetched again afterwards, because the ETag stays the old one.
      if (!isHeld()) {
        show(html);
        etag = answer.headers.get("ETag") ?? "";
      }
    } else if (answer.status !== 304) {
      throw new Error(String(answer.status));
    }
    state.textContent = state.dataset.live ?? "";
    wait = "settled" in board.dataset ? SETTLED : QUICK;
  } catch {
    state.textContent = state.dataset.lost ?? "";
    wait = Math.min(wait * 2, SLOWEST);
  } finally {
    busy = false;
    plan();
  }
}

function plan() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(renew, isHeld() ? AFTER_A_PRESS : wait);
}

function now() {
  wait = QUICK;
  clearTimeout(timer);
  renew();
}

for (const kind of ["pointerdown", "keydown", "submit"]) board.addEventListener(kind, () => hold(LONGEST_HOLD));
for (const kind of ["pointerup", "pointercancel", "keyup"]) document.addEventListener(kind, release);
window.addEventListener("pageshow", () => hold(0)); // back from where a form had led
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : now()));
window.addEventListener("online", now);
state.textContent = state.dataset.live ?? "";
plan();
