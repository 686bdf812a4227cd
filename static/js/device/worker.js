// The field pages without a network, on a phone that was set up (docs/adr/0176). Registered by that alone; served at
// /field/worker.js. It stores one page, the same for everybody, with its styles and scripts: never an answer of the service
// about anybody. Everything else goes to the network, and when that isn't there, the stored page takes its place.

const PAGES = { sq: "/field/phone/", en: "/field/phone/en/" };
const PREFIX = "vatra-device-page-";
const ASSET = /(?:href|src)="(\/static\/[^"]+)"/g;
const ARGON2 = /data-argon2="(\/static\/[^"]+)"/;
const IN_SCRIPT = /(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g;
const SLOW_MS = 5000;
const RENEW_AFTER_MS = 10 * 60 * 1000;

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
let renewedAt = 0;

worker.addEventListener("install", (event) => {
  event.waitUntil(renew().then(() => worker.skipWaiting()));
});
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("message", (event) => {
  if (event.data === "forget") event.waitUntil(forget());
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event, url));
  else if (url.pathname.startsWith("/static/")) event.respondWith(asset(request, url));
});

/** The whole page of one version, or nothing: an update that breaks off leaves the one before as it is. */
async function renew() {
  const found = new Map();
  for (const path of Object.values(PAGES)) {
    const response = await fetch(path, { credentials: "omit", cache: "no-store" });
    if (!response.ok || response.redirected) throw new Error("page");
    const html = await response.clone().text();
    found.set(path, response);
    const [, argon2] = ARGON2.exec(html) ?? [];
    for (const address of [...assetsOf(html), ...(argon2 ? [argon2] : [])]) await addAsset(found, address);
  }
  const version = await hashOf(found);
  const name = `${PREFIX}${version}`;
  const cache = await caches.open(name);
  const kept = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname));
  // A phone that went out while it was stored has a part of it, or the version before beside it.
  if (![...found.keys()].every((path) => kept.has(path)))
    for (const [path, response] of found) await cache.put(path, response);
  for (const other of await caches.keys()) if (other.startsWith(PREFIX) && other !== name) await caches.delete(other);
}

/** @param {string} html */
const assetsOf = (html) => [...html.matchAll(ASSET)].map((found) => found[1].replaceAll("&amp;", "&"));

/**
 * @param {Map<string, Response>} found
 * @param {string} address
 */
async function addAsset(found, address) {
  const { pathname } = new URL(address, worker.location.origin);
  if (found.has(pathname)) return;
  const response = await fetch(pathname, { credentials: "omit" });
  if (!response.ok) throw new Error("asset");
  found.set(pathname, response.clone());
  if (!pathname.endsWith(".js")) return;
  for (const [, name] of (await response.text()).matchAll(IN_SCRIPT)) {
    const there = new URL(name, new URL(pathname, worker.location.origin)).pathname;
    if (/\.js$/.test(there)) await addAsset(found, there);
  }
}

/** @param {Map<string, Response>} found */
async function hashOf(found) {
  const texts = [];
  for (const [path, response] of [...found].sort()) texts.push(path, await response.clone().text());
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(texts.join("\n")));
  return [...new Uint8Array(digest).slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} path */
async function stored(path) {
  for (const name of await caches.keys()) {
    if (!name.startsWith(PREFIX) || name === `${PREFIX}new`) continue; // "new": left by the worker of an earlier release
    const response = await (await caches.open(name)).match(path);
    if (response) return response;
  }
  return undefined;
}

/**
 * @param {Request} request
 * @param {URL} url
 */
async function asset(request, url) {
  return (await stored(url.pathname)) ?? fetch(request);
}

/**
 * The phone's own page is the stored one, brought up to date behind it: a form that is open is never exchanged. Other
 * pages of the field come from the network alone.
 *
 * @param {FetchEvent} event
 * @param {URL} url
 */
async function page(event, url) {
  const own = Object.values(PAGES).find((path) => path === url.pathname);
  if (own) {
    const kept = await stored(own);
    event.waitUntil(renewOld());
    return kept ?? fetch(event.request);
  }
  try {
    const fresh = fetch(event.request);
    return navigator.onLine ? await fresh : await Promise.race([fresh, late()]);
  } catch {
    const language = (await lastLanguage()) ?? "sq";
    return (await stored(PAGES[language])) ? Response.redirect(PAGES[language]) : Response.error();
  }
}

const late = () => new Promise((_done, fail) => setTimeout(() => fail(new Error("late")), SLOW_MS));

/** The language of the phone's page that is open, or was opened last. @returns {Promise<"sq" | "en" | undefined>} */
async function lastLanguage() {
  const open = await worker.clients.matchAll({ type: "window" });
  const paths = open.map((client) => new URL(client.url).pathname);
  return paths.includes(PAGES.en) ? "en" : undefined;
}

async function renewOld() {
  if (Date.now() - renewedAt < RENEW_AFTER_MS) return;
  renewedAt = Date.now();
  await renew().catch(() => {
    renewedAt = 0;
  });
}

/** Nothing of it stays. */
async function forget() {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX)) await caches.delete(name);
  await worker.registration.unregister();
}
