// Files of a form on the phone: stored at once, named on the page, opened from the phone. Pictures are drawn anew, so that
// nothing but the picture stays, without the place, the time and the phone's name that a camera writes into it; their
// longer side is bounded.

import { pattern, word } from "../dom.js";

const LONGEST_SIDE = 2000; // pixels
const QUALITY = 0.82;
const MAX_BYTES = 10 * 1024 * 1024;
/** @type {Record<string, string[]>} */
const TYPES = { image: ["image/jpeg", "image/png", "image/webp"], pdf: ["application/pdf"] };

/** @param {number} bytes */
function size(bytes) {
  const kilobytes = bytes / 1024;
  return kilobytes < 1024 ? `(${Math.ceil(kilobytes)} kB)` : `(${(kilobytes / 1024).toFixed(1)} MB)`;
}

/** @param {unknown} error */
const codeOf = (error) => /** @type {{ code?: string }} */ (error).code;

/**
 * `save`: what is on the page, which another tab may have finished or removed: then it is a draft of its own again.
 *
 * @param {HTMLFormElement} form
 * @param {{ device: PhoneDevice, id: () => string, accept: (name: string) => string[],
 *   changed: () => void, save: () => Promise<void> }} options
 */
export function takeFiles(form, { device, id, accept, changed, save }) {
  form.addEventListener("change", async (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    const [file] = field.files ?? [];
    if (field.type !== "file" || !file) return;
    tell(field, word("filePreparing"));
    const ready = await prepared(file, accept(field.name));
    field.value = "";
    if ("problem" in ready) return tell(field, word(ready.problem));
    const put = () => device.files.put(id(), ready.name, ready.blob);
    try {
      const stored = await put().catch(async (error) => {
        if (codeOf(error) !== "gone") throw error;
        await save();
        return put();
      });
      tell(field, "");
      name(field, stored, { name: ready.name, size: ready.blob.size });
      changed();
    } catch (error) {
      const code = codeOf(error) ?? "";
      tell(field, word({ "too-large": "tooLarge", full: "full" }[code] ?? "notSaved"));
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

/**
 * The file to store, or the code of why it can't be.
 *
 * @param {File} file
 * @param {string[]} accept which of "image" and "pdf"
 * @returns {Promise<{ blob: Blob, name: string } | { problem: "badType" | "tooLarge" | "notRead" }>}
 */
async function prepared(file, accept) {
  const isPicture = file.type.startsWith("image/") && accept.includes("image");
  if (isPicture) {
    const blob = await drawnAnew(file).catch(() => null);
    if (!blob) return { problem: "notRead" };
    return blob.size > MAX_BYTES ? { problem: "tooLarge" } : { blob, name: `${file.name.replace(/\.[^.]*$/, "")}.jpg` };
  }
  if (!accept.some((kind) => TYPES[kind]?.includes(file.type))) return { problem: "badType" };
  return file.size > MAX_BYTES ? { problem: "tooLarge" } : { blob: file, name: file.name };
}

/** @param {File} file */
async function drawnAnew(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const pen = canvas.getContext("2d");
  if (!pen) return null;
  pen.fillStyle = "#fff"; // what is see-through in a PNG is white in a JPEG, and not black
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  /** @type {Promise<Blob | null>} */
  const made = new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  return made;
}
