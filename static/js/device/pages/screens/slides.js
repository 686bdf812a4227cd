// Slides on the whole screen, one at a time: by keys, by a swipe, by the buttons. Notes for the speaker at a switch.

import { part, show, word } from "../dom.js";
import { written } from "./kit.js";

const SWIPE = 48; // pixels across before it counts

/** @type {Record<string, number>} */
const STEPS = {
  ArrowRight: 1,
  ArrowDown: 1,
  PageDown: 1,
  " ": 1,
  ArrowLeft: -1,
  ArrowUp: -1,
  PageUp: -1,
  Home: -Infinity,
  End: Infinity,
};

/** @type {(app: PhoneApp, id: string) => Promise<PhoneScreen>} */
export async function slides(app, id) {
  const [version, page] = id.split("-").map(Number);
  const packed = app.pack?.kits.find((each) => each.id === version);
  const taken = packed && (await app.device.pack.kits.get(packed));
  const found = taken?.materials.find((material) => material.page === page)?.slides ?? [];
  if (!packed || !taken || !found.length) {
    app.go("sessions");
    return {};
  }
  const screen = show("slides");
  part(screen, "back").setAttribute("href", `#/kit/${packed.id}`);
  part(screen, "face").lang = taken.language;
  part(screen, "notes").lang = taken.language;
  const deck = new Deck(screen, found);
  const ends = [listen(deck, screen), stayLit()];
  document.body.classList.add("device-slides");
  deck.step(0);
  return {
    isShown: true,
    leave: () => {
      document.body.classList.remove("device-slides");
      for (const end of ends) end();
    },
  };
}

class Deck {
  /**
   * @param {HTMLElement} screen
   * @param {KitSlide[]} found
   */
  constructor(screen, found) {
    this.screen = screen;
    this.found = found;
    this.at = 0;
  }

  /** @param {number} by */
  step(by) {
    const last = this.found.length - 1;
    this.at = Math.min(Math.max(this.at + by, 0), last);
    const slide = this.found[this.at];
    const title = part(this.screen, "title");
    title.textContent = slide.title;
    title.hidden = slide.title === "";
    part(this.screen, "text").replaceChildren(written(slide.html));
    const number = word("slide", { number: this.at + 1, total: this.found.length });
    part(this.screen, "number").textContent = number;
    part(this.screen, "previous").toggleAttribute("disabled", this.at === 0);
    part(this.screen, "next").toggleAttribute("disabled", this.at === last);
    part(this.screen, "notes-words").textContent = slide.notes || word("noNotes");
    this.tellNotes();
    const face = part(this.screen, "face");
    face.setAttribute("aria-label", number);
    face.scrollTop = 0;
    face.focus({ preventScroll: true });
  }

  tellNotes() {
    const box = /** @type {HTMLInputElement} */ (part(this.screen, "with-notes"));
    part(this.screen, "notes").hidden = !box.checked;
  }
}

/**
 * @param {Deck} deck
 * @param {HTMLElement} screen
 */
function listen(deck, screen) {
  part(screen, "previous").addEventListener("click", () => deck.step(-1));
  part(screen, "next").addEventListener("click", () => deck.step(1));
  part(screen, "with-notes").addEventListener("change", () => deck.tellNotes());
  part(screen, "whole").hidden = !document.fullscreenEnabled;
  part(screen, "whole").addEventListener("click", () => void toggleWhole());
  const face = part(screen, "face");
  let from = { x: 0, y: 0 };
  face.addEventListener("touchstart", ({ changedTouches: [touch] }) => {
    from = { x: touch.clientX, y: touch.clientY };
  });
  face.addEventListener("touchend", ({ changedTouches: [touch] }) => {
    const across = touch.clientX - from.x;
    if (Math.abs(across) > SWIPE && Math.abs(across) > 2 * Math.abs(touch.clientY - from.y))
      deck.step(-Math.sign(across));
  });
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    const target = /** @type {Element | null} */ (event.target);
    const by = STEPS[event.key];
    if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    // What is pressed has the space bar for itself; a slide taller than the screen is scrolled by up and down.
    if (event.key === " " && target?.closest("a, button, input, summary")) return;
    if (face.scrollHeight > face.clientHeight + 4 && /^(ArrowUp|ArrowDown|PageUp|PageDown| )$/.test(event.key)) return;
    event.preventDefault();
    deck.step(by);
  };
  document.addEventListener("keydown", pressed);
  return () => {
    document.removeEventListener("keydown", pressed);
    if (document.fullscreenElement) void document.exitFullscreen().catch(() => {});
  };
}

const toggleWhole = () =>
  (document.fullscreenElement
    ? document.exitFullscreen()
    : document.documentElement.requestFullscreen({ navigationUI: "hide" })
  ).catch(() => {}); // a phone that doesn't allow it shows them below its own bar

/** The screen stays lit while slides are shown, where the phone allows it. Returns what ends that. */
function stayLit() {
  const light = navigator.wakeLock?.request("screen").catch(() => null);
  return () => void light?.then((held) => held?.release());
}
