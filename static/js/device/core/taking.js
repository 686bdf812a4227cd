/** A draft that its worker began on the pages and offered to this phone: it goes on here under the same UUID. */

import { Unreachable } from "./errors.js";
import { Service } from "./service.js";

/** @typedef {{ is: "here" | "taken" | "ended" | "signedOut" | "unreachable" | "refused", why?: string }} Taken `why`: in words */

/**
 * Takes the draft along, sealed under the draft key, with the form that it is of. "here": it is on this phone already, as
 * a draft or finished, and stays as it is.
 *
 * @param {DeviceContext} context
 * @param {{ drafts: DeviceDrafts, pack: DevicePack, id: string, language: string }} what
 * @returns {Promise<Taken>}
 */
export async function takeDraft(context, { drafts, pack, id, language }) {
  const session = context.open();
  const isHere = async () => Boolean((await context.store.get("drafts", id)) ?? (await context.store.get("queue", id)));
  if (await isHere()) return { is: "here" };
  try {
    const service = new Service(context.env);
    const token = await pack.token(session);
    const path = `device-drafts/${encodeURIComponent(id)}?language=${language}`;
    const { status, body } = await service.ask({ token, method: "POST", path });
    if (status === 410) return { is: "ended" };
    if (status === 401 || status === 403) return { is: "signedOut" };
    if (status === 409) return { is: "refused", why: String(body?.title ?? "") };
    if (status !== 200 || body?.id !== id) return { is: "unreachable" };
    const form = { key: body.form, version: body.version, sha256: body.sha256, package: body.package };
    await pack.bring(session, service, { token, form, language });
    if (!(await pack.form(form.key, form.version, language))) return { is: "unreachable" };
    const draft = {
      ...{ form: form.key, version: form.version, title: body.title, language, unit: body.unit },
      ...{ fields: body.fields, section: body.section, there: body.there },
      ...{ occurredAt: body.occurred_at, occurredByClock: false },
      ...{ begunAt: body.begun_at, changedAt: body.changed_at },
    };
    await drafts.put(session, id, draft, null); // another page of this phone may have been faster
    context.changed();
    return { is: "taken" };
  } catch (error) {
    if (error instanceof Unreachable) return { is: "unreachable" };
    throw error;
  }
}
