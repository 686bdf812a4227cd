/** Setting up, opening by the PIN, and what five wrong ones or the duress PIN do. */

import { fromBase64url } from "./bytes.js";
import { Session } from "./context.js";
import { DeviceError } from "./errors.js";
import { canStretch, firstStretch, stretch } from "./kdf.js";
import { DRAFT_KEY, makeSlot, makeVaultSlot, openShare, openSlot, sealShare, takeDraftKey } from "./keys.js";
import { pinProblem } from "./pin.js";
import { importKey, makeKey, openRecord, sealRecord } from "./seal.js";

export const MAX_WRONG = 5;
const CONTACT_HOURS = 72;

/** @param {string} pin */
function mustBeGood(pin) {
  const problem = pinProblem(pin);
  if (problem) throw new DeviceError(problem);
}

/** @param {string} pin */
const plain = (pin) => pin.normalize("NFKC").trim();

/**
 * Sets the phone up by what the service answered. It is open afterwards. Raises DeviceError: of the PIN, "pin-same" when
 * both are one, "exists" when the phone is set up.
 *
 * @param {DeviceContext} context
 * @param {{ pin: string, duressPin?: string, registered: Registered }} options
 */
export async function setUp(context, { pin, duressPin, registered }) {
  mustBeGood(pin);
  if (duressPin) mustBeGood(duressPin);
  if (duressPin && plain(duressPin) === plain(pin)) throw new DeviceError("pin-same");
  const { env, store } = context;
  const now = env.now();
  const { device } = registered;
  const [deviceKey, queueKey] = [await makeKey(env), await makeKey(env)];
  const share = fromBase64url(registered.share);
  const raw = env.random(DRAFT_KEY);
  const draftKey = await importKey(env, raw);
  const { kdf, stretched } = await firstStretch(env, pin);
  // Without a duress PIN its slot holds another key under random bytes: nobody can tell which it is.
  const other = duressPin ? await stretch(env, duressPin, kdf) : env.random(32);
  const rows = await Promise.all([
    makeSlot(env, { id: "pin", deviceKey, stretched, share, draftKey: raw }),
    makeSlot(env, { id: "duress", deviceKey, stretched: other, share, draftKey: env.random(DRAFT_KEY) }),
    makeVaultSlot(env, { device, key: registered.keys[0], draftKey: raw }),
    sealShare(env, deviceKey, share).then((sealed) => ({ id: /** @type {const} */ ("share"), ...sealed })),
    sealToken(env, queueKey, "queueToken", registered.queue_token),
    sealToken(env, draftKey, "readToken", registered.read_token),
    sealProfile(env, draftKey, registered),
  ]);
  raw.fill(0);
  stretched.fill(0);
  const said = Date.parse(registered.now);
  const hours = registered.contact_hours ?? CONTACT_HOURS;
  const seenAt = { seenAt: said, latest: said, ahead: now - said, hours };
  /** @type {DeviceRow} */
  const row = {
    ...{ id: "device", device, kdf, wrong: 0, ...seenAt, keys: registered.keys, needsRenewal: false },
    renewBy: registered.ends_at ? Date.parse(registered.ends_at) : null,
  };
  await store.run(
    ["meta", "keys"],
    "readwrite",
    async (requests) => {
      if (await requests.get("meta", "device")) throw new DeviceError("exists");
      await requests.remove("meta", "notice");
      await requests.put("meta", row);
      await requests.put("keys", { id: "device", own: deviceKey });
      await requests.put("keys", { id: "queue", own: queueKey });
      for (const each of rows) await requests.put("keys", each);
    },
    { strict: true },
  );
  await context.read();
  context.session = new Session(device, draftKey, { person: registered.person, units: registered.units });
  context.changed();
}

/**
 * @param {Env} env
 * @param {CryptoKey} key
 * @param {"queueToken" | "readToken"} id
 * @param {string} token
 * @returns {Promise<SealedRow>}
 */
export const sealToken = async (env, key, id, token) => ({
  id,
  ...(await sealRecord(env, key, { table: "keys", id, record: { token } })),
});

/** @param {Env} env @param {CryptoKey} key @param {Registered} registered @returns {Promise<SealedRow>} */
async function sealProfile(env, key, { person, units }) {
  const record = { person, units };
  return { id: "profile", ...(await sealRecord(env, key, { table: "keys", id: "profile", record })) };
}

/** @typedef {{ row: DeviceRow, deviceKey: CryptoKey, pin: Slot, duress: Slot, vault: VaultSlot, share: Sealed, profile: SealedRow }} Found */

/**
 * Counts a try before it is made: a browser that is killed in the middle has used one up. Null when none is left, or
 * nothing is set up.
 *
 * @param {DeviceContext} context
 * @returns {Promise<Found | null>}
 */
function countTry({ store }) {
  return store.run(
    ["meta", "keys"],
    "readwrite",
    async (requests) => {
      const row = /** @type {DeviceRow | undefined} */ (await requests.get("meta", "device"));
      if (!row || row.wrong >= MAX_WRONG) return null;
      const counted = { ...row, wrong: row.wrong + 1 };
      await requests.put("meta", counted);
      return {
        row: counted,
        deviceKey: /** @type {OwnKey} */ (await requests.get("keys", "device")).own,
        pin: /** @type {Slot} */ (await requests.get("keys", "pin")),
        duress: /** @type {Slot} */ (await requests.get("keys", "duress")),
        vault: /** @type {VaultSlot} */ (await requests.get("keys", "vault")),
        share: /** @type {SealedRow} */ (await requests.get("keys", "share")),
        profile: /** @type {SealedRow} */ (await requests.get("keys", "profile")),
      };
    },
    { strict: true },
  );
}

/**
 * The draft key's bytes for a PIN; "wrong", or "wiped" after too many or the duress PIN.
 *
 * @param {DeviceContext} context
 * @param {string} pin
 * @returns {Promise<{ found: Found, raw: Bytes, stretched: Bytes } | "wrong" | "wiped">}
 */
async function tryPin(context, pin) {
  const { env } = context;
  await context.refresh();
  if (!context.row) return "wiped";
  if (!canStretch(env, context.row.kdf)) throw new DeviceError("no-kdf");
  const found = await countTry(context);
  if (!found) {
    await context.wipe("tries");
    return "wiped";
  }
  const { deviceKey } = found;
  const stretched = await stretch(env, pin, found.row.kdf).catch(() => null);
  if (!stretched) {
    await context.update((row) => ({ ...row, wrong: Math.max(0, row.wrong - 1) })); // nothing was tried
    throw new DeviceError("no-kdf");
  }
  const raw = await openSlot(env, found.pin, { deviceKey, stretched });
  const isDuress = !raw && (await openSlot(env, found.duress, { deviceKey, stretched })) !== null;
  if (raw) return { found, raw, stretched };
  if (!isDuress && found.row.wrong < MAX_WRONG) {
    await context.read();
    context.changed();
    return "wrong";
  }
  await context.wipe(isDuress ? "duress" : "tries");
  return "wiped";
}

/**
 * Opens the phone. Raises DeviceError "no-kdf", without counting, where the PIN can't be tried.
 *
 * @param {DeviceContext} context
 * @param {string} pin
 * @returns {Promise<"open" | "wrong" | "wiped">}
 */
export async function unlock(context, pin) {
  const tried = await tryPin(context, pin);
  if (typeof tried === "string") return tried;
  const { found, raw, stretched } = tried;
  const slots = await renewedSlots(context.env, tried);
  stretched.fill(0);
  const key = await takeDraftKey(context.env, raw);
  const profile = await openRecord(context.env, key, { table: "keys", id: "profile", sealed: found.profile });
  if (!(await putSlots(context, found, slots))) {
    await context.read();
    return "wiped";
  }
  await context.read();
  context.session = new Session(found.row.device, key, profile);
  context.changed();
  return "open";
}

/**
 * What has to be wrapped anew, now that the draft key is at hand: for a newer share, and for a newer key of the service.
 *
 * @param {Env} env
 * @param {{ found: Found, raw: Bytes, stretched: Bytes }} opened
 */
async function renewedSlots(env, { found: { row, deviceKey, pin, vault, share: sealedShare }, raw, stretched }) {
  /** @type {(Slot | VaultSlot)[]} */
  const slots = [];
  const share = await openShare(env, deviceKey, sealedShare);
  const used = await openShare(env, deviceKey, pin.share);
  if (share.some((byte, at) => byte !== used[at]))
    slots.push(await makeSlot(env, { id: "pin", deviceKey, stretched, share, draftKey: raw }));
  const [key] = row.keys;
  if (key && key.id !== vault.key) slots.push(await makeVaultSlot(env, { device: row.device, key, draftKey: raw }));
  return slots;
}

/**
 * Stores slots and forgets the wrong tries; false when the device is no longer there. A slot for the PIN is left out
 * when another tab has changed it meanwhile.
 *
 * @param {DeviceContext} context
 * @param {Found} found
 * @param {(Slot | VaultSlot)[]} slots
 */
function putSlots({ store }, found, slots) {
  return store.run(
    ["meta", "keys"],
    "readwrite",
    async (requests) => {
      const row = /** @type {DeviceRow | undefined} */ (await requests.get("meta", "device"));
      if (row?.device !== found.row.device) return false;
      await requests.put("meta", { ...row, wrong: 0 });
      const pin = /** @type {Slot} */ (await requests.get("keys", "pin"));
      const isSame = pin.iv.every((byte, at) => byte === found.pin.iv[at]);
      for (const slot of slots) if (slot.id !== "pin" || isSame) await requests.put("keys", slot);
      return true;
    },
    { strict: true },
  );
}

/**
 * Another PIN. The old one counts as a try. Raises DeviceError: of the new PIN; "pin-same" when it is the duress PIN.
 *
 * @param {DeviceContext} context
 * @param {string} old
 * @param {string} chosen
 * @returns {Promise<"open" | "wrong" | "wiped">}
 */
export async function changePin(context, old, chosen) {
  mustBeGood(chosen);
  const tried = await tryPin(context, old);
  if (typeof tried === "string") return tried;
  const { found, raw } = tried;
  const { env } = context;
  const { deviceKey, row } = found;
  const stretched = await stretch(env, chosen, row.kdf);
  const isDuress = (await openSlot(env, found.duress, { deviceKey, stretched })) !== null;
  const share = await openShare(env, deviceKey, found.share);
  const slot = await makeSlot(env, { id: "pin", deviceKey, stretched, share, draftKey: raw });
  raw.fill(0);
  stretched.fill(0);
  const isThere = await putSlots(context, found, isDuress ? [] : [slot]);
  await context.read();
  if (isDuress) throw new DeviceError("pin-same");
  return isThere ? "open" : "wiped";
}

/**
 * The tokens of a renewal (`POST device-renewal`). The phone is open.
 *
 * @param {DeviceContext} context
 * @param {{ queue_token: string, read_token: string, ends_at?: string }} tokens
 */
export async function renewed(context, tokens) {
  const { env, store } = context;
  const { key } = context.open();
  const queue = /** @type {OwnKey | undefined} */ (await store.get("keys", "queue"));
  if (!queue) throw new DeviceError("none");
  const rows = [
    await sealToken(env, queue.own, "queueToken", tokens.queue_token),
    await sealToken(env, key, "readToken", tokens.read_token),
  ];
  await store.run(["keys", "meta"], "readwrite", async (requests) => {
    const row = /** @type {DeviceRow | undefined} */ (await requests.get("meta", "device"));
    if (!row) throw new DeviceError("none");
    const renewBy = tokens.ends_at ? Date.parse(tokens.ends_at) : row.renewBy;
    await requests.put("meta", { ...row, renewBy, needsRenewal: false });
    for (const each of rows) await requests.put("keys", each);
  });
  await context.read();
  context.changed();
}
