// Counts the minutes down and lets one tap be one answer. The page works the same without it.

const due = document.querySelector("[data-answer-by]");

/** @param {HTMLElement} place */
function countDown(place) {
  const minutes = Math.floor((Date.parse(place.dataset.answerBy ?? "") - Date.now()) / 60000);
  const { one, several, late } = /** @type {Record<string, string>} */ (place.dataset);
  place.textContent = minutes < 0 ? late : minutes === 1 ? one : several.replace("0", String(minutes));
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
