// The screens of a phone that is open. They come after the page itself: who types a PIN doesn't wait for what forms need.

import { alarm, card, finished } from "./calls.js";
import { fill } from "./fill.js";
import { home } from "./home.js";
import { kit } from "./kit.js";
import { plan } from "./plan.js";
import { record } from "./record.js";
import { sessions } from "./sessions.js";
import { settings } from "./settings.js";
import { slides } from "./slides.js";
import { take } from "./take.js";

/** By the first word of the address; "": the start page. @type {Record<string, PhoneOpener>} */
export const SCREENS = { "": home, fill, finished, card, sessions, kit, slides, record, plan, take, alarm, settings };
