// Registers and cases stand on the admin's pages too: after a while without a press they lead to unlocking.

import { lockWhenIdle, send } from "../idle.js";

const {
  idleMinutes,
  lock = "",
  alive = "",
} = /** @type {HTMLScriptElement} */ (document.querySelector("script[data-idle-minutes]")).dataset;
const minutes = Number(idleMinutes);
const token = () => JSON.parse(document.getElementById("wagtail-config")?.textContent ?? "{}").CSRF_TOKEN ?? "";

if (minutes) {
  lockWhenIdle({
    minutes,
    alive,
    token,
    lock: async () => {
      await send(lock, token());
      location.reload();
    },
  });
}
