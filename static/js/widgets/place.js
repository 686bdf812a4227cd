// Asks the phone for its place, when the button is pressed and not before. For a coarse place the nearest municipality
// is looked for here: the point never leaves the phone (case_forms/questions/places.py does the same for programs).

import { changed } from "./events.js";

const EARTH = 6371; // kilometres
const FARTHEST = 60;
const WAIT = 30000;

/** @param {HTMLElement} widget */
export function findPlace(widget) {
  const here = /** @type {HTMLButtonElement | null} */ (widget.querySelector("[data-here]"));
  const said = widget.querySelector("[data-said]");
  if (!here || !said || !("geolocation" in navigator)) return;
  const tell = (words = "") => {
    here.disabled = false;
    said.textContent = words;
  };
  here.hidden = false;
  const accuracy = part(widget, "accuracy");
  for (const name of ["lat", "lon"]) {
    part(widget, name)?.addEventListener("input", (event) => {
      if (accuracy && event.isTrusted) accuracy.value = ""; // typed by hand: the phone's accuracy is of another point
    });
  }
  here.addEventListener("click", () => {
    tell(widget.dataset.asking);
    here.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => tell(widget.dataset.seats ? coarse(widget, coords) : exact(widget, coords)),
      () => tell(widget.dataset.refused),
      { enableHighAccuracy: !widget.dataset.seats, timeout: WAIT, maximumAge: 60000 },
    );
  });
}

/**
 * @param {HTMLElement} widget
 * @param {string} name
 */
function part(widget, name) {
  return /** @type {Field | null} */ (widget.querySelector(`[name$=".${name}"]`));
}

/**
 * @param {HTMLElement} widget
 * @param {string} name
 * @param {string} value
 */
function enter(widget, name, value) {
  const field = part(widget, name);
  if (field) field.value = value;
  return field;
}

/**
 * @param {HTMLElement} widget
 * @param {{ latitude: number, longitude: number, accuracy: number }} options
 */
function exact(widget, { latitude, longitude, accuracy }) {
  enter(widget, "accuracy", String(Math.min(Math.round(accuracy), 100000)));
  enter(widget, "lon", longitude.toFixed(5));
  const field = enter(widget, "lat", latitude.toFixed(5));
  if (field) changed(field);
  return `${widget.dataset.found} ${Math.round(accuracy)} m.`;
}

/**
 * @param {HTMLElement} widget
 * @param {{ latitude: number, longitude: number }} options
 */
function coarse(widget, { latitude, longitude }) {
  const nearest = nearestSeat(latitude, longitude, JSON.parse(widget.dataset.seats ?? "{}"));
  if (nearest === null) return widget.dataset.far;
  const select = /** @type {HTMLSelectElement} */ (enter(widget, "municipality", nearest));
  changed(select);
  return select.selectedOptions[0].textContent;
}

/**
 * The key of the nearest seat, of {key: [latitude, longitude]}; null when all are far away.
 *
 * @param {number} latitude
 * @param {number} longitude
 * @param {Record<string, [number, number]>} seats
 */
export function nearestSeat(latitude, longitude, seats) {
  const all = Object.entries(seats).map(([key, seat]) => ({ key, far: kilometres(latitude, longitude, ...seat) }));
  const [nearest] = all.sort((one, other) => one.far - other.far || (one.key < other.key ? -1 : 1));
  return nearest && nearest.far <= FARTHEST ? nearest.key : null;
}

/**
 * @param {number} latitude
 * @param {number} longitude
 * @param {number} otherLatitude
 * @param {number} otherLongitude
 */
function kilometres(latitude, longitude, otherLatitude, otherLongitude) {
  const radians = (/** @type {number} */ degrees) => (degrees * Math.PI) / 180;
  const [here, there] = [radians(latitude), radians(otherLatitude)];
  const apart = radians(otherLongitude - longitude);
  const half = Math.sin((there - here) / 2) ** 2 + Math.cos(here) * Math.cos(there) * Math.sin(apart / 2) ** 2;
  return 2 * EARTH * Math.asin(Math.min(1, Math.sqrt(half)));
}
