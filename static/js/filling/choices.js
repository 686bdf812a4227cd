// Cascades: of all choices only those that the filter lets through are offered. What was chosen before comes back with
// its choice, so that a slip in the question above costs nothing.

const remembered = new Map();

/** `lets(choice)` says of {value, ...attributes} whether it is offered. */
export function offer(element, rule, name, lets) {
  const offered = rule.choices.filter((choice) => lets({ ...choice.with, value: choice.value }));
  const select = element.querySelector("select");
  const none = element.querySelector("[data-none]");
  if (none) none.hidden = offered.length > 0;
  const shown = element.querySelector(':scope > input[name="shown"]');
  if (shown) shown.disabled = offered.length === 0;
  if (rule.type === "ranking") return; // its places change with its choices: the server draws it anew
  if (select) fillSelect(select, offered, name);
  else fillBoxes(element, offered, name, rule);
}

const areThere = (values, offered) =>
  values.length === offered.length && offered.every((choice) => values.includes(choice.value));

function fillSelect(select, offered, name) {
  const [nothing, ...options] = select.options;
  if (
    areThere(
      options.map((option) => option.value),
      offered,
    )
  )
    return;
  if (select.value) remembered.set(name, [select.value]);
  const chosen = remembered.get(name)?.[0];
  select.replaceChildren(
    nothing,
    ...offered.map((choice) => new Option(choice.label, choice.value, false, choice.value === chosen)),
  );
}

function fillBoxes(element, offered, name, rule) {
  const inputs = [...element.querySelectorAll("input")].filter((input) => input.name === name && input.value !== "");
  if (
    areThere(
      inputs.map((input) => input.value),
      offered,
    )
  )
    return;
  const chosen = inputs.filter((input) => input.checked).map((input) => input.value);
  if (chosen.length) remembered.set(name, chosen);
  const wanted = new Set(remembered.get(name) ?? []);
  const group = element.querySelector("fieldset");
  const kind = group.getAttribute("role") === "radiogroup" ? "radio" : "checkbox";
  const more = group.querySelector(".q-more");
  const none = group.querySelector("[data-none]");
  for (const input of inputs) input.closest(".q-choice").remove();
  const boxes = offered.map((choice, index) =>
    box(kind, `${group.id}-c${index}`, name, choice, wanted.has(choice.value)),
  );
  for (const input of boxes.map((each) => each.querySelector("input"))) {
    if (rule.exclusive?.includes(input.value)) input.dataset.exclusive = "";
  }
  if (more) more.append(...boxes);
  else for (const each of boxes) group.insertBefore(each, none);
  if (more && wanted.size) more.open = true;
}

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
