// The app page's own small helpers: its screens are templates in the page, its words stand there too.

/** What is no form of the builder's: a session as it is planned, and as it is counted. */
export const PLAN = "session_plan";
export const RECORD = "session_record";

const said = /** @type {HTMLElement} */ (document.getElementById("words"));

/**
 * A sentence of the page, with values put in: word("sent", {time: "14:05"}).
 *
 * @param {string} name
 * @param {Record<string, string | number>} [values]
 */
export function word(name, values = {}) {
  const text = said.dataset[name] ?? "";
  return text.replace(/\{(\w+)\}/g, (_whole, key) => String(values[key] ?? ""));
}

/** @param {string} name */
export const hasWord = (name) => name in said.dataset;

/**
 * Puts a screen in the place of the one that is shown, and returns it.
 *
 * @param {string} name
 */
export function show(name) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(`screen-${name}`));
  const place = /** @type {HTMLElement} */ (document.querySelector("[data-screen]"));
  place.replaceChildren(template.content.cloneNode(true));
  place.dataset.screen = name;
  window.scrollTo(0, 0);
  return place;
}

/**
 * A named part of a screen.
 *
 * @param {HTMLElement} screen
 * @param {string} name
 * @returns {HTMLElement}
 */
export const part = (screen, name) =>
  /** @type {HTMLElement} */ (screen.querySelector(`[data-part="${CSS.escape(name)}"]`));

/**
 * An element with its attributes and what is in it.
 *
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} inside
 */
export function make(tag, attributes, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

/**
 * A line with its sign. Signs stand in the page as templates.
 *
 * @param {string} name
 */
export function sign(name) {
  const template = /** @type {HTMLTemplateElement | null} */ (document.getElementById(`sign-${name}`));
  return /** @type {DocumentFragment} */ (template?.content.cloneNode(true) ?? document.createDocumentFragment());
}

/**
 * A copy of a template's one element.
 *
 * @param {string} id
 */
export function pattern(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  return /** @type {HTMLElement} */ (copy.firstElementChild);
}

/**
 * @param {HTMLElement} line
 * @param {number} [count]
 */
export function tellMore(line, count = 0) {
  line.hidden = count === 0;
  line.textContent = word("moreOnline", { count });
}

/** @param {number} number */
const two = (number) => String(number).padStart(2, "0");

/**
 * A moment as people write it: today only its time.
 *
 * @param {number | string | null | undefined} at milliseconds, or ISO
 * @param {number} [now]
 */
export function clock(at, now = Date.now()) {
  if (at === null || at === undefined || at === "") return "";
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return "";
  const time = `${two(moment.getHours())}:${two(moment.getMinutes())}`;
  const isToday = new Date(now).toDateString() === moment.toDateString();
  return isToday ? time : `${moment.getDate()}.${moment.getMonth() + 1}. ${time}`;
}

/** @param {string} number */
export const dial = (number) => `tel:${number.replace(/[^\d+]/g, "")}`;

/**
 * A number to press: whom one calls, and what is known of who is there.
 *
 * @param {PackNumber} number
 */
export function callLine(number) {
  const about = [number.name, number.until ? word("until", { time: clock(number.until) }) : ""]
    .filter(Boolean)
    .join(" · ");
  const inside = make("span", {}, make("strong", {}, number.phone), ` ${number.office}`);
  if (about) inside.append(make("span", { class: "block text-s" }, about));
  return make("li", {}, make("a", { class: "btn btn-wide", href: dial(number.phone) }, sign("phone"), inside));
}

/** @type {Record<string, string>} */
const REFUSED = { "pin-short": "pinShort", "pin-obvious": "pinObvious", "pin-same": "pinSame", "no-kdf": "noKdf" };

/** Why a PIN is refused. @param {unknown} error */
export function pinWords(error) {
  const { code = "" } = /** @type {{ code?: string }} */ (error ?? {});
  return word(REFUSED[code] ?? "trouble");
}
