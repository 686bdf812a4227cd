// A chosen file is put in at once and named on the page; the field is empty again, so that nothing is sent twice.

/** Watches the form's file fields. `refresh` brings the page up to date. */
export function putFilesIn(form, saver, refresh) {
  form.addEventListener("change", async (event) => {
    const field = event.target;
    if (field.type !== "file" || !field.files.length) return;
    const answer = await saver.attach(field);
    if (answer === null) return; // no network: the file stays in its field and goes with the page
    const kept = answer.kept[field.name];
    told(field, answer.errors[field.name] ?? "");
    field.value = "";
    if (kept) name(field, kept);
    refresh();
  });
}

function name(field, kept) {
  const entry = field.closest("[data-item]");
  const block = pattern("attached-file");
  Object.assign(block.querySelector("[data-name]"), { textContent: kept.name, href: kept.address });
  block.querySelector("[data-size]").textContent = `(${size(kept.size)})`;
  const [held, remove] = block.querySelectorAll("input");
  Object.assign(held, { name: `${field.name}.kept`, value: kept.id });
  Object.assign(remove, { name: `${field.name}.remove`, id: `${field.id}-remove` });
  block.querySelector("label").htmlFor = remove.id;
  entry.querySelector(".q-attached")?.remove();
  field.before(block);
}

function told(field, words) {
  const entry = field.closest("[data-item]");
  entry.querySelector(".q-error")?.remove();
  entry.querySelector(".q").classList.toggle("q-invalid", words !== "");
  if (!words) {
    field.removeAttribute("aria-invalid");
    return;
  }
  const error = pattern("file-error");
  error.id = `${field.id}-error`;
  error.querySelector("[data-words]").textContent = words;
  field.before(error);
  field.setAttribute("aria-invalid", "true");
  const described = new Set((field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean)).add(error.id);
  field.setAttribute("aria-describedby", [...described].join(" "));
}

function pattern(id) {
  return document.getElementById(id).content.cloneNode(true).firstElementChild;
}

function size(bytes) {
  const [amount, unit] = bytes < 1024 * 1024 ? [bytes / 1024, "kilobyte"] : [bytes / 1024 / 1024, "megabyte"];
  const style = { style: "unit", unit, maximumFractionDigits: 1 };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(amount);
}
