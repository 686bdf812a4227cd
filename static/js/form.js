// A section, live: shows and hides questions and marks what must be answered as one types, and saves after a pause.
// The server decides; this only spares a round trip. Nothing is kept on the phone.

import { evaluate, truthy } from "./logic.js";

const form = document.getElementById("section");
const { rules, scope: given } = JSON.parse(document.getElementById("form-rules").textContent);

const PAUSE = 4000;
const TRY_AGAIN = 15000;
const CLOCK = { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Europe/Tirane" };

// ---- what applies ----

function holds(expression, scope) {
  if (typeof expression === "boolean") return expression;
  try {
    return truthy(evaluate(expression, scope));
  } catch {
    return true; // as on the server: what can't be worked out applies
  }
}

function fields(name) {
  const found = form.elements.namedItem(name);
  if (!found) return [];
  return found instanceof RadioNodeList ? [...found] : [found];
}

function plain(name) {
  const inputs = fields(name);
  const checkable = inputs.filter((input) => input.type === "radio" || input.type === "checkbox");
  if (!checkable.length) return inputs[0]?.value.trim() ?? "";
  return checkable.find((input) => input.checked)?.value ?? "";
}

function indicators(name) {
  const answers = {};
  for (const input of form.querySelectorAll(`input[type="radio"][name^="${CSS.escape(name)}."]:checked`)) {
    if (input.value === "not_asked") continue;
    const basis = plain(`${input.name}.basis`);
    answers[input.name.slice(name.length + 1)] = basis ? { answer: input.value, basis } : { answer: input.value };
  }
  return Object.keys(answers).length ? answers : undefined;
}

// The answer as the server would clean it, or undefined while there is none or it can't be right.
function answer(rule, name) {
  if (rule.type === "select_many") {
    const chosen = fields(name).filter((input) => input.checked).map((input) => input.value);
    return chosen.length ? chosen : undefined;
  }
  if (rule.type === "indicators") return indicators(name);
  const text = plain(name);
  if (text === "") return undefined;
  if (rule.type === "boolean") return text === "true";
  if (rule.type === "integer") return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
  if (rule.type === "decimal") return Number.isFinite(Number(text.replace(",", "."))) ? Number(text.replace(",", ".")) : undefined;
  return text;
}

function show(element, applies) {
  element.hidden = !applies;
  const shown = element.querySelector(':scope > input[name="shown"]');
  if (shown) shown.disabled = !applies;
}

function mark(rule, element, required) {
  for (const star of element.querySelectorAll(".q-required")) star.hidden = !required;
  const target = element.querySelector('[role="radiogroup"], input:not([type="hidden"]), select, textarea');
  if (!target || rule.type === "select_many" || rule.type === "indicators") return; // groups: the star says it
  if (required) target.setAttribute("aria-required", "true");
  else target.removeAttribute("aria-required");
}

function single(rule, name, scope) {
  const element = form.querySelector(`[data-item="${CSS.escape(name)}"]`);
  if (!element) return undefined;
  const applies = holds(rule.relevant, scope);
  show(element, applies);
  if (!applies || rule.type === "note") return undefined;
  mark(rule, element, holds(rule.required, scope));
  return answer(rule, name);
}

function repeat(rule, scope) {
  const element = form.querySelector(`[data-item="${CSS.escape(rule.key)}"]`);
  const applies = holds(rule.relevant, scope);
  show(element, applies);
  if (!applies) return undefined;
  const rows = [];
  for (const row of element.querySelectorAll("[data-row]")) {
    const values = {};
    for (const inner of rules.filter((other) => other.repeat === rule.key)) {
      const value = single(inner, `${rule.key}-${row.dataset.row}-${inner.key}`, { ...scope, ...values });
      if (value !== undefined) values[inner.key] = value;
    }
    if (Object.keys(values).length) rows.push(values);
  }
  return rows.length ? rows : undefined;
}

function refresh() {
  const scope = { ...given };
  const moment = form.elements.namedItem("_occurred_at");
  if (moment?.value) scope._occurred_on = moment.value.slice(0, 10);
  for (const rule of rules.filter((other) => !other.repeat)) {
    const value = rule.type === "repeat" ? repeat(rule, scope) : single(rule, rule.key, scope);
    if (value !== undefined) scope[rule.key] = value;
  }
}

// ---- saving after a pause ----

const state = document.querySelector("[data-save-state]");
let changes = 0;
let kept = 0;
let timer = 0;
let leaving = false;

async function save() {
  clearTimeout(timer);
  if (leaving || changes === kept) return;
  const upto = changes;
  const body = new URLSearchParams(new FormData(form));
  body.set("go", "autosave");
  state.textContent = state.dataset.saving;
  try {
    const reply = await fetch(form.action, {
      method: "POST",
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(20000),
    });
    if (reply.status !== 204) throw new Error(String(reply.status));
    kept = upto;
    const now = new Date().toLocaleTimeString("sq-AL", CLOCK);
    state.textContent = `${state.dataset.saved} ${now}`;
    if (changes !== kept) plan(PAUSE);
  } catch {
    state.textContent = state.dataset.unsaved;
    plan(TRY_AGAIN);
  }
}

function plan(wait) {
  clearTimeout(timer);
  timer = setTimeout(save, wait);
}

function changed() {
  changes += 1;
  refresh();
  plan(PAUSE);
}

form.addEventListener("input", changed);
form.addEventListener("change", changed);
form.addEventListener("submit", () => {
  leaving = true;
});
window.addEventListener("online", save);
window.addEventListener("pageshow", () => {
  leaving = false;
  refresh();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) save();
});
window.addEventListener("beforeunload", (event) => {
  if (!leaving && changes !== kept) event.preventDefault();
});

refresh();
