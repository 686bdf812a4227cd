// Beside a text: counts it and shows it as its recipient gets it while it is written (notifications/text_pages/views.py).
// Without scripts the button "Check and preview" does the same.

const PAUSE = 600; // ms without a keystroke

for (const form of document.querySelectorAll("form[data-vatra-texts]")) {
  if (form instanceof HTMLFormElement) watch(form);
}

/** @param {HTMLFormElement} form */
function watch(form) {
  const results = form.querySelector("[data-vatra-texts-check]");
  if (!results) return;
  let timer = 0;
  let asked = 0;

  const check = async () => {
    asked += 1;
    const turn = asked;
    const body = new FormData(form);
    body.set("do", "check");
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        headers: { "X-Requested-With": "XMLHttpRequest" },
        body,
      });
      if (answer.ok && turn === asked) results.innerHTML = await answer.text();
    } catch {
      // Without a network the button says so when it is pressed.
    }
  };

  form.addEventListener("input", (event) => {
    if (!(event.target instanceof HTMLElement) || !("vatraText" in event.target.dataset)) return;
    clearTimeout(timer);
    timer = window.setTimeout(check, PAUSE);
  });
}
