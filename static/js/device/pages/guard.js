// Whoever holds the phone sees nothing that its owner did not open: it is covered when it goes into the background, locked
// after a minute there or five without a press, at one press of "Lock", and left by "Leave".

const HIDDEN_MS = 60_000;
const IDLE_MS = 5 * 60_000;
const SHOWN_MS = 20 * 60_000; // of slides in front of a class: a speaker stays at one for a while
const LOOK_MS = 5_000;

/**
 * `save` is awaited before it locks: what is typed is stored. `isShown`: slides are shown to a class.
 *
 * @param {PhoneDevice} device
 * @param {{ save: () => void | Promise<void>, isShown: () => boolean }} screen
 */
export function guard(device, { save, isShown }) {
  let pressed = Date.now();
  let hidden = 0;

  const lock = async () => {
    if (device.state !== "open") return;
    await save();
    await device.lock();
  };
  const look = () => {
    const now = Date.now();
    const isOver = now - pressed >= (isShown() ? SHOWN_MS : IDLE_MS) || (hidden > 0 && now - hidden >= HIDDEN_MS);
    if (isOver) void lock();
    else void device.check();
  };

  for (const kind of ["pointerdown", "keydown", "input", "scroll"]) {
    document.addEventListener(kind, () => (pressed = Date.now()), { passive: true, capture: true });
  }
  document.addEventListener("visibilitychange", async () => {
    document.documentElement.toggleAttribute("data-covered", document.hidden);
    hidden = document.hidden ? Date.now() : hidden;
    if (document.hidden) await save();
    else {
      look();
      hidden = 0;
    }
  });
  window.addEventListener("pagehide", () => document.documentElement.toggleAttribute("data-covered", true));
  window.addEventListener("pageshow", () => document.documentElement.toggleAttribute("data-covered", document.hidden));
  setInterval(look, LOOK_MS);
  document.querySelector("[data-lock]")?.addEventListener("click", () => void lock());
  leaveQuickly(lock);
}

/** @param {() => Promise<void>} lock */
function leaveQuickly(lock) {
  const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector("[data-leave]"));
  link?.addEventListener("click", (event) => {
    event.preventDefault();
    document.documentElement.toggleAttribute("data-covered", true);
    const leave = () => window.location.replace(navigator.onLine ? link.href : "about:blank");
    void Promise.race([lock(), new Promise((done) => setTimeout(done, 300))]).then(leave, leave);
  });
}
