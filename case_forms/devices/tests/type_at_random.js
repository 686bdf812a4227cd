/**
 * Types into a form package at random, a question at a time, and says where what was followed and read a question at a
 * time differs from what is followed and read whole. Called in a page with the scripts of the service
 * (test_following_twin.py).
 */
async ({ taken, day, seed, times }) => {
  const { mount } = await import("/static/js/device/pages/filling/mount.js");
  const { FieldReader, readFields } = await import("/static/js/device/pages/filling/stored.js");
  const { addRow } = await import("/static/js/device/pages/filling/rows.js");
  const texts = ["", "x", "12", "-3", "2", "1", "0", "1,5", "2030-01-01", "14:05", "ana@example.org", "  "];
  let state = seed;
  const random = () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
  const one = (list) => list[Math.floor(random() * list.length)];
  const form = document.getElementById("section");
  const shownOf = () =>
    [...form.querySelectorAll("[data-item], [data-output], .q-required, [aria-required], option, .q-choice input")].map(
      (each) => [each.dataset?.item ?? each.value ?? "", each.hidden, each.getAttribute("aria-required")],
    );
  const outputs = () => [...form.querySelectorAll("[data-output]")].map((each) => each.textContent);
  const found = { differing: [], pressed: 0, left: 0 };
  for (let round = 0; round < times; round += 1) {
    const whole = mount(form, taken, { day, fields: [], attach() {} });
    const reader = new FieldReader(form);
    reader.read();
    let last = [];
    const looks = whole.question.bind(whole);
    let asked = 0;
    whole.question = (...given) => {
      asked += 1;
      return looks(...given);
    };
    for (let press = 0; press < 30; press += 1) {
      const fields = [...form.elements].filter(
        (field) => field.name && field.type !== "hidden" && field.type !== "file" && field.closest(".entry"),
      );
      const repeats = [...form.querySelectorAll(".repeat[data-item]")];
      if (repeats.length && random() < 0.15) {
        addRow(form, taken, one(repeats).dataset.item);
        whole.look();
        reader.doubt(null);
      } else if (fields.length) {
        const field = one(fields);
        if (field.type === "radio" || field.type === "checkbox") field.checked = random() < 0.7;
        else if (field.tagName === "SELECT") field.selectedIndex = Math.floor(random() * field.options.length);
        else if (field.type === "date") field.value = one(["", "2012-05-03", "2030-02-02", day]);
        else if (field.type === "datetime-local") field.value = one(["", "2012-05-03T10:00", `${day}T09:30`]);
        else field.value = one(texts);
        reader.doubt(whole.mark(field));
      }
      last = [field_names(), reader.read(), readFields(form)];
      if (JSON.stringify(last[1]) !== JSON.stringify(last[2])) found.differing.push(["read before the rules", ...last]);
      asked = 0;
      whole.refresh();
      found.left += asked;
      reader.doubt(whole.lookedAt);
      const followed = seen(reader.read());
      whole.markAll();
      whole.refresh();
      reader.doubt(whole.lookedAt);
      const anew = seen(readFields(form));
      if (followed !== anew) found.differing.push(["followed", followed, anew]);
      found.pressed += 1;
      found.whole = asked;
      if (found.differing.length) return found;
    }
    function field_names() {
      return [...form.elements].map((each) => each.name);
    }
    function seen(fields) {
      const { states, problems, answers } = whole;
      return JSON.stringify({ states, problems, answers, fields, shown: shownOf(), outputs: outputs() });
    }
  }
  return found;
}
