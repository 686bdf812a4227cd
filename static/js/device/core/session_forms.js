/** The forms that record the sessions of the next days, each with what is known of its session. */

import { ownPath } from "./service.js";

const AGE = 4 * 3_600_000; // as of other forms

/** @typedef {{ id: string, package: string | null, changed: string }} PackedSession */

export class SessionForms {
  /** @param {DevicePack} pack where rows lie sealed */
  constructor(pack) {
    this.pack = pack;
  }

  /**
   * A session's form, or null when it isn't on this phone.
   *
   * @param {string} session
   * @param {string} [language]
   * @returns {Promise<RecordPackage | null>}
   */
  get(session, language = "sq") {
    return this.pack.read(this.pack.context.open(), sessionRow(session, language));
  }

  /** The form that plans a session, or null when it isn't on this phone. @returns {Promise<RecordPackage | null>} */
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
      if (stored?.changed === changed && Math.abs(now - (stored.broughtAt ?? 0)) < AGE) continue;
      const { status, body } = await service.ask({ token, path: ownPath(address) });
      if (status === 200) await this.pack.put(session, row, { ...body, changed, broughtAt: now });
    }
  }
}

/** @param {string} session @param {string} language */
export const sessionRow = (session, language) => `session ${session} ${language}`;

/** @param {string} language */
const planRow = (language) => `plan ${language}`;
