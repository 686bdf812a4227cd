/** Kits on the phone: those of the sessions that are still to be held, and those that their worker takes along. */

import { Unreachable } from "./errors.js";
import { ownPath } from "./service.js";

const AGE = 7 * 86_400_000; // after which a kit is brought again: its pictures may have come into the library since
const CHOSEN = "kits chosen";

export class Kits {
  /** @param {DevicePack} pack where rows lie sealed */
  constructor(pack) {
    this.pack = pack;
  }

  /**
   * A kit's package, or null when it isn't on this phone.
   *
   * @param {PackedKit} kit
   * @returns {Promise<KitPackage | null>}
   */
  async get(kit) {
    return this.pack.read(this.pack.context.open(), rowOf(kit));
  }

  /** The kits that their worker takes along, by their number whatever the version. @returns {Promise<number[]>} */
  async chosen() {
    return (await this.pack.read(this.pack.context.open(), CHOSEN))?.kits ?? [];
  }

  /** The versions that lie on this phone. @returns {Promise<Set<number>>} */
  async here() {
    const rows = await this.pack.context.store.all("pack");
    return new Set(rows.filter(({ id }) => id.startsWith("kit ")).map(({ id }) => Number(id.split(" ")[2])));
  }

  /**
   * Takes a kit along from the next contact on, or no longer.
   *
   * @param {PackedKit} kit
   * @param {boolean} isTaken
   */
  async choose(kit, isTaken) {
    const others = (await this.chosen()).filter((each) => each !== kit.kit);
    await this.pack.put(this.pack.context.open(), CHOSEN, { kits: isTaken ? [...others, kit.kit] : others });
    if (!isTaken && !kit.planned) await this.remove((id) => id === rowOf(kit));
    this.pack.context.changed();
  }

  /**
   * Brings the kits that are wanted and aren't here, and lets go of the others. An older version stays until the one that
   * takes its place is here. One that doesn't come leaves the others alone.
   *
   * @param {DeviceSession} session
   * @param {ServiceClient} service
   * @param {{ token: string, kits: PackedKit[] }} what
   */
  async bring(session, service, { token, kits }) {
    const chosen = await this.chosen();
    const wanted = kits.filter((kit) => kit.planned || chosen.includes(kit.kit));
    const missing = new Set();
    let isBroken = false;
    for (const kit of wanted) {
      const isHere = await this.one(session, service, { token, kit }).catch((error) => {
        if (!(error instanceof Unreachable)) throw error;
        isBroken = true;
        return false;
      });
      if (!isHere && !(await this.get(kit))) missing.add(kit.kit);
    }
    const stays = new Set(wanted.map(rowOf));
    await this.remove((id) => !stays.has(id) && !missing.has(Number(id.split(" ")[1])));
    if (isBroken) throw new Unreachable();
  }

  /**
   * @param {DeviceSession} session
   * @param {ServiceClient} service
   * @param {{ token: string, kit: PackedKit }} what
   */
  async one(session, service, { token, kit }) {
    const now = this.pack.context.env.now();
    const stored = await this.pack.read(session, rowOf(kit));
    if (stored && Math.abs(now - (stored.broughtAt ?? 0)) < AGE) return true;
    const { status, body } = await service.ask({ token, path: ownPath(kit.package) });
    if (status !== 200) return false;
    await this.pack.put(session, rowOf(kit), { ...body, broughtAt: now });
    return true;
  }

  /** @param {(id: string) => boolean} isOver */
  async remove(isOver) {
    await this.pack.context.store.run(["pack"], "readwrite", async (requests) => {
      for (const { id } of await requests.all("pack"))
        if (id.startsWith("kit ") && isOver(id)) await requests.remove("pack", id);
    });
  }
}

/** @param {PackedKit} kit */
const rowOf = (kit) => `kit ${kit.kit} ${kit.id}`;
