// The screens of informative sessions, which are brought after the page is there (app.js).

export { kit } from "./kit.js";
export { plan } from "./plan.js";
export { record } from "./record.js";
export { sessions } from "./sessions.js";
export { slides } from "./slides.js";
