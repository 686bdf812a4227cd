/** Proposes the key of a new form from its title, as long as nobody has written one. */

import { proposed } from "./keys.js";

const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-add-form]"));
const title = /** @type {HTMLInputElement} */ (form.elements.namedItem("title"));
const key = /** @type {HTMLInputElement} */ (form.elements.namedItem("key"));
/** @type {Set<string>} */
const taken = new Set(JSON.parse(document.getElementById("taken-keys")?.textContent ?? "[]"));
let own = key.value !== "";

const propose = () => {
  if (!own) key.value = title.value.trim() ? proposed(title.value, taken, "form") : "";
};

title.addEventListener("input", propose);
key.addEventListener("input", () => {
  own = key.value !== "";
});
propose();
