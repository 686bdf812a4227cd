// A session that was planned on this phone, ready to be counted before the service knows of it.

/**
 * The form that records what was planned so, as the service draws it for a session that it knows.
 *
 * @param {BlankRecord} blank
 * @param {{ id: string, begins: string, fields: [string, string][] }} plan
 * @returns {RecordPackage}
 */
export function recordOf(blank, { id, begins, fields }) {
  const of = (/** @type {string} */ name) => fields.filter(([each]) => each === name);
  const kit = of("kit_version")[0]?.[1] ?? "";
  const boxes = blank.kits[kit];
  const named = boxes ? blank.kit_fields : [];
  return {
    ...{ session: id, title: "", words: blank.words, sha256: "", begins },
    html: blank.html.replace(blank.kit_place, () => boxes?.html ?? ""),
    fields: [
      ...blank.fields.map(([name, value]) => /** @type {[string, string]} */ ([name, value || id])),
      ...named.map((name) => /** @type {[string, string]} */ ([name, kit])),
    ],
    start: ["topics", "language", "partners", "partner_names"].flatMap(of),
    class_size: blank.in_class.includes(of("audience")[0]?.[1] ?? "") ? blank.class_size : 0,
    asks_used: boxes?.asks_used ?? false,
  };
}
