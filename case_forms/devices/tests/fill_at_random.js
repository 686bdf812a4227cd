/**
 * Fills a form package at random, as often as asked, and says each time what was entered and what the phone refuses.
 * Called in a page with the scripts of the service (test_filling_twin.py).
 */
async ({ taken, day, seed, times }) => {
  const { mount } = await import("/static/js/device/pages/filling/mount.js");
  const { readFields } = await import("/static/js/device/pages/filling/stored.js");
  const { addRow } = await import("/static/js/device/pages/filling/rows.js");
  const texts = ["", "x", "12", "-3", "99999999999", "1,5", "0.1", "31.12.2012", "2012-02-31", "2030-01-01", "1890-05-05",
    "7K2M9Q", "069 123 4567", "+39 06 1234567", "12345", "ana@example.org", "ana@", "14:05", "9.5", "25:00", "  ", "ë".repeat(301),
    "a\u0001b", "2012", "13", "2", "0", "120", "121"];
  const longs = ["", "x", "two\nlines", "y".repeat(2001), "z".repeat(20001), " \n "];
  let state = seed;
  const random = () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
  const one = (list) => list[Math.floor(random() * list.length)];
  const form = document.getElementById("section");
  const found = [];
  for (let round = 0; round < times; round += 1) {
    const whole = mount(form, taken, { day, fields: [], attach() {} });
    const share = random();
    for (let pass = 0; pass < 3; pass += 1) {
      for (const repeat of [...form.querySelectorAll(".repeat[data-item]")]) {
        if (random() < 0.4) addRow(form, taken, repeat.dataset.item);
      }
      whole.look();
      for (const field of [...form.elements]) {
        if (!field.name || !field.isConnected || field.type === "hidden" || field.type === "file") continue;
        if (random() > share) continue;
        if (field.type === "radio" || field.type === "checkbox") field.checked = random() < 0.5;
        else if (field.tagName === "SELECT") field.selectedIndex = Math.floor(random() * field.options.length);
        else if (field.type === "date") field.value = one(["", "2012-05-03", "1899-01-01", "2030-02-02", day]);
        else if (field.type === "datetime-local") field.value = one(["", "2012-05-03T10:00", "1899-01-01T00:00", `${day}T09:30`]);
        else field.value = one(field.tagName === "TEXTAREA" ? longs : texts);
      }
      whole.refresh();
    }
    const fields = readFields(form);
    const again = mount(form, taken, { day, fields, attach() {} });
    found.push({
      fields,
      restored: readFields(form),
      problems: again.problems.map(({ name, words }) => [name, words]),
      sections: again.states.filter((each) => each.isAsked).map((each) => each.key),
      confirm: again.toConfirm().map((each) => each.key),
    });
  }
  return found;
}
