// allauth's script only writes to the console when a security key fails or its window is closed. People need words, and
// the right ones: what to do differs. The sentences stand in the page (templates/mfa/webauthn/_failed.html).

const told = /** @type {HTMLElement} */ (document.getElementById("key-failed"));

/** Which sentence fits, by the name of the browser's error. */
const KINDS = /** @type {Record<string, string>} */ ({
  NotAllowedError: "closed",
  AbortError: "closed",
  InvalidStateError: "known",
  SecurityError: "address",
  NotSupportedError: "browser",
});

/** @param {string} kind */
function say(kind) {
  told.hidden = true; // hidden and shown again, so that a second failure is announced too
  requestAnimationFrame(() => {
    for (const words of told.querySelectorAll("[data-kind]")) words.hidden = words.dataset.kind !== kind;
    told.hidden = false;
  });
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const name = event.detail?.exception?.name ?? "";
  say(window.PublicKeyCredential ? (KINDS[name] ?? "other") : "browser");
});
