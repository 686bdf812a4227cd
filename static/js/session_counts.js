// The sums of the table of participants, as one types. Without it they are worked out when the page is saved.

const table = document.querySelector("[data-counts]");

/** What stands in a box; what isn't a whole number counts nothing. */
const numberIn = (box) => (/^\d+$/.test(box.value.trim()) ? Number(box.value) : 0);

const sum = (boxes) => boxes.reduce((total, box) => total + numberIn(box), 0);

function addUp() {
  const rows = [...table.querySelectorAll("[data-row]")].map((row) => [...row.querySelectorAll("[data-count]")]);
  rows.forEach((boxes) => {
    boxes[0].closest("[data-row]").querySelector("[data-sum]").value = sum(boxes);
  });
  table.querySelectorAll("[data-column-sum]").forEach((output, column) => {
    output.value = sum(rows.map((boxes) => boxes[column]));
  });
  table.querySelector("[data-whole-sum]").value = sum(rows.flat());
}

if (table) {
  table.addEventListener("input", addUp);
  window.addEventListener("pageshow", addUp);
  addUp();
}
