// A form package drawn into the page: all sections in one form, of which one is shown.

import { forgetChoices } from "../../../filling/choices.js";
import { enhance } from "../../../questions.js";
import { WholeForm, onDay } from "./whole_form.js";
import { writeFields } from "./stored.js";

/**
 * Draws the sections into `form` and writes the stored fields into them. `attach` names a file that is on the phone.
 *
 * @param {HTMLFormElement} form
 * @param {FormPackage} taken
 * @param {{ day: string, fields: [string, string][], attach: (field: HTMLInputElement, id: string) => void }} stored
 */
export function mount(form, taken, { day, fields, attach }) {
  forgetChoices();
  const place = /** @type {HTMLElement} */ (form.querySelector("[data-sections]"));
  place.replaceChildren(...taken.sections.map(draw));
  place.lang = taken.language;
  for (const rule of taken.sections.flatMap((section) => section.rules))
    if (rule.type === "session") offerSessions(place, rule, taken.sessions);
  writeFields(form, taken, fields, attach);
  for (const rule of taken.sections.flatMap((section) => onDay(section.rules, day))) bound(form, rule);
  drawRankings(form);
  const whole = new WholeForm(form, taken, day);
  whole.refresh();
  enhance(form);
  return whole;
}

/** @param {FormPackage["sections"][number]} section */
function draw(section) {
  const holder = document.createElement("section");
  holder.dataset.section = section.key;
  holder.hidden = true;
  holder.innerHTML = section.html; // of our own server, with every text of a form escaped there
  for (const shown of holder.querySelectorAll('input[name="shown"]')) shown.remove();
  return holder;
}

/**
 * Also the sessions that were planned since the form was taken along; one that is planned is reported after its record.
 *
 * @param {HTMLElement} place
 * @param {PhoneRule} rule
 * @param {PackSession[]} [sessions]
 */
function offerSessions(place, rule, sessions = []) {
  const entry = place.querySelector(`[data-item="${CSS.escape(rule.key)}"]`);
  let select = entry?.querySelector("select");
  if (entry && !select && sessions.length) {
    select = document.createElement("select");
    const nothing = entry.querySelector(`#q-${CSS.escape(rule.key)}`);
    Object.assign(select, { className: "q-input", id: `q-${rule.key}`, name: rule.key });
    select.append(new Option("–", ""));
    nothing?.replaceWith(select);
  }
  const isThere = new Set([...(select?.options ?? [])].map(({ value }) => value));
  for (const choice of rule.choices ?? []) isThere.add(choice.value);
  for (const { id, date, starts_at, place: where, municipality, audience } of sessions) {
    if (isThere.has(id)) continue;
    const day = `${date.split("-").reverse().join(".")} ${(starts_at ?? "").slice(0, 5)}`;
    const label = `${day} · ${where}, ${municipality} · ${audience}`;
    rule.choices?.push({ value: id, label, with: { state: "held" } });
    select?.append(new Option(label, id));
  }
}

/**
 * A day's bounds as they are on the day on which the form is filled.
 *
 * @param {HTMLFormElement} form
 * @param {PhoneRule} rule
 */
function bound(form, rule) {
  if (rule.type !== "date") return;
  const field = form.elements.namedItem(rule.key);
  if (!(field instanceof HTMLInputElement)) return;
  if (typeof rule.max === "string") field.max = rule.max;
  if (typeof rule.min === "string") field.min = rule.min;
}

/**
 * The places of an order change with what is offered.
 *
 * @param {HTMLFormElement} form
 */
function drawRankings(form) {
  form.addEventListener(
    "vatra:offered",
    (event) => {
      const element = /** @type {HTMLElement} */ (event.target);
      const list = element.querySelector("[data-ranking]");
      const offered = /** @type {CustomEvent<LiveChoice[]>} */ (event).detail;
      if (list) placeOffered(list, offered);
    },
    true,
  );
}

/**
 * @param {HTMLElement} list
 * @param {LiveChoice[]} offered
 */
function placeOffered(list, offered) {
  const valueIn = (/** @type {HTMLElement} */ row) =>
    row.querySelector("option:last-child")?.getAttribute("value")?.replace(/^\d+ /, "");
  const rows = [...list.querySelectorAll(".q-rank")];
  const isSame = rows.length === offered.length && offered.every(({ value }, index) => valueIn(rows[index]) === value);
  if (isSame) return;
  const name = list.closest("[data-item]")?.dataset.item ?? "";
  const made = offered.map(({ value, label }, index) => {
    const id = `q-${name}-${index + 1}`;
    const row = document.createElement("div");
    row.className = "q-rank";
    const select = document.createElement("select");
    Object.assign(select, { className: "q-input q-place", id, name, autocomplete: "off" });
    select.append(
      new Option("–", ""),
      ...offered.map((_each, place) => new Option(`${place + 1}.`, `${place + 1} ${value}`)),
    );
    const words = document.createElement("label");
    words.htmlFor = id;
    words.textContent = label;
    row.append(words, select);
    return row;
  });
  for (const row of rows) row.remove();
  list.prepend(...made);
}
