/**
 * The keys go, and with them whatever could be read here. What is left is noise to this phone: drafts, which the service
 * opens by its own slot, and what was finished for it. Both leave at the next contact.
 */

/**
 * Leaves no word of it after the duress PIN: the app is then as one that was never set up.
 *
 * @param {{ env: Env, store: DeviceStore }} context
 * @param {WipeReason | "duress"} why
 */
export async function wipe({ env, store }, why) {
  /** @type {(keyof Tables)[]} */
  const tables = ["meta", "keys", "remains", "files", "chunks", "queue", "pack"];
  await store.run(
    tables,
    "readwrite",
    async (requests) => {
      const row = /** @type {DeviceRow | undefined} */ (await requests.get("meta", "device"));
      if (!row) return;
      const slot = /** @type {VaultSlot} */ (await requests.get("keys", "vault"));
      const { own } = /** @type {OwnKey} */ (await requests.get("keys", "queue"));
      const { iv, data } = /** @type {SealedRow} */ (await requests.get("keys", "queueToken"));
      await requests.put("remains", { device: row.device, slot, queueKey: own, token: { iv, data } });
      for (const table of /** @type {const} */ (["meta", "keys", "chunks", "pack"])) await requests.clear(table);
      for (const file of await requests.all("files")) await requests.put("files", { ...file, sealed: null, chunks: 0 });
      for (const item of await requests.all("queue")) {
        if (item.sealed) await requests.put("queue", { ...item, title: null });
        else await requests.remove("queue", item.id);
      }
      if (why !== "duress") await requests.put("meta", { id: "notice", why, at: env.now() });
    },
    { strict: true },
  );
}
