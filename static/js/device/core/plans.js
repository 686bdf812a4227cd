/** Sessions that were planned on this phone, with the form that records each: until the service has them on its list. */

const ROW = "planned ";

export class Plans {
  /** @param {DevicePack} pack where rows lie sealed */
  constructor(pack) {
    this.pack = pack;
  }

  /** Stores what a plan needs here. It counts for nothing before the plan of this id is finished. @param {Planned} plan */
  put(plan) {
    return this.pack.put(this.pack.context.open(), ROW + plan.id, plan);
  }

  /** @param {string} id @returns {Promise<Planned | null>} */
  get(id) {
    return this.pack.read(this.pack.context.open(), ROW + id);
  }

  /**
   * Those that are finished and that the service doesn't list among these, the earliest first.
   *
   * @param {PackedSession[]} [sessions]
   * @returns {Promise<Planned[]>}
   */
  async list(sessions = []) {
    const { store } = this.pack.context;
    const found = [];
    for (const { id } of await store.all("queue")) {
      if (isListed(id, sessions)) continue;
      const plan = await this.get(id);
      if (plan) found.push(plan);
    }
    const when = (/** @type {Planned} */ { date, starts_at }) => `${date} ${starts_at}`;
    return found.sort((one, other) => when(one).localeCompare(when(other)));
  }

  /**
   * Lets go of those that had arrived when the service was asked for its list, which is the truth from then on, and of
   * those that are no longer spoken of here. `used`: ids of drafts, and of sessions that drafts are about.
   *
   * @param {Set<string>} used
   * @param {number} askedAt
   */
  async clear(used, askedAt) {
    await this.pack.context.store.run(["pack", "queue"], "readwrite", async (requests) => {
      const rows = await requests.all("queue");
      const hasArrived = (/** @type {QueueRow} */ { state, at }) => /^(?:server|told)$/.test(state) && at <= askedAt;
      const needed = new Set(rows.filter((each) => !hasArrived(each)).map(({ id }) => id));
      for (const row of await requests.all("pack")) {
        if (!row.id.startsWith(ROW)) continue;
        const id = row.id.slice(ROW.length);
        if (!used.has(id) && !needed.has(id)) await requests.remove("pack", row.id);
      }
    });
  }
}

/** @param {string} id @param {PackedSession[]} sessions */
const isListed = (id, sessions) => sessions.some((each) => each.id === id || each.plans?.includes(id));
