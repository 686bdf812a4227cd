/** What the phone takes along: forms, numbers, the day, kits. All of it sealed under the draft key. */

import { DeviceError, Unreachable } from "./errors.js";
import { Kits } from "./kits.js";
import { Plans } from "./plans.js";
import { openRecord, sealRecord } from "./seal.js";
import { ownPath, Service } from "./service.js";

const LISTS_AGE = 4 * 3_600_000; // after which a form is brought again: its lists of sessions and colleagues change

/** @typedef {{ key: string, version: number, sha256: string, package: string }} PackedForm */

export class Pack {
  /** @param {DeviceContext} context */
  constructor(context) {
    this.context = context;
    this.kits = new Kits(this);
    this.sessions = new SessionForms(this);
  }

  /**
   * Brings the pack and its forms up to date. One form that doesn't come leaves the others alone.
   *
   * @param {string} [language]
   * @returns {Promise<"ok" | "ended" | "signed-out" | "unreachable">}
   */
  async refresh(language = "sq") {
    const session = this.context.open();
    const service = new Service(this.context.env);
    const askedAt = this.context.env.now();
    try {
      const token = await this.token(session);
      const { status, body } = await service.ask({ token, path: `device-pack?language=${language}` });
      if (status === 410) return "ended";
      if (status === 401 || status === 403) return "signed-out";
      if (status !== 200) return "unreachable";
      await this.put(session, `pack ${language}`, body);
      for (const form of body.forms ?? []) await this.bring(session, service, { token, form, language });
      const { sessions = [], session_plan: plan } = body;
      await this.sessions.bring(session, service, { token, sessions, plan, language });
      await this.clear(session, body, { language, askedAt });
      await this.kits.bring(session, service, { token, kits: body.kits ?? [] });
    } catch (error) {
      if (error instanceof Unreachable) return "unreachable";
      throw error;
    }
    this.context.changed();
    return "ok";
  }

  /**
   * The pack as it stood at the last contact, without the cases whose time here is over; null when there is none.
   *
   * @param {string} [language]
   */
  async get(language = "sq") {
    const pack = await this.read(this.context.open(), `pack ${language}`);
    if (!pack) return null;
    const now = this.context.env.now();
    const isCurrent = (/** @type {{ expires_at?: string }} */ one) => !(Date.parse(one.expires_at ?? "") <= now);
    return { ...pack, cases: (pack.cases ?? []).filter(isCurrent), isExpired: !isCurrent(pack) };
  }

  /**
   * A form's package, or null when the phone hasn't got it; with the sessions that this phone knows, since its lists are
   * as old as the package.
   *
   * @param {string} key
   * @param {number} version
   * @param {string} [language]
   */
  async form(key, version, language = "sq") {
    const found = await this.read(this.context.open(), formId(key, version, language));
    /** @type {{ rules?: { type: string }[] }[]} */
    const sections = found?.sections ?? [];
    if (!sections.some(({ rules = [] }) => rules.some(({ type }) => type === "session"))) return found;
    const listed = ((await this.get(language))?.sessions ?? []).filter(
      (/** @type {PackedSession} */ one) => one.package,
    );
    return { ...found, sessions: [...(await this.sessions.plans.list(listed)), ...listed] };
  }

  /** @param {DeviceSession} session */
  async token(session) {
    const { env, store } = this.context;
    const sealed = /** @type {SealedRow | undefined} */ (await store.get("keys", "readToken"));
    if (!sealed) throw new DeviceError("none");
    return (await openRecord(env, session.key, { table: "keys", id: "readToken", sealed })).token;
  }

  /**
   * @param {DeviceSession} session
   * @param {ServiceClient} service
   * @param {{ token: string, form: PackedForm, language: string }} what
   */
  async bring(session, service, { token, form, language }) {
    const id = formId(form.key, form.version, language);
    const stored = await this.read(session, id);
    const now = this.context.env.now();
    if (stored?.sha256 === form.sha256 && Math.abs(now - (stored.broughtAt ?? 0)) < LISTS_AGE) return;
    const { status, body } = await service.ask({ token, path: ownPath(form.package) });
    if (status === 200) await this.put(session, id, { ...body, broughtAt: now });
  }

  /**
   * Lets go of forms that are neither offered nor used by a draft.
   *
   * @param {DeviceSession} session
   * @param {{ forms?: PackedForm[], sessions?: PackedSession[] }} offered
   * @param {{ language: string, askedAt: number }} how
   */
  async clear(session, { forms = [], sessions = [] }, { language, askedAt }) {
    const { env, store } = this.context;
    const used = new Set();
    const needed = new Set(forms.map(({ key, version }) => formId(key, version, language)));
    for (const { id, package: address } of sessions) if (address) needed.add(sessionRow(id, language));
    for (const row of await store.all("drafts")) {
      if (row.device !== session.device) continue;
      const what = { table: "drafts", id: row.id, sealed: row };
      const draft = await openRecord(env, session.key, what).catch(() => null);
      if (!draft) return; // what can't be read may need any of them
      needed.add(formId(draft.form, draft.version, draft.language));
      used.add(row.id).add(draft.session);
      if (draft.session) needed.add(sessionRow(draft.session, draft.language));
    }
    await this.sessions.plans.clear(used, askedAt);
    await store.run(["pack"], "readwrite", async (requests) => {
      for (const { id } of await requests.all("pack"))
        if (/^(?:form|session) /.test(id) && id.endsWith(` ${language}`) && !needed.has(id))
          await requests.remove("pack", id);
    });
  }

  /** @param {DeviceSession} session @param {string} id @param {object} record */
  async put(session, id, record) {
    const { env, store } = this.context;
    const sealed = await sealRecord(env, session.key, { table: "pack", id, record });
    await store.run(["meta", "pack"], "readwrite", async (requests) => {
      const row = /** @type {DeviceRow | undefined} */ (await requests.get("meta", "device"));
      if (row?.device !== session.device) throw new DeviceError("gone");
      await requests.put("pack", { id, ...sealed });
    });
  }

  /** @param {DeviceSession} session @param {string} id */
  async read(session, id) {
    const { env, store } = this.context;
    const sealed = await store.get("pack", id);
    if (!sealed) return null;
    return openRecord(env, session.key, { table: "pack", id, sealed }).catch(() => null);
  }
}

/** @param {string} key @param {number} version @param {string} language */
const formId = (key, version, language) => `form ${key} ${version} ${language}`;

/** The forms that record the sessions of the next days, each with what is known of its session. */
class SessionForms {
  /** @param {DevicePack} pack where rows lie sealed */
  constructor(pack) {
    this.pack = pack;
    this.plans = new Plans(pack);
  }

  /**
   * A session's form, or null when it isn't on this phone.
   *
   * @param {string} session
   * @param {string} [language]
   * @returns {Promise<RecordPackage | null>}
   */
  async get(session, language = "sq") {
    const found = await this.pack.read(this.pack.context.open(), sessionRow(session, language));
    return found ?? (await this.plans.get(session))?.record ?? null;
  }

  /** The form that plans a session, or null when it isn't on this phone. @returns {Promise<PlanPackage | null>} */
  plan(language = "sq") {
    return this.pack.read(this.pack.context.open(), planRow(language));
  }

  /**
   * Brings the forms that aren't here as they are now. One that doesn't come leaves the others alone.
   *
   * @param {DeviceSession} session
   * @param {ServiceClient} service
   * @param {{ token: string, sessions: PackedSession[], plan?: string, language: string }} what
   */
  async bring(session, service, { token, sessions, plan, language }) {
    const forms = sessions.map((each) => ({ ...each, row: sessionRow(each.id, language) }));
    for (const { changed, package: address, row } of [
      ...forms,
      { changed: "", package: plan, row: planRow(language) },
    ]) {
      if (!address) continue;
      const now = this.pack.context.env.now();
      const stored = await this.pack.read(session, row);
      if (stored?.changed === changed && Math.abs(now - (stored.broughtAt ?? 0)) < LISTS_AGE) continue;
      const { status, body } = await service.ask({ token, path: ownPath(address) });
      if (status === 200) await this.pack.put(session, row, { ...body, changed, broughtAt: now });
    }
  }
}

/** @param {string} session @param {string} language */
const sessionRow = (session, language) => `session ${session} ${language}`;

/** @param {string} language */
const planRow = (language) => `plan ${language}`;
