// Small comforts on every field page. Nothing here is needed to work.

import { lockWhenIdle } from "./idle.js";

// A form that must be sent once: a second press while the first is under way does nothing.
document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.matches("form[data-once]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
});

// Coming back with the browser's Back: the page is as it was, so its forms may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  }
});

// What needs attention gets the focus: the error summary, a new row.
document.querySelector("[data-focus]")?.focus();

// The menu closes on Escape and on a press elsewhere.
/** @type {HTMLDetailsElement | null} */
const menu = document.querySelector("[data-menu]");
if (menu) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
}

// Without a network it says so, before somebody presses Send.
const offline = document.querySelector("[data-offline]");
if (offline) {
  const tell = () => {
    offline.hidden = navigator.onLine;
  };
  window.addEventListener("online", tell);
  window.addEventListener("offline", tell);
  tell();
}

// After a while without a press the page locks itself, unless somebody there has something that isn't saved (form.js).
const lock = /** @type {HTMLFormElement | null} */ (document.getElementById("lock"));
const minutes = Number(lock?.dataset.idleMinutes ?? 0);
if (lock && minutes) {
  const token = /** @type {HTMLInputElement} */ (lock.elements.namedItem("csrfmiddlewaretoken"));
  lockWhenIdle({
    minutes,
    alive: lock.dataset.alive ?? "",
    token: () => token.value,
    lock: () => {
      if (document.dispatchEvent(new CustomEvent("vatra:idle", { cancelable: true }))) lock.submit();
    },
  });
}
