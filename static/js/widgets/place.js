// Asks the phone for its place, when the button is pressed and not before. For a coarse place the nearest municipality is
// looked for here: the point never leaves the phone (case_forms/questions/places.py does the same for programs).

import { changed } from "./events.js";

const EARTH = 6371; // kilometres
const FARTHEST = 60;
const WAIT = 30000;

export function findPlace(widget) {
  const here = widget.querySelector("[data-here]");
  const said = widget.querySelector("[data-said]");
  if (!("geolocation" in navigator)) return;
  here.hidden = false;
  const accuracy = part(widget, "accuracy");
  for (const name of ["lat", "lon"]) {
    part(widget, name)?.addEventListener("input", (event) => {
      if (event.isTrusted) accuracy.value = ""; // typed by hand: the phone's accuracy is of another point
    });
  }
  here.addEventListener("click", () => {
    said.textContent = widget.dataset.asking;
    here.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        here.disabled = false;
        said.textContent = widget.dataset.seats ? coarse(widget, coords) : exact(widget, coords);
      },
      () => {
        here.disabled = false;
        said.textContent = widget.dataset.refused;
      },
      { enableHighAccuracy: !widget.dataset.seats, timeout: WAIT, maximumAge: 60000 },
    );
  });
}

function part(widget, name) {
  return widget.querySelector(`[name$=".${name}"]`);
}

function exact(widget, { latitude, longitude, accuracy }) {
  part(widget, "lat").value = latitude.toFixed(5);
  part(widget, "lon").value = longitude.toFixed(5);
  part(widget, "accuracy").value = String(Math.min(Math.round(accuracy), 100000));
  changed(part(widget, "lat"));
  return `${widget.dataset.found} ${Math.round(accuracy)} m.`;
}

function coarse(widget, { latitude, longitude }) {
  const nearest = nearestSeat(latitude, longitude, JSON.parse(widget.dataset.seats));
  if (nearest === null) return widget.dataset.far;
  const select = part(widget, "municipality");
  select.value = nearest;
  changed(select);
  return select.selectedOptions[0].textContent;
}

/** The key of the nearest seat, of {key: [latitude, longitude]}; null when all are far away. */
export function nearestSeat(latitude, longitude, seats) {
  const far = Object.entries(seats).map(([key, seat]) => [kilometres(latitude, longitude, ...seat), key]);
  far.sort(([near, one], [other, two]) => near - other || (one < two ? -1 : 1));
  return far.length && far[0][0] <= FARTHEST ? far[0][1] : null;
}

function kilometres(latitude, longitude, otherLatitude, otherLongitude) {
  const radians = (degrees) => (degrees * Math.PI) / 180;
  const [here, there] = [radians(latitude), radians(otherLatitude)];
  const apart = radians(otherLongitude - longitude);
  const half = Math.sin((there - here) / 2) ** 2 + Math.cos(here) * Math.cos(there) * Math.sin(apart / 2) ** 2;
  return 2 * EARTH * Math.asin(Math.min(1, Math.sqrt(half)));
}
