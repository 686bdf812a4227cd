// Registers and cases stand on the admin's pages too: after a while without a press they lead to unlocking. Not while
// something typed there isn't saved; the server has locked the session all the same, and keeps what is sent then.

const mine = /** @type {HTMLScriptElement} */ (
  document.currentScript ?? document.querySelector("script[data-idle-minutes]")
);
const idleFor = Number(mine.dataset.idleMinutes) * 60000;
const SAY_EACH = 60000;
const token = () => JSON.parse(document.getElementById("wagtail-config")?.textContent ?? "{}").CSRF_TOKEN ?? "";

let pressed = Date.now();
let said = Date.now();
let isTyped = false;

/** @param {string} address */
function send(address) {
  const body = new URLSearchParams({ csrfmiddlewaretoken: token() });
  return fetch(address, { method: "POST", body, redirect: "manual", keepalive: true }).catch(() => {});
}

async function idle() {
  if (isTyped || Date.now() - pressed < idleFor) return;
  await send(mine.dataset.lock ?? "");
  location.reload();
}

function press() {
  if (Date.now() - pressed >= idleFor) idle();
  else pressed = Date.now();
  if (pressed - said < SAY_EACH) return;
  said = pressed;
  send(mine.dataset.alive ?? "");
}

if (idleFor) {
  for (const kind of ["pointerdown", "keydown", "scroll", "input"]) {
    document.addEventListener(kind, press, { passive: true, capture: true });
  }
  document.addEventListener("input", (event) => {
    if (/** @type {Field} */ (event.target).form?.method === "post") isTyped = true;
  });
  document.addEventListener("visibilitychange", idle);
  setInterval(idle, 15000);
}
