// Cascades: of all choices only those that the filter lets through are offered. What was chosen before comes back with
// its choice, so that a slip in the question above costs nothing.

/** @type {Map<string, string[]>} */
const remembered = new Map();

/**
 * What was chosen in a question whose choices aren't drawn yet.
 *
 * @param {string} name
 * @param {string[]} values
 */
export const remember = (name, values) => void remembered.set(name, values);

/** Nothing of one form is offered in another. */
export const forgetChoices = () => remembered.clear();

/**
 * `lets(choice)` says of {value, ...attributes} whether it is offered.
 *
 * @param {HTMLElement} element
 * @param {Rule} rule
 * @param {string} name
 * @param {(choice: Record<string, string>) => boolean} lets
 */
export function offer(element, rule, name, lets) {
  const offered = rule.choices.filter((choice) => lets({ ...choice.with, value: choice.value }));
  const select = element.querySelector("select");
  const none = element.querySelector("[data-none]");
  if (none) none.hidden = offered.length > 0;
  /** @type {HTMLInputElement | null} */
  const shown = element.querySelector(':scope > input[name="shown"]');
  if (shown) shown.disabled = offered.length === 0;
  if (rule.type === "ranking") {
    // its places change with its choices: the server draws it anew, and on a phone without one who listens
    element.dispatchEvent(new CustomEvent("vatra:offered", { detail: offered }));
    return;
  }
  if (select) fillSelect(select, offered, name);
  else fillBoxes(element, offered, name, rule);
}

/**
 * @param {{ value: string }[]} shown
 * @param {LiveChoice[]} offered
 */
const areThere = (shown, offered) =>
  shown.length === offered.length && offered.every(({ value }) => shown.some((one) => one.value === value));

/**
 * @param {HTMLSelectElement} select
 * @param {LiveChoice[]} offered
 * @param {string} name
 */
function fillSelect(select, offered, name) {
  const [nothing, ...options] = select.options;
  if (areThere(options, offered)) return;
  if (select.value) remembered.set(name, [select.value]);
  const chosen = remembered.get(name)?.[0];
  select.replaceChildren(
    nothing,
    ...offered.map((choice) => new Option(choice.label, choice.value, false, choice.value === chosen)),
  );
}

/**
 * @param {HTMLElement} element
 * @param {LiveChoice[]} offered
 * @param {string} name
 * @param {Rule} rule
 */
function fillBoxes(element, offered, name, rule) {
  const inputs = [...element.querySelectorAll("input")].filter((input) => input.name === name && input.value !== "");
  if (areThere(inputs, offered)) return;
  const chosen = inputs.filter((input) => input.checked).map((input) => input.value);
  const notDrawn = (remembered.get(name) ?? []).filter((value) => !inputs.some((input) => input.value === value));
  remembered.set(name, [...chosen, ...notDrawn]);
  const wanted = new Set(remembered.get(name));
  const group = /** @type {HTMLFieldSetElement} */ (element.querySelector("fieldset"));
  const kind = group.getAttribute("role") === "radiogroup" ? "radio" : "checkbox";
  /** @type {HTMLDetailsElement | null} */
  const more = group.querySelector(".q-more");
  const none = group.querySelector("[data-none]");
  for (const input of inputs) input.closest(".q-choice")?.remove();
  const boxes = offered.map((choice, index) =>
    box(kind, `${group.id}-c${index}`, name, choice, wanted.has(choice.value)),
  );
  for (const input of boxes.flatMap((each) => [...each.querySelectorAll("input")])) {
    if (rule.exclusive?.includes(input.value)) input.dataset.exclusive = "";
  }
  if (more) more.append(...boxes);
  else for (const each of boxes) group.insertBefore(each, none);
  if (more && wanted.size) more.open = true;
}

/**
 * @param {string} type
 * @param {string} id
 * @param {string} name
 * @param {LiveChoice} choice
 * @param {boolean} checked
 */
function box(type, id, name, choice, checked) {
  const holder = document.createElement("div");
  holder.className = "q-choice";
  const input = document.createElement("input");
  Object.assign(input, { type, id, name, value: choice.value, checked, autocomplete: "off" });
  const label = document.createElement("label");
  label.htmlFor = id;
  label.textContent = choice.label;
  holder.append(input, label);
  return holder;
}
