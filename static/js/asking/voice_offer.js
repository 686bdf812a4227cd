// Whether this browser can record: without a microphone, and without this script, nothing is offered.

const canRecord = () =>
  Boolean(navigator.mediaDevices?.getUserMedia) && "MediaRecorder" in window && "AudioContext" in window;

/**
 * Offer a voice message where the page has a place for one. What records is loaded once somebody wants to speak.
 *
 * @param {HTMLFormElement} form
 * @param {(work: string) => void} onRefused
 */
export function offerVoice(form, onRefused) {
  const section = /** @type {HTMLElement | null} */ (document.querySelector("[data-voice]"));
  const button = /** @type {HTMLElement | null} */ (section?.querySelector("[data-voice-open]"));
  if (!section || !button || !canRecord()) return;
  section.hidden = false;
  button.addEventListener("click", async () => {
    try {
      const { openRecorder } = await import(section.dataset.voice ?? "");
      button.hidden = true;
      openRecorder({ section, form, onRefused });
    } catch {
      const status = /** @type {HTMLElement} */ (section.querySelector("[data-voice-status]"));
      status.textContent = section.dataset.unloaded ?? "";
    }
  });
}

/** Say on the first page that one can speak on the last. */
export function announceVoice() {
  for (const each of document.querySelectorAll("[data-can-speak]")) each.toggleAttribute("hidden", !canRecord());
}
