// Sending a form that was looked over: by fetch, so that the page stays without a network and goes on by itself when it
// is back. A form is received once however often it arrives.

import { showPage } from "./filling/pages.js";
import { Presses } from "./filling/presses.js";

const REFUSED = 403;
let presses = null;

function begin() {
  const form = document.querySelector("form[data-send]");
  presses =
    form &&
    new Presses({
      form,
      waiting: document.querySelector("[data-waiting]"),
      body: () => new URLSearchParams([...new FormData(form)]),
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

/** The page's token is too old after somebody signed in again: a new copy of the page has a good one. */
async function renewToken(form, result) {
  if (result.kind !== "refused" || result.status !== REFUSED) return false;
  try {
    const reply = await fetch(form.action, { redirect: "manual", cache: "no-store" });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    const token = page.querySelector('form[data-send] [name="csrfmiddlewaretoken"]');
    if (token) form.elements.namedItem("csrfmiddlewaretoken").value = token.value;
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
