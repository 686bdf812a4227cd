/** Making elements. No markup from text anywhere: what people typed only ever becomes text nodes and values. */

const SVG = "http://www.w3.org/2000/svg";
let counter = 0;

export function newId(stem = "vo") {
  counter += 1;
  return `${stem}-${counter}`;
}

/**
 * h("button.vo-add", {type: "button", on: {click}}, "text", node)
 *
 * @template {string} N
 * @param {N} name the element and its classes
 * @param {Props} [props]
 * @param {...Child} children
 */
export function h(name, props = {}, ...children) {
  const { on = {}, data = {}, ...attributes } = props;
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  if (element instanceof HTMLButtonElement) element.type = "button";
  for (const [event, listener] of Object.entries(on)) {
    element.addEventListener(event, /** @type {EventListener} */ (listener));
  }
  Object.assign(element.dataset, data);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "value" || key === "checked" || key === "open") Object.assign(element, { [key]: value });
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  const shown = flattened(children);
  element.append(...shown);
  return /** @type {ElementOf<N>} */ (element);
}

/**
 * The nodes and texts of children, without what isn't there.
 *
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
export function flattened(children) {
  return children.flatMap((child) => {
    if (Array.isArray(child)) return flattened(child);
    if (child === null || child === undefined || child === false) return [];
    return [typeof child === "number" ? String(child) : child];
  });
}

// Marks that Wagtail's sprite lacks, drawn in the same weight.
/** @type {Record<string, string>} */
const OWN = {
  branch:
    "M4 1a2 2 0 0 0-1 3.7v6.6a2 2 0 1 0 2 0V10h4.5A2.5 2.5 0 0 0 12 7.5V4.7a2 2 0 1 0-2 0v2.8a.5.5 0 0 1-.5.5H5V4.7" +
    "A2 2 0 0 0 4 1Z",
  text: "M3 2h10v3.2h-1.5V3.5H8.75v9h1.75V14h-5v-1.5h1.75v-9H4.5v1.7H3V2Z",
  number:
    "M6.6 1 6 4.5H3V6h2.8l-.6 4H2v1.5h2.9L4.3 15h1.6l.6-3.5h3L8.9 15h1.6l.6-3.5H14V10h-2.6l.6-4h3" +
    "V4.5h-2.8L12.8 1h-1.6l-.6 3.5h-3L8.2 1H6.6Zm.8 5h3l-.6 4h-3l.6-4Z",
  one: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Zm0 1.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9ZM8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4Z",
  undo: "M6.5 2.5 2 7l4.5 4.5V8.7h3a2.8 2.8 0 0 1 0 5.6H7V16h2.5a4.5 4.5 0 0 0 0-9h-3V2.5Z",
  redo: "M9.5 2.5 14 7l-4.5 4.5V8.7h-3a2.8 2.8 0 0 0 0 5.6H9V16H6.5a4.5 4.5 0 0 1 0-9h3V2.5Z",
  place: "M8 1a5 5 0 0 0-5 5c0 3.6 5 9 5 9s5-5.4 5-9a5 5 0 0 0-5-5Zm0 3a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z",
};

/**
 * A decorative icon: one of ours, or one of Wagtail's sprite.
 *
 * @param {string} name
 * @param {...string} classes
 */
export function icon(name, ...classes) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", ["icon", `icon-${name}`, ...classes].join(" "));
  svg.setAttribute("aria-hidden", "true");
  if (OWN[name]) {
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.appendChild(document.createElementNS(SVG, "path")).setAttribute("d", OWN[name]);
  } else {
    svg.appendChild(document.createElementNS(SVG, "use")).setAttribute("href", `#icon-${name}`);
  }
  return svg;
}

/** @param {string} text */
export const unseen = (text) => h("span.w-sr-only", {}, text);

/**
 * A button in Wagtail's dress. `kind`: "", "secondary", "no" (critical), "icon" (the words are for readers only).
 *
 * @param {string} words
 * @param {{
 *   kind?: string,
 *   iconName?: string,
 *   onClick?: () => void,
 *   disabled?: boolean,
 *   title?: string,
 * } & Attributes} [options]
 */
export function button(words, { kind = "secondary", iconName = "", onClick, disabled = false, title, ...rest } = {}) {
  if (kind === "icon") {
    return h(
      "button.vo-icon-button",
      { on: { click: onClick }, disabled, "aria-label": words, title: title ?? words, ...rest },
      icon(iconName),
    );
  }
  const dress =
    kind === "no"
      ? "button.button.no.button-secondary.button-small"
      : `button.button.button-small${kind ? `.button-${kind}` : ""}`;
  return h(
    `${dress}${iconName ? ".button--icon" : ""}`,
    { on: { click: onClick }, disabled, title, ...rest },
    iconName && icon(iconName),
    words,
  );
}

/**
 * Entries of the catalogue as options.
 *
 * @param {Named[]} entries
 * @returns {SelectOption[]}
 */
export const optionsOf = (entries) => entries.map(({ value, label }) => [value, label]);

/**
 * A select. `options`: [value, words] or {group, options}.
 *
 * @param {SelectOptions} options
 * @param {Prop} value
 * @param {{ onChange?: (value: string) => void, on?: Listeners } & Attributes} [settings]
 */
export function select(options, value, { onChange, on = {}, ...rest } = {}) {
  const entry = (/** @type {SelectOption} */ [given, words]) => h("option", { value: given }, words);
  /** @type {HTMLSelectElement} */
  const element = h(
    "select",
    { on: { ...on, change: () => onChange?.(element.value) }, ...rest },
    options.map((option) =>
      Array.isArray(option) ? entry(option) : h("optgroup", { label: option.group }, option.options.map(entry)),
    ),
  );
  element.value = String(value ?? "");
  return element;
}

/** @param {string} control */
const isKept = (control) => control === "\t" || control === "\n" || (control >= "\x7f" && control <= "\x9f");

/**
 * The text as it can be stored: no control characters but tab and new line, no half of a character. Text that was
 * copied out of a PDF or a word processor has some, which nobody sees; a blank takes the place of a line break of theirs.
 *
 * @param {string} text
 */
export const storable = (text) =>
  text.replace(/[\v\f\r]/g, " ").replace(/[\p{Cc}\p{Cs}]/gu, (found) => (isKept(found) ? found : ""));

/**
 * Takes out of a control what can't be stored. The caret stays where it was.
 *
 * @param {Control} control
 */
function clean(control) {
  const text = storable(control.value);
  if (text === control.value) return;
  const caret = storable(control.value.slice(0, control.selectionStart ?? undefined)).length;
  control.value = text;
  control.setSelectionRange(caret, caret);
}

/**
 * An input that tells of every change.
 *
 * @param {Prop} value
 * @param {{
 *   onInput?: (value: string, element: Control) => void,
 *   multiline?: boolean,
 *   on?: Listeners,
 * } & Attributes} [options]
 */
export function input(value, { onInput, multiline = false, on = {}, ...rest } = {}) {
  const changed = () => {
    clean(element);
    onInput?.(element.value, element);
  };
  const listeners = { ...on, input: changed };
  /** @type {Control} */
  const element = multiline
    ? h("textarea", { rows: 2, on: listeners, value: value ?? "", ...rest })
    : h("input", { type: "text", autocomplete: "off", on: listeners, value: value ?? "", ...rest });
  return element;
}

/**
 * @param {string} words
 * @param {boolean} checked
 * @param {{ onChange: (checked: boolean) => void } & Attributes} settings
 */
export function checkbox(words, checked, { onChange, ...rest }) {
  /** @type {HTMLInputElement} */
  const box = h("input", { type: "checkbox", checked, on: { change: () => onChange(box.checked) }, ...rest });
  return h("label.vo-check", {}, box, h("span", {}, words));
}

/**
 * A labelled control. `at` is the JSON pointer inside the item, under which problems are shown beside it.
 * The control gets its id, and is described by the hint and the problems.
 *
 * @param {string} words
 * @param {HTMLElement} control
 * @param {{ at?: string, hint?: string, quiet?: boolean, lang?: string }} [options]
 */
export function field(words, control, { at, hint, quiet = false, lang } = {}) {
  const id = control.id || newId("vo-field");
  control.id = id;
  if (lang) control.lang = lang;
  const notes = [];
  if (hint) notes.push(h("p.vo-field__hint", { id: `${id}-hint` }, hint));
  notes.push(h("div.vo-field__problems", { id: `${id}-problems` }));
  control.setAttribute("aria-describedby", notes.map((note) => note.id).join(" "));
  return h(
    "div.vo-field",
    { data: at === undefined ? {} : { at } },
    h(quiet ? "label.w-sr-only" : "label.vo-field__label", { for: id }, words),
    control,
    notes,
  );
}

/**
 * Several controls under one heading.
 *
 * @param {string} words
 * @param {{ at?: string, hint?: string, quiet?: boolean }} [options]
 * @param {...Child} children
 */
export function fieldset(words, { at, hint, quiet = false } = {}, ...children) {
  return h(
    "fieldset.vo-fieldset",
    { data: at === undefined ? {} : { at } },
    h(quiet ? "legend.w-sr-only" : "legend.vo-field__label", {}, words),
    hint && h("p.vo-field__hint", {}, hint),
    children,
    h("div.vo-field__problems"),
  );
}

/**
 * Runs a change of the page and puts the focus back on the element that had it, when it is still there.
 *
 * @param {() => void} change
 */
export function keepingFocus(change) {
  const active = document.activeElement;
  change();
  const isLost = active !== document.body && document.activeElement !== active;
  if (active instanceof HTMLElement && isLost && active.isConnected) active.focus({ preventScroll: true });
}

/**
 * The name (`data-focus`) of the control inside an element that has the focus, or null.
 *
 * @param {Element} element
 */
export function focusedIn(element) {
  const active = document.activeElement;
  return active instanceof HTMLElement && element.contains(active) ? (active.dataset.focus ?? null) : null;
}

/**
 * Puts the focus on the control of this name, or on the first that `otherwise` finds.
 *
 * @param {Element} element
 * @param {string} name
 * @param {string} [otherwise]
 */
export function focusOn(element, name, otherwise = "") {
  const named = element.querySelector(`[data-focus="${CSS.escape(name)}"]`);
  const found = named ?? (otherwise ? element.querySelector(otherwise) : null);
  /** @type {HTMLElement | null} */ (found)?.focus();
}
