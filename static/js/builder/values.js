/** A control for a value that fits what it is compared with: choices by their labels, numbers, dates, yes and no. */

import { h, input, select } from "./dom.js";
import { textIn } from "./scope.js";

const MAX_AS_THEY_STAND = 12;
const INPUTS = { date: "date", datetime: "datetime-local", time: "time" };

/** The choices of an entry as [value, words] in the editing language. */
export function choiceOptions(editor, choices) {
  return choices.map((choice) => [choice.value, textIn(choice.label, editor.language, choice.value)]);
}

const known = (options, value) => (value === undefined || value === "" || options.some(([given]) => given === value) ? options : [...options, [value, value]]);

/** One value of the entry's kind. `onChange(value)` gets undefined when it was emptied. `words` name it to readers. */
export function valueControl(editor, entry, value, { words, onChange, ...rest }) {
  const shared = { "aria-label": words, disabled: editor.readOnly, ...rest };
  if (entry.kind === "boolean") {
    const options = [["", "—"], ["true", editor.t("yes")], ["false", editor.t("no")]];
    return select(options, value === undefined ? "" : String(value), { ...shared, onChange: (given) => onChange(given === "" ? undefined : given === "true") });
  }
  if (entry.choices) {
    const options = known(choiceOptions(editor, entry.choices), value);
    return select([["", "—"], ...options], value ?? "", { ...shared, onChange: (given) => onChange(given === "" ? undefined : given) });
  }
  if (entry.kind === "number") {
    const control = input(value ?? "", { type: "number", step: "any", ...shared, onInput: (given) => onChange(given === "" || Number.isNaN(Number(given)) ? undefined : Number(given)) });
    control.classList.add("vo-number");
    return control;
  }
  if (INPUTS[entry.kind]) return input(value ?? "", { type: INPUTS[entry.kind], ...shared, onInput: (given) => onChange(given || undefined) });
  return input(value ?? "", { ...shared, onInput: (given) => onChange(given || undefined) });
}

/** Several of an entry's choices, as boxes to tick; without choices, one value a line. */
export function valuesControl(editor, entry, values, { words, onChange }) {
  const chosen = new Set(values ?? []);
  if (!entry.choices) {
    const control = input([...chosen].join("\n"), {
      multiline: true,
      "aria-label": words,
      placeholder: editor.t("one_a_line"),
      disabled: editor.readOnly,
      onInput: (text) => onChange(listed(text, entry.kind)),
    });
    return control;
  }
  const options = [...chosen].reduce((all, value) => known(all, value), choiceOptions(editor, entry.choices));
  const isLong = options.length > MAX_AS_THEY_STAND; // then what is chosen stands first, where it can be seen
  const shown = isLong ? [...options].sort(([left], [right]) => chosen.has(right) - chosen.has(left)) : options;
  const boxes = shown.map(([value, label]) => {
    const box = h("input", { type: "checkbox", checked: chosen.has(value), disabled: editor.readOnly });
    box.addEventListener("change", () => {
      if (box.checked) chosen.add(value);
      else chosen.delete(value);
      const ordered = options.map(([given]) => given).filter((given) => chosen.has(given));
      onChange(ordered.length ? ordered : undefined);
    });
    return h("label.vo-check", {}, box, h("span", {}, label));
  });
  return h("div.vo-boxes", { role: "group", "aria-label": words, tabindex: boxes.length > 8 ? "0" : undefined }, boxes);
}

function listed(text, kind) {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  const values = kind === "number" ? lines.map(Number).filter((value) => !Number.isNaN(value)) : lines;
  return values.length ? values : undefined;
}
