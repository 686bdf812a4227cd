// Counts the minutes down and lets one tap be one answer. The page works the same without it.

const WORDS = {
  sq: { left: (n) => (n === 1 ? "edhe 1 minutë" : `edhe ${n} minuta`), late: "afati kaloi" },
  en: { left: (n) => (n === 1 ? "1 minute left" : `${n} minutes left`), late: "the time is over" },
};

const words = WORDS[document.documentElement.lang] ?? WORDS.sq;
const due = document.querySelector("[data-answer-by]");

function countDown() {
  const minutes = Math.floor((Date.parse(due.dataset.answerBy) - Date.now()) / 60000);
  due.textContent = minutes >= 0 ? words.left(minutes) : words.late;
}

if (due) {
  countDown();
  setInterval(countDown, 15000);
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
