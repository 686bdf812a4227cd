// Counts the minutes down and lets one tap be one answer. The page works the same without it.

/** @type {Record<string, { left: (minutes: number) => string, late: string }>} */
const WORDS = {
  sq: { left: (n) => (n === 1 ? "edhe 1 minutë" : `edhe ${n} minuta`), late: "afati kaloi" },
  en: { left: (n) => (n === 1 ? "1 minute left" : `${n} minutes left`), late: "the time is over" },
};

const words = WORDS[document.documentElement.lang] ?? WORDS.sq;
const due = document.querySelector("[data-answer-by]");

/** @param {HTMLElement} place */
function countDown(place) {
  const minutes = Math.floor((Date.parse(place.dataset.answerBy ?? "") - Date.now()) / 60000);
  place.textContent = minutes >= 0 ? words.left(minutes) : words.late;
}

if (due) {
  countDown(due);
  setInterval(countDown, 15000, due);
}

for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (submission) => {
    if (form.dataset.sent) submission.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 8000);
  });
}

// A page restored from the browser's memory asks the server again.
addEventListener("pageshow", (shown) => {
  if (shown.persisted) location.reload();
});
