// Small comforts on every field page. Nothing here is needed to work.

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

// After a while without a press nothing stays on the screen: the page locks itself. Not while something typed isn't
// saved yet; the server keeps what is sent from such a page (access/sessions/locked.py).
const lock = /** @type {HTMLFormElement | null} */ (document.getElementById("lock"));
const idleFor = Number(lock?.dataset.idleMinutes ?? 0) * 60000;
if (lock && idleFor) {
  const SAY_EACH = 60000;
  let pressed = Date.now();
  let said = Date.now();
  let isTyped = false;

  const press = () => {
    if (Date.now() - pressed < idleFor) pressed = Date.now();
    else idle();
    if (pressed - said < SAY_EACH) return;
    said = pressed;
    const token = /** @type {HTMLInputElement} */ (lock.elements.namedItem("csrfmiddlewaretoken"));
    const body = new URLSearchParams({ csrfmiddlewaretoken: token.value });
    fetch(lock.dataset.alive ?? "", { method: "POST", body, redirect: "manual", keepalive: true }).catch(() => {});
  };
  const idle = () => {
    if (Date.now() - pressed < idleFor) return;
    const event = new CustomEvent("vatra:idle", { cancelable: true });
    if (!isTyped && document.dispatchEvent(event)) lock.submit();
  };
  for (const kind of ["pointerdown", "keydown", "scroll", "input"]) {
    document.addEventListener(kind, press, { passive: true, capture: true });
  }
  document.addEventListener("input", (event) => {
    const { form } = /** @type {Field} */ (event.target);
    if (form?.method === "post" && form.id !== "section") isTyped = true;
  });
  document.addEventListener("visibilitychange", idle);
  setInterval(idle, 15000);
}
