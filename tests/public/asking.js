// A front end elsewhere, in plain JavaScript: searches, asks without a name, and reads the answer (docs/api-public.md).
// It stands on a page with `API`, the address of /api/v2/. Nothing is kept: no storage, no cookie, no address with a code.

const show = (id, text) => {
  document.getElementById(id).textContent = text;
};

async function ask(path, body) {
  const how = body && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ language: "en", ...body }),
  };
  const answer = await fetch(API + path, { cache: "no-store", credentials: "omit", ...how });
  return { status: answer.status, ...(await answer.json()) };
}

// The number whose SHA-256 with the salt is the challenge: what a flood would have to work out for each tip.
async function solve({ max, ...work }) {
  const encoder = new TextEncoder();
  for (let number = 0; number <= max; number += 1) {
    const digest = await crypto.subtle.digest("SHA-256", encoder.encode(work.salt + number));
    const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (hex === work.challenge) return btoa(JSON.stringify({ ...work, number }));
  }
  return "";
}

async function search(typed) {
  const found = await ask(`pages/?search=${encodeURIComponent(typed)}&locale=en`);
  show("found", found.items.map((page) => page.title).join(", "));
}

async function send(what) {
  const region = new URLSearchParams(location.search).get("region");
  const form = await ask(`tips/form?region=${region}`);
  show("reader", form.recipient);
  const sent = await ask("tips", { region, state: form.state, proof: await solve(form.work), answers: { what } });
  show("receipt", sent.code ?? sent.errors?.map((error) => error.message).join(" ") ?? sent.title);
}

async function open(code) {
  const { state, work } = await ask("tips/receipt/challenge");
  const talk = await ask("tips/receipt", { state, proof: await solve(work), code });
  show(
    "talk",
    talk.messages?.map((message) => `${message.sender}: ${message.text}`).join("\n") || talk.title || "none",
  );
}

const DOES = { search, send, open };
for (const form of document.forms)
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    DOES[form.id](new FormData(form).get("typed"));
  });
