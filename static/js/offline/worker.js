// Pages that a reader chose to keep, readable without a network (docs/adr/0022). Registered only by that choice; served
// at /sw.js. Staff's pages, forms, answers and the exit always go straight to the network.

const CACHE = "vatra-kept";
const KEPT_AT = "x-kept-at";
const WORDS = "/.kept-words";
const OFFLINE = { sq: "/pa-rrjet/", en: "/en/pa-rrjet/" };
const PASSED =
  /^\/(?:field|cms|api|n|accounts|sandbox|documents|_util|(?:en\/)?(?:dil|pyet)|(?:en\/)?k\/[^/]+\/.+)(?:\/|$)/;
const ASSET = /(?:href|src)="(\/(?:static|media)\/[^"]+)"/g;
const IN_SCRIPT = /(?:from|import)\s*["'](\.{1,2}\/[^"']+)["']/g;
const SLOW_MS = 5000;
const RENEW_AFTER_MS = 24 * 60 * 60 * 1000;

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
let lookedAt = 0;

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("message", (event) => {
  const { keep, words } = event.data ?? {};
  if (!Array.isArray(keep)) return;
  event.waitUntil(keepAll(keep, words).then((done) => event.ports[0]?.postMessage(done)));
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin || PASSED.test(url.pathname)) return;
  if (request.mode === "navigate") event.respondWith(page(event, url));
  else if (/^\/(?:static|media)\//.test(url.pathname) && !request.headers.has("range"))
    event.respondWith(asset(request));
});

/** @param {Request} request */
async function asset(request) {
  const kept = (await caches.has(CACHE)) && (await (await caches.open(CACHE)).match(request.url));
  return kept || fetch(request);
}

/**
 * The network first; the copy when there is none, when it fails, or when it takes long and there is a copy.
 *
 * @param {FetchEvent} event
 * @param {URL} url
 */
async function page(event, url) {
  if (!(await caches.has(CACHE))) return fetch(event.request);
  const cache = await caches.open(CACHE);
  const kept = await cache.match(url.pathname);
  const fresh = fetch(event.request);
  try {
    const response = await (kept ? Promise.race([fresh, late()]) : fresh);
    if (kept && [404, 410].includes(response.status)) event.waitUntil(cache.delete(url.pathname));
    if (kept && response.status >= 500) return withNote(kept, url);
    event.waitUntil(renewOld(kept && response.ok && !response.redirected ? url.pathname : null));
    return response;
  } catch {
    if (kept) return withNote(kept, url);
    const instead = await cache.match(OFFLINE[language(url.pathname)]);
    return instead ?? (await cache.match(OFFLINE.sq)) ?? Response.error();
  }
}

/** @param {string} path */
const language = (path) => (path.startsWith("/en/") ? "en" : "sq");

const late = () => new Promise((_done, fail) => setTimeout(() => fail(new Error("late")), SLOW_MS));

/**
 * The day of the copy stands on the copy: a number may have changed since.
 *
 * @param {Response} kept
 * @param {URL} url
 */
async function withNote(kept, url) {
  const words = await (await (await caches.open(CACHE)).match(WORDS))?.json();
  const code = language(url.pathname);
  const day = written(new Date(kept.headers.get(KEPT_AT) ?? 0), code);
  const note = escaped((words?.[code] ?? "%").replace("%", day));
  const html = (await kept.text()).replaceAll(/ srcset="[^"]*"/g, ""); // of each picture one size is kept, its `src`
  const shown = html.replace(/<main\b[^>]*>/, (main) => `${main}<p class="kept-note panel" role="note">${note}</p>`);
  return new Response(shown, { headers: kept.headers });
}

// Not by `toLocaleDateString`: many a browser has no Albanian and writes English instead.
/** @type {Record<string, string>} */
const MONTHS = {
  sq: "janar shkurt mars prill maj qershor korrik gusht shtator tetor nëntor dhjetor",
  en: "January February March April May June July August September October November December",
};
/**
 * @param {Date} day
 * @param {string} code
 */
const written = (day, code) => `${day.getDate()} ${MONTHS[code].split(" ")[day.getMonth()]} ${day.getFullYear()}`;

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/**
 * @param {string[]} paths
 * @param {Record<string, string>} words
 */
async function keepAll(paths, words) {
  const cache = await caches.open(CACHE);
  if (words) await cache.put(WORDS, new Response(JSON.stringify(words)));
  const failed = [];
  for (const path of new Set([...paths, ...Object.values(OFFLINE)])) {
    if (!(await keepPage(cache, path))) failed.push(path);
  }
  await dropUnused(cache);
  return { failed };
}

/**
 * One page with its styles, scripts and pictures. False when it couldn't be had; a page that is gone is dropped.
 *
 * @param {Cache} cache
 * @param {string} path
 */
async function keepPage(cache, path) {
  try {
    const response = await fetch(path, { credentials: "omit", cache: "no-store" });
    if ([404, 410].includes(response.status)) await cache.delete(path);
    if (!response.ok || response.redirected) return false;
    const html = await response.text();
    for (const address of assetsOf(html)) await keepAsset(cache, new URL(address, worker.location.origin));
    // The exit may have come meanwhile: what was taken away is not brought back.
    if (!(await caches.has(CACHE))) return false;
    const headers = new Headers(response.headers);
    for (const name of ["content-encoding", "content-length", "vary"]) headers.delete(name);
    headers.set(KEPT_AT, new Date().toISOString());
    await cache.put(path, new Response(html, { headers }));
    return true;
  } catch {
    return false;
  }
}

/** @param {string} html */
const assetsOf = (html) => [...html.matchAll(ASSET)].map((found) => found[1].replaceAll("&amp;", "&"));

/**
 * @param {Cache} cache
 * @param {URL} url
 */
async function keepAsset(cache, url) {
  if (await cache.match(url.pathname)) return;
  const response = await fetch(url.pathname, { credentials: "omit" });
  if (!response.ok) return;
  await cache.put(url.pathname, response.clone());
  if (url.pathname.endsWith(".js")) {
    for (const name of importsOf(await response.text())) await keepAsset(cache, new URL(name, url));
  }
}

/** @param {string} script */
const importsOf = (script) => [...script.matchAll(IN_SCRIPT)].map((found) => found[1]);

/** @param {Cache} cache */
async function pagesOf(cache) {
  const found = [];
  for (const request of await cache.keys()) {
    const response = await cache.match(request);
    const keptAt = Date.parse(response?.headers.get(KEPT_AT) ?? "");
    if (response && keptAt) found.push({ path: new URL(request.url).pathname, response, keptAt });
  }
  return found;
}

/**
 * Copies are made anew once a day when there is a network: the page just read at once, the others in its wake.
 *
 * @param {string | null} read
 */
async function renewOld(read) {
  const now = Date.now();
  if (!read && now - lookedAt < 60_000) return;
  lookedAt = now;
  const cache = await caches.open(CACHE);
  let renewed = false;
  for (const { path, keptAt } of await pagesOf(cache)) {
    const age = now - keptAt;
    if (path === read ? age > 60_000 : age > RENEW_AFTER_MS) renewed = (await keepPage(cache, path)) || renewed;
  }
  if (renewed) await dropUnused(cache);
}

/**
 * Styles and scripts of older copies.
 *
 * @param {Cache} cache
 */
async function dropUnused(cache) {
  const used = new Set([WORDS]);
  for (const { path, response } of await pagesOf(cache)) {
    used.add(path);
    for (const address of assetsOf(await response.text())) used.add(new URL(address, worker.location.origin).pathname);
  }
  for (const path of [...used].filter((each) => each.endsWith(".js"))) await addImports(cache, path, used);
  for (const request of await cache.keys()) {
    if (!used.has(new URL(request.url).pathname)) await cache.delete(request);
  }
}

/**
 * @param {Cache} cache
 * @param {string} path
 * @param {Set<string>} used
 */
async function addImports(cache, path, used) {
  const script = await cache.match(path);
  if (!script) return;
  for (const name of importsOf(await script.text())) {
    const { pathname } = new URL(name, new URL(path, worker.location.origin));
    if (used.has(pathname)) continue;
    used.add(pathname);
    await addImports(cache, pathname, used);
  }
}
