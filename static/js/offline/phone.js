// The reader's choices about this phone. Nothing is kept or registered before a button here is pressed, and nothing
// that is chosen reaches us. Everything goes with the exit.

import { CACHE, WORKER, forget } from "./forget.js";
import { chooseNeutral, isNeutral, showNeutral } from "./neutral.js";

const KEPT_AT = "x-kept-at";
const isPossible = "serviceWorker" in navigator && "caches" in window;
/**
 * Not by `toLocaleDateString`: many a browser has no Albanian and writes American English instead.
 *
 * @param {Date} day
 */
const inNumbers = (day) => `${day.getDate()}.${day.getMonth() + 1}.${day.getFullYear()}`;

/** [[path, title, day]] of the pages kept here, the plain page for "no network" left out. */
async function keptPages() {
  if (!(await caches.has(CACHE))) return [];
  const cache = await caches.open(CACHE);
  /** @type {[path: string, title: string, day: string][]} */
  const found = [];
  for (const request of await cache.keys()) {
    const response = await cache.match(request);
    const path = new URL(request.url).pathname;
    const keptAt = response?.headers.get(KEPT_AT);
    if (!response || !keptAt || path.endsWith("/pa-rrjet/")) continue;
    const html = new DOMParser().parseFromString(await response.text(), "text/html");
    const day = inNumbers(new Date(keptAt));
    found.push([path, html.querySelector("h1")?.textContent.trim() || path, day]);
  }
  return found;
}

/** @param {HTMLElement} place */
async function list(place) {
  const pages = await keptPages();
  const items = pages.map(([path, title, day]) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = path;
    link.textContent = title;
    item.append(link, ` (${day})`);
    return item;
  });
  place.replaceChildren(...items);
  return pages.length;
}

/**
 * On the page for "no network": with its heading, when there is something to list.
 *
 * @param {HTMLElement} place
 */
async function listUnderHeading(place) {
  const count = await list(place);
  if (place.parentElement) place.parentElement.hidden = count === 0;
}

/**
 * @param {string[]} paths
 * @param {Record<string, string | undefined>} words
 * @returns {Promise<{ failed: string[] }>}
 */
async function keep(paths, words) {
  await navigator.serviceWorker.register(WORKER, { scope: "/", updateViaCache: "none" });
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const done = new Promise((resolve) => {
    port1.onmessage = (event) => resolve(event.data);
  });
  active?.postMessage({ keep: paths, words }, [port2]);
  return done;
}

class Phone {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.words = root.dataset;
    this.status = root.querySelector("[data-phone-status]");
    this.button = root.querySelector("[data-phone-keep]");
    this.remove = root.querySelector("[data-phone-remove]");
    this.kept = root.querySelector("[data-phone-kept]");
    this.isBusy = false;
    this.none = root.querySelector("[data-phone-none]");
  }

  async begin() {
    const offered = [this.root, ...this.root.querySelectorAll("*")].filter((part) => part.matches("[data-phone-with]"));
    for (const part of offered) part.hidden = false;
    for (const part of this.root.querySelectorAll("[data-phone-without]")) part.hidden = true;
    this.button?.addEventListener("click", () => this.keepChosen());
    this.remove?.addEventListener("click", () => this.removeAll());
    await this.show();
  }

  chosen() {
    const fixed = (this.words.phonePages ?? "").split(" ").filter(Boolean);
    /** @type {NodeListOf<HTMLInputElement>} */
    const ticked = this.root.querySelectorAll("[data-phone-page]:checked");
    return [...fixed, ...[...ticked].flatMap((box) => box.value.split(" "))];
  }

  async keepChosen() {
    const pages = this.chosen();
    if (!pages.length) this.say(this.words.sayChoose);
    if (!pages.length || this.isBusy) return;
    this.isBusy = true;
    this.say(this.words.sayKeeping);
    try {
      const { failed } = await keep(pages, { sq: this.words.noteSq, en: this.words.noteEn });
      this.say(failed.length ? this.words.sayPartly : this.words.sayKept);
    } catch {
      this.say(this.words.sayFailed);
    }
    this.isBusy = false;
    await this.show();
  }

  async removeAll() {
    const wasNeutral = isNeutral();
    await forget();
    chooseNeutral(wasNeutral);
    this.say(this.words.sayRemoved);
    await this.show();
    this.button?.focus(); // the button that was pressed is gone
  }

  async show() {
    const count = this.kept ? await list(this.kept) : (await keptPages()).length;
    if (this.none) this.none.hidden = count > 0;
    if (this.remove) this.remove.hidden = count === 0;
  }

  /** @param {string} [text] */
  say(text = "") {
    if (this.status) this.status.textContent = text;
  }
}

/** @param {HTMLInputElement} box */
function offerNeutral(box) {
  box.checked = isNeutral();
  box.addEventListener("change", () => {
    chooseNeutral(box.checked);
    if (box.checked) showNeutral(document.querySelector("[data-neutral-title]"));
    else window.location.reload();
  });
}

/**
 * Installing is offered on this page only: nowhere else should a browser propose it by itself.
 *
 * @param {DOMStringMap} words
 */
function offerInstalling({ manifest = "", touchIcon = "", appName = "" }) {
  /** @type {(rel: string, href: string) => HTMLLinkElement} */
  const link = (rel, href) => Object.assign(document.createElement("link"), { rel, href });
  const title = Object.assign(document.createElement("meta"), { name: "apple-mobile-web-app-title", content: appName });
  document.head.append(link("manifest", manifest), link("apple-touch-icon", touchIcon), title);
}

for (const root of document.querySelectorAll("[data-phone]")) {
  if (isPossible) void new Phone(root).begin();
  if (root.dataset.manifest) offerInstalling(root.dataset);
}
for (const box of document.querySelectorAll("[data-phone-neutral]")) {
  offerNeutral(/** @type {HTMLInputElement} */ (box));
}
for (const place of document.querySelectorAll("[data-phone-list]")) if (isPossible) void listUnderHeading(place);
