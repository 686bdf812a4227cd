/** Takes out of a lock file what names addresses and installs nothing: where to send money to a package's makers. */

import { readFileSync, writeFileSync } from "node:fs";

const [path] = process.argv.slice(2);
const lock = JSON.parse(readFileSync(path, "utf8"));
for (const entry of Object.values(lock.packages)) delete entry.funding;
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
