// How many characters a long text has left: said once it is nearly full, and when it is too long. The server decides.

const NEARLY = 0.9; // full

/** @param {HTMLElement} widget */
export function count(widget) {
  const text = /** @type {HTMLTextAreaElement} */ (widget);
  const most = Number(text.dataset.most);
  if (!most) return;
  const said = document.createElement("p");
  said.className = "q-hint q-count";
  said.setAttribute("role", "status");
  text.after(said);
  const look = () => {
    // As the server counts: a character beyond the basic plane once, the end of a line once.
    const length = Array.from(text.value).length;
    const words = length > most ? (text.dataset.over ?? "") : (text.dataset.left ?? "");
    said.textContent = length < most * NEARLY ? "" : words.replace("{n}", String(Math.abs(most - length)));
    said.classList.toggle("q-error", length > most);
  };
  text.addEventListener("input", look);
  look();
}
