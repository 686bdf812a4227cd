// Leaving quickly. Without this script the link still works; with it the page is covered before anything loads, what
// was kept on the phone is taken away, Back leads out of the site (left.js), and Shift pressed three times by itself
// does the same as a touch.

import { forget } from "./offline/forget.js";
import { showNeutral } from "./offline/neutral.js";

const FORGET_WITHIN_MS = 100; // then it goes on in the browser, or by what the exit's address answers
const PRESSES = 3;
const PRESS_AGAIN_WITHIN_MS = 5000;

const links = () => /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll("[data-exit]")]);
const words = () => document.querySelector("[data-exit-leaving]");

/** @type {HTMLElement | null} */
let cover = null;
let title = "";
let presses = 0;
let shiftAlone = false;
let timer = 0;
/** @type {HTMLElement | null} */
let status = null;
/** @type {HTMLElement | null} */
let dots = null;

let isLeaving = false;

/** @param {HTMLAnchorElement} link */
async function leave(link) {
  putCover();
  if (isLeaving) return;
  isLeaving = true;
  await Promise.race([forget(), new Promise((done) => setTimeout(done, FORGET_WITHIN_MS))]);
  // Without a network our own address would stay in the address bar of the browser's page of trouble.
  leadOut(navigator.onLine === false ? words()?.dataset.exitOffline || link.href : link.href);
}

/**
 * Where this page is the only one of ours in the history, it is replaced: Back then leads to what was read before.
 * Otherwise the place of this page is taken by an empty one, which tells our other pages to lead out too (left.js).
 *
 * @param {string} address
 */
function leadOut(address) {
  const left = words()?.dataset.exitLeft;
  if (!left || window.navigation?.entries?.().length === 1) {
    window.location.replace(address);
    return;
  }
  window.history.replaceState(null, "", left);
  window.navigation?.updateCurrentEntry?.({ state: { left: true } });
  window.location.assign(address);
}

function putCover() {
  if (cover) return;
  cover = document.createElement("div");
  cover.setAttribute("role", "alert");
  Object.assign(cover.style, {
    position: "fixed",
    inset: "0",
    zIndex: "2147483647",
    background: "#fff",
    color: "#fff",
  });
  document.documentElement.append(cover);
  document.body.style.display = "none";
  title = document.title;
  document.title = "\u2026";
  cover.textContent = words()?.dataset.exitLeaving ?? "";
}

function takeCoverAway() {
  forgetPresses();
  isLeaving = false;
  if (!cover) return;
  cover.remove();
  cover = null;
  document.body.style.removeProperty("display");
  document.title = title;
}

function press() {
  presses += 1;
  window.clearTimeout(timer);
  if (presses >= PRESSES) {
    const link = links()[0];
    forgetPresses();
    if (link) void leave(link);
    return;
  }
  say(presses === 1 ? "exitTwoMore" : "exitOneMore");
  timer = window.setTimeout(() => {
    forgetPresses();
    say("exitExpired");
  }, PRESS_AGAIN_WITHIN_MS);
}

function forgetPresses() {
  window.clearTimeout(timer);
  presses = 0;
  shiftAlone = false;
  if (dots) dots.textContent = "";
  if (status) status.textContent = "";
}

/** @param {string} word */
function say(word) {
  const link = words();
  if (!link) return;
  if (!status) {
    status = document.createElement("span");
    status.setAttribute("role", "status");
    status.className = "visually-hidden";
    link.after(status);
  }
  if (!dots) {
    dots = document.createElement("span");
    dots.setAttribute("aria-hidden", "true");
    link.append(dots);
  }
  dots.textContent = presses ? ` ${"●".repeat(presses)}${"○".repeat(PRESSES - presses)}` : "";
  status.textContent = link.dataset[word] ?? "";
}

document.addEventListener("click", (event) => {
  /** @type {HTMLAnchorElement | null} */
  const link = event.target instanceof Element ? event.target.closest("[data-exit]") : null;
  if (!link) return;
  event.preventDefault();
  void leave(link);
});

// Shift counts only when it went down and up again with nothing in between: capital letters never add up.
document.addEventListener("keydown", (event) => {
  const alone = event.key === "Shift" && !event.ctrlKey && !event.altKey && !event.metaKey;
  if (event.repeat && alone) return;
  shiftAlone = alone;
  if (!alone && presses) forgetPresses();
});

document.addEventListener("keyup", (event) => {
  if (event.key !== "Shift" || !shiftAlone) return;
  shiftAlone = false;
  press();
});

// Coming back by the browser's own memory of the page: show it again, as it was, unless it was left.
window.addEventListener("pageshow", () => {
  if (window.location.pathname !== words()?.dataset.exitLeft) takeCoverAway();
});

showNeutral(words());
