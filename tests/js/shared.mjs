/** The files that Python's tests read too. */

import { readFileSync } from "node:fs";

/** @param {string} path from the top of the project */
export const readJson = (path) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"));
