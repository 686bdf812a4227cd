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
  part(screen, "title").focus();
  return {};
}

/**
 * @param {PhoneApp} app
 * @param {PackSession} session
 * @param {PackForm | undefined} report
 */
function panel(app, session, report) {
  const facts = (session.facts ?? []).flatMap(({ label, value }) => [make("dt", {}, label), make("dd", {}, value)]);
  const about = [session.starts_at ? clock(session.starts_at) : "", session.place ?? ""].filter(Boolean).join(" · ");
  const inside = [
    make("h2", {}, session.title),
    make("p", { class: "muted" }, about),
    make("dl", { class: "facts" }, ...facts),
  ];
  const found = make("section", { class: "panel mb-4" }, ...inside);
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
      session: session.id ?? session.key,
    });
    app.go(`fill/${id}`);
  });
  found.append(button);
  return found;
}
