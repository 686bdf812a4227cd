// Asks the browser for an address at which it can be woken, and sends it with the form.

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-push-key]"));

/** @param {string} name */
function say(name) {
  for (const words of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-when]")))
    words.hidden = words.dataset.when !== name;
}

/** @param {string} text */
function decode(text) {
  const letters = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}

/** @param {ServiceWorkerRegistration} registration */
function active(registration) {
  const coming = registration.installing ?? registration.waiting;
  if (registration.active || !coming) return Promise.resolve();
  return /** @type {Promise<void>} */ (
    new Promise((done, failed) => {
      coming.addEventListener("statechange", () => {
        if (coming.state === "activated") done();
        if (coming.state === "redundant") failed(new Error("redundant"));
      });
    })
  );
}

/** @param {HTMLFormElement} form */
async function subscribe(form) {
  const { worker = "", pushKey = "" } = form.dataset;
  const registration = await navigator.serviceWorker.register(worker);
  await active(registration);
  const key = decode(pushKey);
  const known = await registration.pushManager.getSubscription();
  // One that was made under another key of ours can't be woken by this one.
  const before = known?.options.applicationServerKey;
  if (before && new Uint8Array(before).join() !== key.join()) await known?.unsubscribe();
  const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  return made.toJSON();
}

/** @param {HTMLFormElement} form */
async function invent(form) {
  const token = /** @type {HTMLInputElement} */ (form.elements.namedItem("csrfmiddlewaretoken")).value;
  const answer = await fetch(form.dataset.sandbox ?? "", { method: "POST", headers: { "X-CSRFToken": token } });
  return answer.json();
}

/**
 * @param {HTMLFormElement} form
 * @param {boolean} isInvented
 */
async function add(form, isInvented) {
  if (!isInvented && (await Notification.requestPermission()) !== "granted") return say("denied");
  const { endpoint, keys } = await (isInvented ? invent(form) : subscribe(form));
  for (const [name, value] of Object.entries({ endpoint, ...keys })) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement) field.value = value;
  }
  form.submit();
}

if (form) {
  const canBeWoken = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  say(canBeWoken ? "" : "unsupported");
  form.hidden = !canBeWoken && !form.dataset.sandbox;
  form.addEventListener("submit", (submission) => {
    submission.preventDefault();
    if (form.dataset.sent) return;
    form.dataset.sent = "yes";
    const isInvented = submission.submitter?.hasAttribute("data-invented") ?? false;
    add(form, isInvented)
      .catch(() => say("failed"))
      .finally(() => {
        delete form.dataset.sent;
      });
  });
}
