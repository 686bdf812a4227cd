/**
 * A table over the text of a list of choices: a row for each choice, a column for the value, each language and each
 * attribute. The text stays what is sent; whoever pastes a whole table does it there, or into any cell. The columns of an
 * empty table are named in `data-choice-table`.
 */

const source = /** @type {HTMLTextAreaElement} */ (document.querySelector("[data-choice-table]"));
const holder = /** @type {HTMLElement} */ (document.querySelector("[data-choice-grid]"));
const words = /** @type {Record<string, string>} */ (holder.dataset);
/** @type {Record<string, string>} */
const iconOf = { up: "↑", down: "↓", remove: "×" };

/** @type {string[]} */
let headings = [];
/** @type {string[][]} */
let rows = [];

/**
 * @template {keyof HTMLElementTagNameMap} N
 * @param {N} name
 * @param {object} [properties]
 * @param {...(Node | string)} children
 */
const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
/**
 * @param {string} text
 * @param {() => void} onclick
 * @param {string} [className]
 */
const button = (text, onclick, className = "button button-small button-secondary") =>
  element("button", { type: "button", className, onclick }, text);
/** @param {string} text */
const parsed = (text) =>
  text
    .split(/\r\n|\r|\n/)
    .filter((line) => line.trim())
    .map((line) => line.split("\t").map((cell) => cell.trim()));

function read() {
  [headings = (source.dataset.choiceTable ?? "").split(" "), ...rows] = parsed(source.value);
  rows = rows.map((row) => headings.map((_heading, at) => row[at] ?? ""));
}

function write() {
  source.value = `${[headings, ...rows].map((row) => row.join("\t")).join("\n")}\n`;
}

/** @param {string} heading */
function named(heading) {
  const language = heading.match(/^label:{1,2}(.+)$/)?.[1];
  if (heading === "value") return [words.wordsValue, ""];
  return language ? [words.wordsLabel, language] : [words.wordsAttribute, heading];
}

/**
 * @param {string[]} row
 * @param {number} at
 * @param {number} number
 */
function cell(row, at, number) {
  const [what, which] = named(headings[at]);
  const input = element("input", { type: "text", value: row[at], ariaLabel: `${what} ${which} ${number + 1}` });
  input.autocomplete = "off";
  if (at === 0) input.className = "builder-grid__value";
  input.addEventListener("input", () => {
    row[at] = input.value.replace(/[\t\r\n]/g, " ");
    write();
  });
  input.addEventListener("paste", (paste) => spread(paste, number, at));
  return element("td", {}, input);
}

/**
 * A table pasted into a cell fills the cells from there on, with new rows where they are needed.
 *
 * @param {ClipboardEvent} paste
 * @param {number} number
 * @param {number} at
 */
function spread(paste, number, at) {
  const pasted = parsed(paste.clipboardData?.getData("text/plain") ?? "");
  if (pasted.length < 2 && (pasted[0]?.length ?? 0) < 2) return;
  paste.preventDefault();
  pasted.forEach((line, down) => {
    rows[number + down] ??= headings.map(() => "");
    line.forEach((text, across) => {
      if (at + across < headings.length) rows[number + down][at + across] = text;
    });
  });
  draw();
}

/**
 * Puts the focus into a row of the table.
 *
 * @param {number} number
 * @param {string} selector
 */
function focusIn(number, selector) {
  /** @type {HTMLElement | null | undefined} */
  const found = grid.tBodies[0].rows[number]?.querySelector(selector);
  found?.focus();
}

/**
 * @param {number} number
 * @param {number} by
 */
function move(number, by) {
  const [row] = rows.splice(number, 1);
  rows.splice(number + by, 0, row);
  draw();
  focusIn(number + by, by < 0 ? "[data-up]" : "[data-down]");
}

/** @param {number} number */
function tools(number) {
  const tool = (/** @type {string} */ name, /** @type {() => void} */ run, disabled = false) => {
    const made = button(iconOf[name], run, "builder-grid__tool");
    const spoken = `${words[`words${name[0].toUpperCase()}${name.slice(1)}`]} ${number + 1}`;
    Object.assign(made, { ariaLabel: spoken, title: spoken, disabled });
    made.dataset[name] = "";
    return made;
  };
  const remove = () => {
    rows.splice(number, 1);
    draw();
    focusIn(Math.min(number, rows.length - 1), "input");
  };
  return element(
    "td",
    { className: "builder-grid__tools" },
    tool("up", () => move(number, -1), number === 0),
    tool("down", () => move(number, 1), number === rows.length - 1),
    tool("remove", remove),
  );
}

/** @param {string} heading */
function column(heading) {
  if (!heading || headings.includes(heading)) return;
  const at = heading.startsWith("label:")
    ? headings.findLastIndex((known) => known.startsWith("label:")) + 1
    : headings.length;
  headings.splice(at, 0, heading);
  for (const row of rows) row.splice(at, 0, "");
  draw();
}

const grid = element("table", { className: "builder-grid" });
const scroller = element("div", { className: "vatra-scroll", tabIndex: 0 }, grid);

function draw() {
  write();
  const heads = headings.map((heading) => {
    const [what, which] = named(heading);
    return element("th", { scope: "col" }, which ? `${what} ` : what, which && element("code", {}, which));
  });
  const body = rows.map((row, number) =>
    element("tr", {}, ...headings.map((_heading, at) => cell(row, at, number)), tools(number)),
  );
  grid.replaceChildren(element("thead", {}, element("tr", {}, ...heads, element("td"))), element("tbody", {}, ...body));
}

function addRow() {
  rows.push(headings.map(() => ""));
  draw();
}

function add() {
  addRow();
  focusIn(rows.length - 1, "input");
}

/** @param {boolean} asTable */
function show(asTable) {
  if (asTable) {
    read();
    draw();
  }
  source.hidden = asTable;
  table.hidden = !asTable;
  toggle.textContent = asTable ? words.wordsAsText : words.wordsAsTable;
  toggle.setAttribute("aria-pressed", String(!asTable));
}

const actions = element(
  "p",
  { className: "builder-actions" },
  button(words.wordsAddRow, add, "button button-small"),
  button(words.wordsAddLanguage, () =>
    column(`label:${prompt(words.wordsAskLanguage)?.trim() ?? ""}`.replace(/^label:$/, "")),
  ),
  button(words.wordsAddAttribute, () => column(prompt(words.wordsAskAttribute)?.trim().toLowerCase() ?? "")),
);
const table = element("div", {}, scroller, actions);
const toggle = button("", () => show(table.hidden === true));
holder.append(table, element("p", { className: "builder-actions" }, toggle));
holder.hidden = false;
source.after(holder);
// Text that could not be read stays in sight, where its errors name the lines.
show(source.getAttribute("aria-invalid") !== "true");
// Without the focus: on a page with other fields above it, the page would jump down to the table.
if (!rows.length && !table.hidden) addRow();
