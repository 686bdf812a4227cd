// Files of a form on the phone: stored at once, named on the page, opened from the phone.

import { pattern, word } from "../dom.js";
import { prepared } from "../photos.js";

/** @param {number} bytes */
const size = (bytes) =>
  `(${bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`})`;

/**
 * @param {HTMLFormElement} form
 * @param {{ device: PhoneDevice, id: () => string, accept: (name: string) => string[],
 *   changed: () => void }} options
 */
export function takeFiles(form, { device, id, accept, changed }) {
  form.addEventListener("change", async (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    const [file] = field.files ?? [];
    if (field.type !== "file" || !file) return;
    tell(field, word("filePreparing"));
    const ready = await prepared(file, accept(field.name));
    field.value = "";
    if ("problem" in ready) return tell(field, word(ready.problem));
    try {
      const stored = await device.files.put(id(), ready.name, ready.blob);
      tell(field, "");
      name(field, stored, { name: ready.name, size: ready.blob.size });
      changed();
    } catch (error) {
      tell(field, word(/** @type {{ code?: string }} */ (error).code === "too-large" ? "tooLarge" : "full"));
    }
  });
}

/**
 * Names a stored file beside its field; what is known of it comes from the phone.
 *
 * @param {PhoneDevice} device
 * @param {HTMLInputElement} field
 * @param {string} id
 * @param {string} elsewhere words for one that isn't on this phone
 */
export function attach(device, field, id, elsewhere) {
  name(field, id, { name: word("aFile"), size: 0 });
  device.files.get(id).then(
    (file) => name(field, id, { name: file.name, size: file.size, file }),
    () => name(field, id, { name: elsewhere, size: 0 }),
  );
}

/**
 * @param {HTMLInputElement} field
 * @param {string} id
 * @param {{ name: string, size: number, file?: File }} known
 */
function name(field, id, known) {
  const block = pattern("attached-file");
  const link = /** @type {HTMLAnchorElement} */ (block.querySelector("[data-name]"));
  link.textContent = known.name;
  link.removeAttribute("href");
  const about = block.querySelector("[data-size]");
  if (about) about.textContent = known.size ? size(known.size) : "";
  const [held, remove] = block.querySelectorAll("input");
  Object.assign(held, { name: `${field.name}.kept`, value: id });
  Object.assign(remove, { name: `${field.name}.remove`, id: `${field.id}-remove` });
  block.querySelector("label")?.setAttribute("for", remove.id);
  field.closest("[data-item]")?.querySelector(".q-attached")?.remove();
  field.before(block);
}

/**
 * @param {HTMLInputElement} field
 * @param {string} words
 */
function tell(field, words) {
  const entry = field.closest("[data-item]");
  entry?.querySelector(".q-error")?.remove();
  if (!words) return;
  const error = pattern("error");
  error.id = `${field.id}-error`;
  error.setAttribute("role", "status");
  const place = error.querySelector("[data-words]");
  if (place) place.textContent = words;
  field.before(error);
}
