// Shows that a notice waits, and opens its page, which asks for the PIN or for signing in. Served at /n/push-worker.js
// for contacts and at /accounts/push-worker.js for staff: it answers for nothing but what lies beside it, keeps no page,
// and stands between no page and the network.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
// Without anything to read, the notification is as neutral: browsers demand that each push shows one.
const NEUTRAL = { title: "Njoftim", body: "Një njoftim pret. · A notice waits.", lang: "sq", link: "", tag: "notice" };

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("push", (event) => {
  const { title, body, lang, link, tag } = read(event.data);
  const shown = { body, lang, tag, data: { link }, renotify: true, requireInteraction: true };
  event.waitUntil(worker.registration.showNotification(title, shown));
});

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const link = address(event.notification.data?.link);
  if (link) event.waitUntil(worker.clients.openWindow(link));
});

/** @param {PushMessageData | null} data */
function read(data) {
  try {
    const said = data?.json();
    const isWhole = Object.keys(NEUTRAL).every((name) => typeof said[name] === "string");
    return isWhole ? /** @type {typeof NEUTRAL} */ (said) : NEUTRAL;
  } catch {
    return NEUTRAL;
  }
}

/**
 * The address of a page of this very site beside which this worker stands; nothing else is opened.
 *
 * @param {unknown} link
 */
function address(link) {
  if (typeof link !== "string" || !link) return "";
  const found = new URL(link, worker.location.origin);
  return found.href.startsWith(worker.registration.scope) ? found.href : "";
}
