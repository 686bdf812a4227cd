// Informative sessions without a network: when and where, what is planned, and the report's form.

import { clock, make, part, show, sign, word } from "../dom.js";

/** @type {(app: PhoneApp) => PhoneScreen} */
export function sessions(app) {
  const screen = show("sessions");
  const { pack } = app;
  part(screen, "pack-age").textContent = pack ? word("asOf", { time: clock(pack.made_at) }) : "";
  const report = pack?.forms.find((form) => form.key === "session_report");
  const planned = pack?.sessions ?? [];
  part(screen, "none").hidden = planned.length > 0;
  part(screen, "sessions").replaceChildren(...planned.map((session) => panel(app, session, report)));
  const kits = pack?.kits ?? [];
  part(screen, "kits-section").hidden = kits.length === 0;
  part(screen, "kits").replaceChildren(
    ...kits.map((kit) =>
      make("li", { class: "line" }, make("a", { href: ownPath(kit.url), lang: kit.language }, kit.title)),
    ),
  );
  part(screen, "title").focus();
  return {};
}

/** @param {string} url */
const ownPath = (url) => new URL(url, location.origin).pathname;

/** @param {string | null} time */
const short = (time) => (time ?? "").slice(0, 5);

/**
 * @param {PhoneApp} app
 * @param {PackSession} session
 * @param {PackForm | undefined} report
 */
function panel(app, session, report) {
  const day = session.date.split("-").reverse().join(".");
  const hours = [short(session.starts_at), short(session.ends_at)].filter(Boolean).join("–");
  const about = [day, hours, session.place, session.municipality].filter(Boolean).join(" · ");
  const found = make("section", { class: "panel mb-4" }, make("h2", {}, session.audience), make("p", {}, about));
  if (session.card)
    found.append(make("p", {}, `${word("cardCode")} `, make("strong", { class: "code" }, session.card)));
  if (!report) return found;
  const button = make("button", { class: "btn", type: "button" }, sign("plus"), make("span", {}, report.title));
  button.addEventListener("click", async () => {
    const { key, version, title } = report;
    const id = await app.device.drafts.begin({
      form: key,
      version,
      title,
      language: app.language,
      unit: app.device.meta?.units[0]?.slug,
      session: String(session.id),
    });
    app.go(`fill/${id}`);
  });
  found.append(button);
  return found;
}
