// A chosen file is put in at once and named on the page; the field is empty again, so that nothing is sent twice.

/**
 * Watches the form's file fields. `refresh` brings the page up to date.
 *
 * @param {HTMLFormElement} form
 * @param {Saver} saver
 * @param {() => void} refresh
 */
export function putFilesIn(form, saver, refresh) {
  form.addEventListener("change", async (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    if (field.type !== "file" || !field.files?.length) return;
    const answer = await saver.attach(field);
    if (answer === null) return; // no network: the file stays in its field and goes with the page
    const kept = answer.kept[field.name];
    told(field, answer.errors[field.name] ?? "");
    field.value = "";
    if (kept) name(field, kept);
    refresh();
  });
}

/**
 * @param {HTMLInputElement} field
 * @param {KeptFile} kept
 */
function name(field, kept) {
  const entry = field.closest("[data-item]");
  const block = pattern("attached-file");
  Object.assign(part(block, "[data-name]"), { textContent: kept.name, href: kept.address });
  part(block, "[data-size]").textContent = `(${size(kept.size)})`;
  const [held, remove] = block.querySelectorAll("input");
  Object.assign(held, { name: `${field.name}.kept`, value: kept.id });
  Object.assign(remove, { name: `${field.name}.remove`, id: `${field.id}-remove` });
  block.querySelector("label")?.setAttribute("for", remove.id);
  entry?.querySelector(".q-attached")?.remove();
  field.before(block);
}

/**
 * @param {HTMLInputElement} field
 * @param {string} words
 */
function told(field, words) {
  const entry = field.closest("[data-item]");
  entry?.querySelector(".q-error")?.remove();
  entry?.querySelector(".q")?.classList.toggle("q-invalid", words !== "");
  if (!words) {
    field.removeAttribute("aria-invalid");
    return;
  }
  const error = pattern("file-error");
  error.id = `${field.id}-error`;
  part(error, "[data-words]").textContent = words;
  field.before(error);
  field.setAttribute("aria-invalid", "true");
  const described = new Set((field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean)).add(error.id);
  field.setAttribute("aria-describedby", [...described].join(" "));
}

/**
 * A copy of what a template of the page holds.
 *
 * @param {string} id
 */
function pattern(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  return /** @type {HTMLElement} */ (copy.firstElementChild);
}

/**
 * A part of such a copy.
 *
 * @param {HTMLElement} block
 * @param {string} selector
 */
const part = (block, selector) => /** @type {HTMLElement} */ (block.querySelector(selector));

/** @param {number} bytes */
function size(bytes) {
  const isSmall = bytes < 1024 * 1024;
  const amount = isSmall ? bytes / 1024 : bytes / 1024 / 1024;
  const unit = isSmall ? "kilobyte" : "megabyte";
  const format = new Intl.NumberFormat(document.documentElement.lang, {
    style: "unit",
    unit,
    maximumFractionDigits: 1,
  });
  return format.format(amount);
}
