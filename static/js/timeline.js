// Renews a case's timeline: every three seconds while the page is seen, more slowly when the network fails.

const QUICK = 3000;
const SLOWEST = 60000;
const SETTLED = 30000;

const board = /** @type {HTMLElement} */ (document.querySelector("[data-timeline]"));
const news = /** @type {HTMLElement} */ (document.querySelector("[data-timeline-news]"));
const state = /** @type {HTMLElement} */ (document.querySelector("[data-timeline-state]"));

let etag = `"${board.dataset.etag}"`;
let wait = QUICK;
let timer = 0;
let busy = false;

/** @param {HTMLElement} root */
function told(root) {
  return new Map([...root.querySelectorAll("[data-key]")].map((node) => [node.dataset.key, node.dataset.news]));
}

/** @param {string} html */
function show(html) {
  const before = told(board);
  const focused = document.activeElement;
  const active = board.contains(focused) ? focused?.getAttribute("href") : null;
  const folds = () => /** @type {NodeListOf<HTMLDetailsElement>} */ (board.querySelectorAll("details[data-fold]"));
  const opened = new Map([...folds()].map((fold) => [fold.dataset.fold, fold.open]));
  board.innerHTML = html;
  for (const fold of folds()) fold.open = opened.get(fold.dataset.fold) ?? fold.open;
  if (active) board.querySelector(`[href="${CSS.escape(active)}"]`)?.focus();
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
      show(await answer.text());
      etag = answer.headers.get("ETag") ?? "";
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
  if (!document.hidden) timer = setTimeout(renew, wait);
}

function now() {
  wait = QUICK;
  clearTimeout(timer);
  renew();
}

document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : now()));
window.addEventListener("online", now);
state.textContent = state.dataset.live ?? "";
plan();
