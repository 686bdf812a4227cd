// What these pages may have left on the phone by the reader's own choice, and how it is taken away again.
// What staff's pages keep (a report not yet sent) has other names and stays.

export const CACHE = "vatra-kept";
export const WORKER = "/sw.js";
const PREFIX = "vatra.";

/** Null where the browser keeps nothing (storage switched off). */
export function memory() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

function forgetChoices() {
  const store = memory();
  if (!store) return;
  for (const name of Object.keys(store)) {
    if (name.startsWith(PREFIX)) store.removeItem(name);
  }
}

async function forgetWorker() {
  const registration = await navigator.serviceWorker?.getRegistration("/");
  const worker = registration?.active ?? registration?.waiting ?? registration?.installing;
  if (worker && new URL(worker.scriptURL).pathname === WORKER) await registration?.unregister();
}

/** Never fails: whoever leaves must get away. */
export async function forget() {
  const steps = [async () => forgetChoices(), async () => window.caches?.delete(CACHE), forgetWorker];
  await Promise.allSettled(steps.map((step) => step()));
}
