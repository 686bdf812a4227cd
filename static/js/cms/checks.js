// Beside the editor: sends the form as it stands to the checks and shows what they say (content/checks/views.py).

const PAUSE = 1200; // ms without a keystroke

for (const section of document.querySelectorAll("[data-vatra-checks]")) watch(section);

/** @param {HTMLElement} section */
function watch(section) {
  /** @type {HTMLFormElement | null} */
  const form = document.querySelector("form[data-edit-form], #page-edit-form");
  const results = section.querySelector("[data-vatra-checks-results]");
  const failed = section.querySelector("[data-vatra-checks-failed]");
  if (!form || !results || !failed) return;
  let timer = 0;
  let asked = 0;

  const ask = async (typed = true) => {
    asked += 1;
    const turn = asked;
    const request = { headers: { "X-Requested-With": "XMLHttpRequest" } };
    if (typed) Object.assign(request, { method: "POST", body: new FormData(form) });
    try {
      const answer = await fetch(section.dataset.vatraChecks ?? "", request);
      if (!answer.ok) throw new Error(String(answer.status));
      const html = await answer.text();
      if (turn === asked) show(html);
    } catch {
      if (turn === asked) failed.hidden = false;
    }
  };

  const show = (/** @type {string} */ html) => {
    failed.hidden = true;
    if (results.dataset.last === html) return; // nothing new: readers by ear aren't told again
    results.dataset.last = html;
    results.innerHTML = html;
  };

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE, true);
  };

  const saved = (/** @type {DocumentEventMap["w-autosave:success"]} */ event) => {
    const page = event.detail?.response?.pk; // a page that didn't exist until now, and has an address of its own since
    if (page) section.dataset.vatraChecks = section.dataset.vatraChecksOfPage?.replace("/0/", `/${page}/`);
    later();
  };

  form.addEventListener("input", later);
  form.addEventListener("change", later);
  document.addEventListener("w-autosave:success", saved);
  // The page as it was saved; the form's parts are still being put together. A new page has nothing to look at yet.
  if (section.dataset.saved) ask(false);
}
