// A kit that lies on this phone: its materials in their order, and what stayed behind.

import { make, part, show, sign, word } from "../dom.js";

/** @type {(app: PhoneApp, id: string) => Promise<PhoneScreen>} */
export async function kit(app, id) {
  const packed = app.pack?.kits.find((each) => each.id === Number(id));
  const taken = packed && (await app.device.pack.kits.get(packed));
  if (!packed || !taken) {
    app.go("sessions");
    return {};
  }
  const screen = show("kit");
  const title = part(screen, "title");
  title.textContent = taken.title;
  title.lang = taken.language;
  part(screen, "facts").textContent = factsOf(packed);
  const note = part(screen, "note");
  note.hidden = packed.note === "";
  note.textContent = packed.note;
  const body = part(screen, "body");
  body.lang = taken.language;
  if (taken.intro) body.append(make("p", { class: "lead" }, taken.intro));
  body.append(...taken.materials.map((material) => materialFold(packed, material)));
  if (taken.words) body.append(fold(word("pageWords"), written(taken.words)));
  const missing = part(screen, "missing");
  missing.hidden = taken.missing.length === 0;
  part(screen, "missing-names").replaceChildren(...taken.missing.map((name) => make("li", {}, name)));
  title.focus();
  return {};
}

/** @param {PackedKit} packed */
export const factsOf = (packed) =>
  [packed.audience, word("minutes", { count: packed.minutes }), word("version", { number: packed.number })].join(" · ");

/**
 * @param {string} title
 * @param {...(Node | string)} inside
 */
const fold = (title, ...inside) =>
  make("details", { class: "fold" }, make("summary", {}, make("span", {}, title)), ...inside);

/**
 * @param {PackedKit} packed
 * @param {KitMaterial} material
 */
function materialFold(packed, material) {
  const about = [material.kind, material.minutes ? word("minutes", { count: material.minutes }) : ""].filter(Boolean);
  const inside = [make("p", { class: "muted" }, about.join(" · "))];
  if (material.slides.length) {
    const link = make("a", { class: "btn btn-next", href: `#/slides/${packed.id}-${material.page}` }, sign("forward"));
    link.append(make("span", {}, word("showSlides", { count: material.slides.length })));
    inside.push(make("p", {}, link));
  }
  inside.push(written(material.html));
  return fold(`${material.number}. ${material.title}`, ...inside);
}

/**
 * What the service wrote, drawn. Its links lead out of this page.
 *
 * @param {string} html
 */
export function written(html) {
  const holder = make("div", { class: "kit-text" });
  holder.innerHTML = html;
  for (const link of holder.querySelectorAll("a[href^=http]")) {
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noreferrer");
  }
  return holder;
}
