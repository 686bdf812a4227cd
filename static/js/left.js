// After "Leave quickly". The entry of the history that was left bears the address of an empty page (data-left). Whoever
// comes back to it, or to a page of ours beside it, is taken out of the site before anything is painted: a classic
// script in the head, because a module runs after the first paint. Nothing is stored; the mark is that address, and for
// the pages beside it the state of that entry (our `no-referrer` hides addresses of entries from each other).
(() => {
  const { out = "", left = "" } = document.currentScript?.dataset ?? {};
  const LEAVE_AFTER_MS = 400;
  // Where it has begun to go there, it may take its time: a slow network isn't interrupted, a dead one is.
  const WAIT_AT_MOST_MS = 8000;
  const history = window.history;
  /** @type {Navigation | undefined} */
  const navigation = window.navigation;
  // Only neighbours of our own origin are listed, so a visit begun anew after the exit isn't taken for the old one.
  const neighbours = () => navigation?.entries?.() ?? [];
  const isMarked = (/** @type {{ left?: boolean } | undefined} */ state) => Boolean(state?.left);
  const wasLeft = () => window.location.pathname === left || neighbours().some((entry) => isMarked(entry.getState()));

  function leave() {
    document.documentElement.style.display = "none";
    document.title = "\u2026";
    const ours = navigation?.currentEntry?.index ?? -1;
    let isGoing = false;
    window.addEventListener("beforeunload", () => (isGoing = true), { once: true });
    if (ours >= 0) history.go(-(ours + 1)); // to what was read before us; nothing happens where that is nothing
    setTimeout(() => (isGoing ? setTimeout(goOn, WAIT_AT_MOST_MS) : goOn()), ours >= 0 ? LEAVE_AFTER_MS : 0);
  }

  // The mark stays beside our pages, whichever of them is shown next.
  function goOn() {
    history.replaceState(null, "", left);
    navigation?.updateCurrentEntry?.({ state: { left: true } });
    history.pushState(null, "", left);
    window.location.replace(out);
  }

  // The page says in words where Back can't be led out; told before anything is painted, so nothing jumps.
  if (navigation && "entries" in navigation) document.documentElement.classList.add("leads-out");
  if (wasLeft()) leave();
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && wasLeft()) leave();
  });
})();
