// The app of a phone that stores (docs/adr/0175). One page, whose screens follow what the phone is: never set up, locked,
// open, or emptied. Nothing that was typed is in the address, in the title or in the page once it is locked.

import { loadArgon2, openDevice } from "../core/index.js";
import { word } from "./dom.js";
import { guard } from "./guard.js";
import { lock, none, wiped } from "./screens/lock.js";

const CONTACT_EACH = 5 * 60_000;
const LOOK_EACH = 5_000;
const LOOKED_FOR = 60_000;

const WITHOUT = { none, locked: lock, wiped };

class App {
  /** @param {PhoneDevice} device */
  constructor(device) {
    this.device = device;
    this.language = document.documentElement.lang === "en" ? "en" : "sq";
    /** @type {Pack | null} */
    this.pack = null;
    this.isReached = navigator.onLine;
    this.isSignedOut = false;
    /** @type {PhoneScreen} */
    this.screen = {};
    this.state = "";
    /** @type {Promise<void>} */
    this.turn = Promise.resolve();
    /** @type {Promise<void> | null} */
    this.syncing = null;
    this.isAskedAgain = false;
    this.again = 0; // of looking whether somebody was notified
    this.inTurn = 0; // of sending what the service has told to come in turn
    /** @type {Promise<Record<string, PhoneOpener>> | null} */
    this.screens = null;
    void this.bring().catch(() => null); // at once, and asked for again where it doesn't come
  }

  /** What an open phone shows. The stored page brings it without a network. */
  bring() {
    this.screens ??= import("./screens/index.js").then(({ SCREENS }) => SCREENS);
    this.screens.catch(() => {
      this.screens = null;
    });
    return this.screens;
  }

  /** @param {string} path */
  go(path) {
    if (location.hash === `#/${path}`) this.route();
    else location.hash = `#/${path}`;
  }

  /** One screen after the other: what the one before still saves is saved before it goes. */
  route() {
    this.turn = this.turn.then(() => this.change()).catch((error) => this.fail(error));
    return this.turn;
  }

  async change() {
    await this.screen.leave?.();
    this.letGo();
    const screens = this.device.state === "open" ? await this.bring() : {};
    const { state } = this.device;
    this.state = state;
    const [name, rest = ""] = decodeURIComponent(location.hash.replace(/^#\/?/, "")).split("/", 2);
    const isHome = state !== "open" || !Object.hasOwn(screens, name) || name === "";
    bar("[data-back]").hidden = isHome;
    bar("[data-name]").hidden = !isHome;
    bar("[data-lock]").hidden = state !== "open";
    if (state === "open") {
      this.pack ??= /** @type {Pack | null} */ (await this.device.pack.get(this.language));
      this.screen = await (isHome ? screens[""] : screens[name])(this, rest);
    } else {
      this.pack = null;
      if (state === "none") forget();
      this.screen = WITHOUT[state](this);
    }
  }

  /** What a screen held is nowhere any more, also where the browser holds on to the screen. */
  letGo() {
    this.screen.close?.();
    this.screen = {};
  }

  /** @param {unknown} error */
  async fail(error) {
    const { code = "" } = /** @type {{ code?: string }} */ (error);
    if (code === "locked" || this.device.state !== "open") {
      this.letGo();
      if (this.state !== this.device.state) await this.change();
      return;
    }
    const place = /** @type {HTMLElement} */ (document.querySelector("[data-screen]"));
    const note = document.createElement("p");
    note.className = "note note-danger";
    note.setAttribute("role", "alert");
    note.dataset.failed = "";
    note.textContent = word(code === "full" ? "full" : "trouble");
    place.querySelector("[data-failed]")?.remove();
    place.prepend(note);
  }

  changed() {
    if (this.device.state !== this.state) void this.route();
    else void this.screen.refresh?.();
  }

  /**
   * Contact, what is finished, what the phone takes along; one at a time. Asked for meanwhile, as when the network comes
   * back while a request still waits for it, it is done once more.
   */
  async sync() {
    this.isAskedAgain = true;
    this.syncing ??= this.rounds().finally(() => {
      this.syncing = null;
    });
    await this.syncing;
  }

  async rounds() {
    while (this.isAskedAgain) {
      this.isAskedAgain = false;
      await this.talk().catch((error) => {
        if (!this.isAskedAgain) throw error;
      });
    }
  }

  async talk() {
    const sent = await this.device.queue.send({ now: true });
    this.comeInTurn(sent.turnAt);
    const answer = await this.device.contact();
    this.isReached = answer === "ok" && !sent.isUnreachable;
    this.isSignedOut = answer === "signed-out";
    if (this.device.state === "open" && this.isReached) {
      if ((await this.device.pack.refresh(this.language)) === "signed-out") this.isSignedOut = true;
      this.pack = /** @type {Pack | null} */ (await this.device.pack.get(this.language));
      const more = await this.device.queue.send();
      if (more.turnAt) this.comeInTurn(more.turnAt);
    }
    this.changed();
    await this.lookAgain();
  }

  /** @param {number | null} at */
  comeInTurn(at) {
    clearTimeout(this.inTurn);
    const wait = Math.min(Math.max(0, (at ?? 0) - Date.now()), CONTACT_EACH);
    if (at !== null) this.inTurn = setTimeout(() => void this.sync().catch(() => this.changed()), wait);
  }

  /** Of what has just arrived it is asked soon again whether somebody was notified. */
  async lookAgain() {
    clearTimeout(this.again);
    const items = await this.device.queue.list();
    if (!items.some(({ state, at }) => state === "server" && Math.abs(Date.now() - at) < LOOKED_FOR)) return;
    const look = async () => {
      await this.device.contact();
      this.changed();
      await this.lookAgain();
    };
    this.again = setTimeout(() => void look().catch(() => this.changed()), LOOK_EACH);
  }
}

/** Nothing here says that there was something: no address of a form, no stored page. */
function forget() {
  if (location.hash) history.replaceState(null, "", location.pathname);
  navigator.serviceWorker?.controller?.postMessage("forget");
}

/** @param {string} selector */
const bar = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

async function begin() {
  const { argon2 = "", app: version = "" } = document.body.dataset;
  const device = await openDevice({
    indexedDB,
    crypto,
    fetch: window.fetch.bind(window),
    now: Date.now,
    argon2: argon2 ? await loadArgon2(argon2) : undefined,
    locks: navigator.locks,
    channel: new BroadcastChannel("vatra-device"),
    app: version,
  });
  const app = new App(device);
  const sync = () => void app.sync().catch(() => app.changed());
  device.on("change", () => app.changed());
  window.addEventListener("hashchange", () => void app.route());
  window.addEventListener("online", sync);
  window.addEventListener("offline", () => {
    app.isReached = app.isSignedOut = false;
    app.changed();
  });
  guard(device, {
    save: () => app.screen.leave?.(),
    isShown: () => app.screen.isShown ?? false,
  });
  await app.route();
  sync(); // also where it looks as if nothing were set up: what is left is delivered
  setInterval(sync, CONTACT_EACH);
}

void begin();
