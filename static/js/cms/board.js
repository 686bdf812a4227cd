// Renews the board while it is seen. Where the server doesn't answer the board says that it is old: one that stands
// still must never look like one on which all is well.
const board = /** @type {HTMLElement} */ (document.querySelector("[data-board]"));
const each = Number(board.dataset.each) * 1000;

async function renew() {
  if (document.hidden) return;
  try {
    const answer = await fetch(board.dataset.board ?? "", {
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(each),
    });
    if (answer.type === "opaqueredirect") {
      location.reload(); // signed out or locked: the page itself leads to signing in
      return;
    }
    if (answer.status !== 200) throw new Error(String(answer.status));
    const html = await answer.text();
    // Somebody who is on a link by the keyboard stays there: what is new comes when they have left it.
    if (!board.contains(document.activeElement)) board.innerHTML = html;
    board.classList.remove("is-old");
  } catch {
    board.classList.add("is-old");
    const at = board.querySelector("[data-board-at]");
    if (at) at.textContent = board.dataset.lost ?? "";
  }
}

setInterval(renew, each);
document.addEventListener("visibilitychange", renew);
