// A message goes by fetch, so that the page stays without a network and sends it by itself when it is back. The same
// message arrives once, however often it is sent: its form has a key.

import { asText } from "./filling/post.js";
import { Presses } from "./filling/presses.js";

/** @type {Presses | null} */
let presses = null;

function begin() {
  /** @type {HTMLFormElement | null} */
  const form = document.querySelector("form[data-talk]");
  presses =
    form &&
    new Presses({
      form,
      waiting: /** @type {HTMLElement} */ (form.querySelector("[data-waiting]")),
      body: (press) => asText(withButton(form, press)),
      before: async () => {},
      count: () => 0,
      mend: async () => false,
      done(result) {
        if (result.kind === "page") show(result.page);
      },
    });
}

/**
 * The form's fields and the button that was pressed, as a browser would send them.
 *
 * @param {HTMLFormElement} form
 * @param {Press} press
 */
function withButton(form, press) {
  const data = new FormData(form);
  if (press.name) data.set(press.name, press.value);
  return data;
}

/**
 * A page that came as an answer takes the place of this one, under its title.
 *
 * @param {Document} page
 */
function show(page) {
  document.title = page.title;
  const main = document.importNode(/** @type {HTMLElement} */ (page.querySelector("main")), true);
  document.querySelector("main")?.replaceWith(main);
  window.scrollTo(0, 0);
  main.querySelector("[data-focus]")?.focus();
  begin();
}

window.addEventListener("online", () => presses?.wake());
window.addEventListener("popstate", () => presses?.stayed());
window.addEventListener("beforeunload", (event) => {
  if (presses?.pending) event.preventDefault();
});

begin();
