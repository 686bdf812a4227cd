import assert from "node:assert/strict";
import { test } from "node:test";

import { storable } from "../../static/js/builder/dom.js";

test("what a program can not store is taken out of a text, and nothing else", () => {
  const isStored = (code) => !((code < 32 && code !== 9 && code !== 10) || (code >= 0xd800 && code <= 0xdfff));
  for (let code = 0; code <= 0x10ffff; code += 1) {
    const text = `a${String.fromCodePoint(code)}b`;
    if (isStored(code)) assert.equal(storable(text), text);
    else assert.match(storable(text), /^a ?b$/);
  }
});

test("lines of a word processor stay apart, and a ligature of a PDF stays together", () => {
  assert.equal(storable("Emri\vMbiemri\fVendi"), "Emri Mbiemri Vendi");
  assert.equal(storable("of\u0002ce 🔥\n\tMirë"), "ofce 🔥\n\tMirë");
});
