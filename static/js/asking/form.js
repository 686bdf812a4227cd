// A page of the public form, live: what doesn't apply is hidden as one types. The server decides; nothing is sent or
// kept before "Send". Without this script everything works, a page at a time.

import { follow } from "../filling/live.js";
import { standAlone } from "../widgets/exclusive.js";
import { announceVoice } from "./voice_offer.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("section"));
const refresh = follow(form, JSON.parse(document.getElementById("form-rules")?.textContent ?? "null"));

standAlone(document);
announceVoice();
form.addEventListener("input", refresh);
form.addEventListener("change", refresh);
window.addEventListener("pageshow", refresh);
refresh();
