// The phone's start page: what can be begun, what is begun, what is on its way, whom one can call.

import { clock, make, PLAN, part, RECORD, show, sign, tellMore, word } from "../dom.js";
import { listNumbers } from "./calls.js";
import { queueLine } from "../queue_lines.js";

const DAY = 24 * 3_600_000;
/** Of what is no form of the builder's. @type {Record<string, string>} */
const SCREENS = { [RECORD]: "record", [PLAN]: "plan" };

/** @type {(app: PhoneApp) => Promise<PhoneScreen>} */
export async function home(app) {
  const screen = show("home");
  const { meta } = app.device;
  part(screen, "unit").textContent = meta?.units.map((unit) => unit.name).join(", ") || word("startPage");
  part(screen, "send").addEventListener("click", () => void app.sync());
  let isBeginning = false;
  screen.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("button[data-form]");
    if (!button || isBeginning) return;
    isBeginning = true;
    void begin(app, button.dataset.form ?? "").finally(() => {
      isBeginning = false;
    });
  });
  const refresh = async () => {
    tellNetwork(screen, app);
    offerForms(screen, app.pack?.forms ?? []);
    await listDrafts(screen, app);
    await listQueue(screen, app);
    listPack(screen, app.pack);
  };
  await refresh();
  return { refresh };
}

/**
 * @param {PhoneApp} app
 * @param {string} key
 */
async function begin(app, key) {
  const form = app.pack?.forms.find((each) => each.key === key);
  if (!form) return;
  const id = await app.device.drafts.begin({
    form: form.key,
    version: form.version,
    title: form.title,
    language: app.language,
    unit: app.device.meta?.units[0]?.slug,
  });
  app.go(`fill/${id}`);
}

/**
 * @param {HTMLElement} screen
 * @param {PhoneApp} app
 */
function tellNetwork(screen, app) {
  const seen = app.device.meta?.seenAt;
  const name = app.isSignedOut ? "signedOut" : app.isReached ? "online" : "offlineSince";
  const icon = { signedOut: "warning", online: "delivered", offlineSince: "offline" }[name];
  part(screen, "network").replaceChildren(sign(icon), make("span", {}, word(name, { time: clock(seen) })));
  part(screen, "sign-in").hidden = !app.isSignedOut;
  const ends = part(screen, "ends");
  const left = (app.device.meta?.endsAt ?? 0) - Date.now();
  const { needsRenewal = false, renewBy = null, endsAt = 0 } = app.device.meta ?? {};
  const said = [
    needsRenewal && word("renew", { time: clock(endsAt) }),
    !needsRenewal && left < DAY && word("endsSoon", { time: clock(endsAt) }),
    !needsRenewal && renewBy && renewBy - Date.now() < 7 * DAY && word("renewSoon", { time: clock(renewBy) }),
  ].filter(Boolean);
  ends.hidden = said.length === 0;
  ends.textContent = said.join(" ");
}

/**
 * @param {HTMLElement} screen
 * @param {PackForm[]} forms
 */
function offerForms(screen, forms) {
  const first = forms.filter((form) => form.group === "");
  const others = forms.filter((form) => form.group !== "");
  part(screen, "no-forms").hidden = forms.length > 0;
  part(screen, "more").hidden = others.length === 0;
  part(screen, "first").replaceChildren(...first.map((form, index) => beginButton(form, index === 0)));
  /** @type {Map<string, PackForm[]>} */
  const groups = new Map();
  for (const form of others) groups.set(form.group, [...(groups.get(form.group) ?? []), form]);
  const folds = [...groups].map(([label, inside]) =>
    make(
      "details",
      { class: "fold form-group" },
      make("summary", {}, make("span", {}, `${label} (${inside.length})`)),
      make("div", { class: "begin two-up" }, ...inside.map((form) => beginButton(form, false))),
    ),
  );
  const place = part(screen, "groups");
  const text = folds.map((fold) => fold.textContent).join("\n");
  if (place.dataset.shown === text) return; // what is unfolded stays so
  place.dataset.shown = text;
  place.replaceChildren(...folds);
}

/**
 * @param {PackForm} form
 * @param {boolean} isFirst
 */
function beginButton(form, isFirst) {
  const look = `btn btn-wide btn-begin${isFirst ? " btn-next" : ""}`;
  return make(
    "button",
    { class: look, type: "button", "data-form": form.key },
    sign("plus"),
    make("span", {}, form.title),
  );
}

/**
 * @param {HTMLElement} screen
 * @param {PhoneApp} app
 */
async function listDrafts(screen, app) {
  const drafts = await app.device.drafts.list();
  const queued = await app.device.queue.list();
  const isHere = new Set([...drafts.map(({ id }) => id), ...queued.map(({ uuid }) => uuid)]);
  const offered = (app.pack?.offered ?? []).filter(({ id }) => !isHere.has(id));
  part(screen, "no-drafts").hidden = drafts.length + offered.length > 0;
  part(screen, "drafts").replaceChildren(
    ...offered.map(({ id, title }) =>
      make(
        "li",
        { class: "card row row-between card-line draft-line" },
        make("a", { class: "card-link", href: `#/take/${id}` }, title),
        make("span", { class: "muted" }, word("offered")),
      ),
    ),
    ...drafts.map((draft) => {
      const about = [draft.copyOf ? word("copy") : "", word("saved", { time: clock(draft.changedAt) })].filter(Boolean);
      return make(
        "li",
        { class: "card row row-between card-line draft-line" },
        make("a", { class: "card-link", href: `#/${SCREENS[draft.form] ?? "fill"}/${draft.id}` }, draft.title),
        make("span", { class: "muted" }, about.join(" · ")),
      );
    }),
  );
}

/**
 * @param {HTMLElement} screen
 * @param {PhoneApp} app
 */
async function listQueue(screen, app) {
  const items = await app.device.queue.list();
  part(screen, "no-queue").hidden = items.length > 0;
  part(screen, "send").hidden = !items.some((item) => item.state === "phone");
  part(screen, "queue").replaceChildren(...items.map(queueLine));
}

/**
 * @param {HTMLElement} screen
 * @param {Pack | null} pack
 */
function listPack(screen, pack) {
  part(screen, "pack-age").textContent = pack ? word("asOf", { time: clock(pack.made_at) }) : "";
  part(screen, "no-numbers").hidden = listNumbers(part(screen, "numbers"), pack) > 0;
  part(screen, "day-section").hidden = !pack;
  part(screen, "day-age").textContent = pack ? word("asOf", { time: clock(pack.made_at) }) : "";
  part(screen, "no-day").hidden = (pack?.day.length ?? 0) > 0;
  tellMore(part(screen, "more-day"), pack?.more?.day);
  part(screen, "day").replaceChildren(
    ...(pack?.day ?? []).map((line) => {
      const form = pack?.forms.find((each) => each.key === line.form)?.title ?? "";
      const time = word(line.late ? "wasDue" : "due", { time: clock(line.due) });
      return make(
        "li",
        { class: `line${line.late ? " case-loud device-late" : ""}` },
        make("span", {}, make("strong", { class: "code" }, line.case), form ? ` ${form}` : ""),
        make("span", { class: "muted" }, time),
      );
    }),
  );
  part(screen, "road-section").hidden = !pack?.cases.length;
  part(screen, "cases").replaceChildren(
    ...(pack?.cases ?? []).map((each) =>
      make(
        "details",
        { class: "fold" },
        make("summary", {}, make("span", { class: "code" }, each.reference)),
        make(
          "dl",
          { class: "facts" },
          ...each.facts.flatMap(({ label, value }) => [make("dt", {}, label), make("dd", {}, value)]),
        ),
        make("p", { class: "muted" }, word("readableUntil", { time: clock(each.expires_at) })),
      ),
    ),
  );
  part(screen, "alarm").hidden = !pack?.alarm;
}
