// Sending a form that was looked over: by fetch, so that the page stays without a network and goes on by itself when it
// is back. A form is received once however often it arrives.

import { showPage } from "./filling/pages.js";
import { asText } from "./filling/post.js";
import { Presses } from "./filling/presses.js";

const REFUSED = 403;
/** @type {Presses | null} */
let presses = null;

function begin() {
  /** @type {HTMLFormElement | null} */
  const form = document.querySelector("form[data-send]");
  presses =
    form &&
    new Presses({
      form,
      waiting: /** @type {HTMLElement} */ (document.querySelector("[data-waiting]")),
      body: () => asText(new FormData(form)),
      before: async () => {},
      count: () => 0,
      mend: (result) => renewToken(form, result),
      done(result) {
        if (result.kind === "page") {
          showPage(result.page);
          begin();
        }
      },
    });
}

/**
 * The page's token is too old after somebody signed in again: a new copy of the page has a good one.
 *
 * @param {HTMLFormElement} form
 * @param {PostResult} result
 */
async function renewToken(form, result) {
  if (result.kind !== "refused" || result.status !== REFUSED) return false;
  try {
    const reply = await fetch(form.action, { redirect: "manual", cache: "no-store" });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    /** @type {HTMLInputElement | null} */
    const token = page.querySelector('form[data-send] [name="csrfmiddlewaretoken"]');
    const mine = /** @type {HTMLInputElement} */ (form.elements.namedItem("csrfmiddlewaretoken"));
    if (token) mine.value = token.value;
    return Boolean(token);
  } catch {
    return false;
  }
}

window.addEventListener("online", () => presses?.wake());
window.addEventListener("pageshow", (event) => {
  if (event.persisted) presses?.wake();
});
window.addEventListener("popstate", () => presses?.stayed());
window.addEventListener("beforeunload", (event) => {
  if (presses?.pending) event.preventDefault();
});

begin();
