/**
 * After a while without a press nothing stays on the screen. Not while something typed isn't saved yet: the server locks
 * the session all the same, and keeps what is sent from such a page (access/sessions/locked.py).
 */

const SAY_EACH = 60000; // milliseconds after which the server is told again that somebody is there
const LOOK_EACH = 15000;

/**
 * Sends nothing but the token. Never fails: without a network the server notices by itself that nobody is there.
 *
 * @param {string} address
 * @param {string} token
 */
export async function send(address, token) {
  const body = new URLSearchParams({ csrfmiddlewaretoken: token });
  await fetch(address, { method: "POST", body, redirect: "manual", keepalive: true }).catch(() => {});
}

/**
 * Calls `lock` once nothing was pressed for so many minutes; `alive` is the address that is told of presses.
 *
 * @param {{ minutes: number, alive: string, token: () => string, lock: () => void }} options
 */
export function lockWhenIdle({ minutes, alive, token, lock }) {
  let pressed = Date.now();
  let said = pressed;
  let isTyped = false;

  const isIdle = () => Date.now() - pressed >= minutes * 60000;
  const look = () => {
    if (!isTyped && isIdle()) lock();
  };
  const press = () => {
    if (isIdle()) look();
    else pressed = Date.now();
    if (pressed - said < SAY_EACH) return;
    said = pressed;
    void send(alive, token());
  };

  for (const kind of ["pointerdown", "keydown", "scroll", "input"]) {
    document.addEventListener(kind, press, { passive: true, capture: true });
  }
  document.addEventListener("input", (event) => {
    const { form } = /** @type {Field} */ (event.target);
    if (form?.method === "post" && form.id !== "section") isTyped = true; // a section is saved by itself (form.js)
  });
  document.addEventListener("visibilitychange", look);
  setInterval(look, LOOK_EACH);
}
