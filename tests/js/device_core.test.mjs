/** What a phone does in each single case; tests/device/test_interleavings.py mixes them. */

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { pinProblem } from "../../static/js/device/core/index.js";
import { Model } from "./device/model.mjs";
import { bytesOf, forms, Phone } from "./device/phone.mjs";

const HOUR = 3_600_000;
const PIN = "274916";
const DURESS = "918264";
const START = { form: "visit", version: 1, title: "Kanarina title", language: "sq" };
const code = (/** @type {string} */ wanted) => (/** @type {{ code: string }} */ error) => error.code === wanted;

let time = 0;
/** @type {Model} */
let service;
/** @type {Phone} */
let phone;
/** @type {import("../../static/js/device/core/index.js").Device} */
let device;
/** @type {ReturnType<Model["register"]>} */
let registered;

beforeEach(async () => {
  time = Date.parse("2026-11-28T10:00:00Z");
  service = await Model.make(() => time);
  phone = new Phone(service, () => time);
  ({ device } = await phone.openTab());
  registered = service.register();
  await device.setUp({ pin: PIN, duressPin: DURESS, registered });
});

/** A draft with one answer. */
async function draft(/** @type {string} */ answer) {
  const id = await device.drafts.begin(START);
  await device.drafts.save(id, { fields: [["answer", answer]] });
  return id;
}

describe("a PIN", () => {
  for (const pin of [
    "000000",
    "123456",
    "654321",
    "890123",
    "19840512",
    "12051984",
    "120584",
    "121212",
    "147258",
    "4711",
    "  12  ",
  ])
    test(`${pin} is refused`, () => assert.ok(pinProblem(pin)));
  for (const pin of [PIN, DURESS, "40971683", "shtegu i gjate", "5519283746"])
    test(`${pin} is taken`, () => assert.equal(pinProblem(pin), null));

  test("opens after the page was closed, and counts nothing", async () => {
    const id = await draft("Kanarina");
    ({ device } = await phone.openTab());
    assert.equal(device.state, "locked");
    assert.equal(device.meta?.person, null);
    assert.equal(await device.unlock("274917"), "wrong");
    assert.equal(device.triesLeft, 4);
    assert.equal(await device.unlock(PIN), "open");
    assert.equal(device.triesLeft, 5);
    assert.equal(device.meta?.person?.name, "Kanarina Person");
    assert.deepEqual((await device.drafts.load(id)).fields, [["answer", "Kanarina"]]);
  });

  test("that is wrong five times wipes, and the drafts are rescued", async () => {
    const id = await draft("Kanarina");
    await device.lock();
    for (let tries = 0; tries < 4; tries += 1) assert.equal(await device.unlock("000001"), "wrong");
    assert.equal(await device.unlock("000001"), "wiped");
    assert.deepEqual([device.state, device.wiped?.why], ["wiped", "tries"]);
    assert.equal(await device.unlock(PIN), "wiped");
    assert.equal(await device.contact(), "ok");
    assert.deepEqual(service.drafts.get(id).fields, [["answer", "Kanarina"]]);
    const { drafts, remains } = await phone.dump();
    assert.deepEqual([drafts, remains], [[], []]);
  });

  test("counts a try whose browser is killed in the middle", async () => {
    await device.lock();
    for (let tries = 0; tries < 5; tries += 1) {
      const tab = await phone.openTab();
      tab.fuse.left = 13;
      await Promise.race([tab.device.unlock("000001"), tab.fuse.died]);
      tab.fuse.kill();
    }
    const { device: last } = await phone.openTab();
    assert.equal(last.triesLeft, 0);
    assert.equal(await last.unlock(PIN), "wiped");
  });

  test("that can't be tried, for want of memory, is no try; at set-up PBKDF2 takes its place", async () => {
    phone.argon2 = async () => {
      throw new RangeError("memory");
    };
    await device.lock();
    const tab = await phone.openTab();
    await assert.rejects(tab.device.unlock(PIN), code("no-kdf"));
    assert.equal(tab.device.triesLeft, 5);
    phone.argon2 = undefined;
    await assert.rejects((await phone.openTab()).device.unlock(PIN), code("no-kdf"));
    const other = new Phone(service, () => time);
    other.argon2 = async () => {
      throw new RangeError("memory");
    };
    ({ device } = await other.openTab());
    await device.setUp({ pin: PIN, duressPin: DURESS, registered: service.register() });
    assert.equal(device.meta?.kdf, "pbkdf2-sha256");
    await device.lock();
    assert.equal(await device.unlock(PIN), "open");
  });

  test("of duress leaves an app that was never set up, and delivers all the same", async () => {
    const id = await draft("Kanarina");
    const sent = await device.drafts.finish(await draft("Kanarina too"));
    await device.lock();
    assert.equal(await device.unlock(DURESS), "wiped");
    assert.deepEqual([device.state, device.wiped, device.meta, await device.queue.list()], ["none", null, null, []]);
    await device.contact();
    assert.ok(service.drafts.has(id));
    assert.ok(service.submissions.has(sent));
  });

  test("of duress is no other PIN, also not after a change", async () => {
    await assert.rejects(device.changePin(PIN, DURESS), code("pin-same"));
    await assert.rejects(device.changePin(PIN, "123456"), code("pin-obvious"));
    assert.equal(await device.changePin("000001", "582914"), "wrong");
    assert.equal(await device.changePin(PIN, "582914"), "open");
    await device.lock();
    assert.equal(await device.unlock(PIN), "wrong");
    assert.equal(await device.unlock("582914"), "open");
  });

  test("opens after contacts have brought other shares, and so does the duress PIN", async () => {
    for (let times = 0; times < 3; times += 1) {
      assert.equal(await device.contact(), "ok");
      await device.lock();
      assert.equal(await device.unlock(PIN), "open");
    }
    await device.contact();
    await device.lock();
    assert.equal(await device.unlock(DURESS), "wiped");
  });
});

describe("time", () => {
  test("72 hours unseen wipe, a contact begins anew", async () => {
    time += 71 * HOUR;
    assert.equal(await device.contact(), "ok");
    time += 71 * HOUR;
    assert.equal(await device.check(), "open");
    time += 2 * HOUR;
    assert.equal(await device.check(), "wiped");
    assert.equal(device.wiped?.why, "hours");
  });

  test("a clock that is set back ends nothing early and extends nothing", async () => {
    phone.ahead = -500 * HOUR;
    assert.equal(await device.check(), "open");
    phone.ahead = 0;
    time += 70 * HOUR;
    await device.check();
    phone.ahead = -60 * HOUR; // the latest time seen stands
    assert.equal(await device.check(), "open");
    time += 63 * HOUR;
    assert.equal(await device.check(), "wiped");
  });

  test("a clock that is wrong by days from the beginning ends nothing early", async () => {
    phone = new Phone(service, () => time);
    phone.ahead = 100 * HOUR;
    ({ device } = await phone.openTab());
    await device.setUp({ pin: PIN, registered: service.register() });
    time += 71 * HOUR;
    assert.equal(await device.check(), "open");
    time += HOUR;
    assert.equal(await device.check(), "wiped");
  });
});

describe("drafts", () => {
  test("another tab's writing is not overwritten: both texts stay", async () => {
    const id = await draft("one");
    const other = (await phone.openTab()).device;
    await other.unlock(PIN);
    await other.drafts.load(id);
    assert.equal(await device.drafts.save(id, { fields: [["answer", "two"]] }), id);
    const copy = await other.drafts.save(id, { fields: [["answer", "three"]] });
    assert.notEqual(copy, id);
    assert.equal(await other.drafts.save(id, { fields: [["answer", "four"]] }), copy);
    const texts = await Promise.all(
      (await device.drafts.list()).map(async (each) => (await device.drafts.load(each.id)).fields[0][1]),
    );
    assert.deepEqual(texts.sort(), ["four", "two"]);
  });

  test("of savings that come at once the newest is stored, and each knows", async () => {
    const id = await draft("0");
    const all = Array.from({ length: 50 }, (_, at) => device.drafts.save(id, { fields: [["answer", String(at)]] }));
    assert.deepEqual(new Set(await Promise.all(all)), new Set([id]));
    assert.equal((await device.drafts.load(id)).fields[0][1], "49");
  });

  test("what is being saved when the phone is locked is saved", async () => {
    const id = await draft("one");
    const saving = device.drafts.save(id, { fields: [["answer", "two"]] });
    const then = device.drafts.save(id, { fields: [["answer", "three"]] });
    await device.lock();
    await Promise.all([saving, then]);
    await assert.rejects(device.drafts.save(id, { fields: [] }), code("locked"));
    await device.unlock(PIN);
    assert.equal((await device.drafts.load(id)).fields[0][1], "three");
  });

  test("another tab's lock locks this one", async () => {
    const other = (await phone.openTab()).device;
    await other.lock();
    assert.equal(device.state, "locked");
  });

  test("finishing needs the text as this page knows it", async () => {
    const id = await draft("one");
    const other = (await phone.openTab()).device;
    await other.unlock(PIN);
    await other.drafts.load(id);
    await other.drafts.save(id, { fields: [["answer", "two"]] });
    await assert.rejects(device.drafts.finish(id), code("changed"));
    assert.equal(await other.drafts.finish(id), id);
    await assert.rejects(device.drafts.load(id), code("gone"));
  });

  test("a saving of another tab in the middle of finishing is not lost", async () => {
    const id = await draft("one");
    const other = (await phone.openTab()).device;
    await other.unlock(PIN);
    await other.drafts.load(id);
    device.drafts.lastOfGroup = async () => {
      await other.drafts.save(id, { fields: [["answer", "two"]] });
      return null;
    };
    await assert.rejects(device.drafts.finish(id), code("changed"));
    assert.equal((await device.drafts.load(id)).fields[0][1], "two");
    assert.deepEqual(await device.queue.list(), []);
  });

  test("two tabs that finish at once finish it once", async () => {
    const id = await draft("one");
    const other = (await phone.openTab()).device;
    await other.unlock(PIN);
    await other.drafts.load(id);
    const both = await Promise.allSettled([device.drafts.finish(id), other.drafts.finish(id)]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    assert.equal((await device.queue.list()).length, 1);
  });

  test("what a page saves after the keys went is rescued, or refused when nobody could open it", async () => {
    const id = await draft("one");
    const other = (await phone.openTab()).device;
    phone.channels.clear(); // it hears nothing of the other
    phone.isOnline = false;
    await other.remove();
    assert.equal(await device.drafts.save(id, { fields: [["answer", "two"]] }), id);
    phone.isOnline = true;
    await other.contact();
    assert.equal(service.drafts.get(id).fields[0][1], "two");
    await assert.rejects(device.drafts.save(id, { fields: [["answer", "three"]] }), code("gone"));
  });

  test("what is finished or put in while another tab throws the keys away leaves no title and no second copy", async () => {
    const [first, second] = [await draft("one"), await draft("two")];
    const other = (await phone.openTab()).device;
    phone.channels.clear();
    phone.isOnline = false;
    await other.remove();
    const file = await device.files.put(second, "x", new Blob([new Uint8Array(10)]));
    await device.drafts.finish(first);
    const dump = await phone.dump();
    assert.deepEqual(
      [dump.queue.map((row) => row.title), dump.files.map((row) => row.sealed), dump.chunks],
      [[null], [null], []],
    );
    phone.isOnline = true;
    await other.contact();
    assert.ok(service.submissions.has(first) || service.drafts.has(first));
    assert.ok(service.files.get(file).plain);
  });

  test("what the service can't take over now stays for the next time", async () => {
    const id = await draft("one");
    const file = await device.files.put(id, "x", new Blob([new Uint8Array(300_000)]));
    await device.drafts.save(id, { fields: [["photo", file]] });
    await device.remove();
    const { ask } = phone;
    for (const late of ["sealed-files", "device-rescues"]) {
      phone.ask = async (path, init) =>
        path.includes(late) ? new Response(null, { status: 503 }) : ask.call(phone, path, init);
      await device.contact();
      assert.equal((await phone.dump()).drafts.length, 1, late);
    }
    phone.ask = ask;
    await device.contact();
    assert.ok(service.drafts.has(id) && service.files.get(file).plain);
    assert.deepEqual((await phone.dump()).parts, []);
  });

  // The whole way of a file: put, and named in the draft; both at once, or the naming only when the drafts have gone.
  for (const at of ["HEAD sealed-files", "PATCH sealed-files", "POST device-rescues"])
    for (const isNamedAtOnce of [true, false])
      test(`a file that another tab adds at ${at} isn't lost, named ${isNamedAtOnce ? "at once" : "later"}`, async () => {
        const id = await draft("one");
        const photo = () => new Blob([new Uint8Array(300_000)]);
        const first = await device.files.put(id, "x", photo());
        await device.drafts.save(id, { fields: [["photo", first]] });
        const other = (await phone.openTab()).device;
        await other.unlock(PIN);
        await other.drafts.load(id);
        const { ask } = phone;
        let file = "";
        /** @returns {Promise<string>} */
        const name = () => {
          const fields = [
            ["photo", first],
            ["photo", file],
          ];
          return other.drafts.save(id, { fields });
        };
        phone.ask = async (path, init) => {
          const isNow = !file && at === `${init.method} ${path.split("/")[4]}`;
          if (isNow) {
            file = await other.files.put(id, "y", photo());
            if (isNamedAtOnce) await name();
          }
          return ask.call(phone, path, init);
        };
        await device.sendDrafts();
        phone.ask = ask;
        assert.ok(file);
        if (!isNamedAtOnce) await name();
        await device.sendDrafts();
        const named = [...service.drafts.values()].flatMap(({ fields }) => fields.map(([, value]) => value));
        assert.ok(named.includes(file));
        for (const each of [first, file]) assert.ok(service.files.get(each)?.plain);
        const { drafts, files, parts } = await phone.dump();
        assert.deepEqual([drafts, files, parts], [[], [], []]);
      });

  test("a form that is finished after it was handed over arrives as a form", async () => {
    const id = await draft("one");
    phone.losesAnswers = 1;
    await assert.rejects(device.sendDrafts());
    await device.drafts.load(id);
    const uuid = await device.drafts.finish(id, { urgent: true });
    await device.queue.send();
    assert.ok(service.submissions.has(uuid));
  });

  test("what goes on from a handed draft says from which text it was changed", async () => {
    const id = await draft("one");
    phone.losesAnswers = 1;
    await assert.rejects(device.sendDrafts());
    await device.drafts.load(id);
    const next = await device.drafts.save(id, { fields: [["answer", "two"]] });
    assert.notEqual(next, id);
    assert.equal(await device.drafts.save(next, { fields: [["answer", "three"]] }), next);
    await device.drafts.finish(next);
    await device.queue.send();
    const { base, follows } = service.submissions.get(next);
    assert.deepEqual([base, follows], [id, [id]]);
    const other = await draft("four");
    await device.drafts.finish(other);
    await device.queue.send();
    assert.equal("base" in service.submissions.get(other), false);
  });

  test("a finished form can't be read here any more, and nothing of it lies in clear", async () => {
    const id = await draft("Kanarina finished");
    const file = await device.files.put(id, "Kanarina.jpg", new Blob(["Kanarina bytes"]));
    await device.drafts.save(id, {
      fields: [
        ["answer", "Kanarina finished"],
        ["photo", file],
      ],
    });
    assert.equal(await (await device.files.get(file)).text(), "Kanarina bytes");
    await device.drafts.finish(id);
    await assert.rejects(device.files.get(file), code("gone"));
    const dump = await phone.dump();
    assert.equal(dump.chunks.length, 0);
    for (const form of forms("Kanarina")) assert.ok(!bytesOf(dump).includes(form));
  });

  test("a file that is too large is refused", async () => {
    const id = await draft("one");
    await assert.rejects(device.files.put(id, "x", new Blob([new Uint8Array(11 * 1024 * 1024)])), code("too-large"));
  });

  test("what is typed over a draft that was handed over takes its place here and there", async () => {
    const id = await draft("one");
    phone.losesAnswers = 1;
    await assert.rejects(device.sendDrafts());
    const copy = await device.drafts.save(id, { fields: [["answer", "two"]] });
    assert.notEqual(copy, id);
    assert.deepEqual(await device.sendDrafts(), { saved: 1, left: 0 });
    assert.deepEqual(
      [...service.drafts.values()].map(({ fields }) => fields[0][1]),
      ["two"],
    );
  });
});

describe("the queue", () => {
  test("sends urgent ones first, each group in order, and before an urgent one what it waits for", async () => {
    const plain = await device.drafts.finish(await draft("a"));
    const first = await device.drafts.finish(await draft("b"), { group: "case" });
    const second = await device.drafts.finish(await draft("c"), { group: "case", urgent: true });
    const alone = await device.drafts.finish(await draft("d"), { urgent: true });
    assert.equal((await device.queue.send()).sent, 4);
    assert.deepEqual(service.log, [first, second, alone, plain]);
    await device.contact();
    assert.deepEqual(new Set((await device.queue.list()).map(({ state }) => state)), new Set(["told"]));
  });

  test("a form that is refused is a draft there, with its address, and the others arrive", async () => {
    const id = await device.drafts.finish(await draft("a"));
    service.withdrawn.add(1);
    await device.queue.send();
    const [item] = await device.queue.list();
    assert.deepEqual([item.state, item.reason, item.url], ["returned", "answers", `/field/drafts/${id}/`]);
    assert.equal((await phone.dump()).queue[0].sealed, null);
  });

  test("without a network it waits, and longer each time", async () => {
    await device.drafts.finish(await draft("a"));
    phone.isOnline = false;
    const waits = [];
    for (let tries = 0; tries < 6; tries += 1) {
      const { nextAt, isUnreachable } = await device.queue.send({ now: true });
      assert.ok(isUnreachable);
      waits.push((nextAt ?? 0) - time);
    }
    assert.ok(waits[5] > waits[0] * 4, String(waits));
    phone.isOnline = true;
    assert.equal((await device.queue.send()).sent, 0); // not due
    time += 16 * 60_000;
    assert.equal((await device.queue.send()).sent, 1);
  });

  test("an answer that got lost doubles nothing", async () => {
    await device.drafts.finish(await draft("a"));
    phone.losesAnswers = 1;
    await device.queue.send();
    assert.equal((await device.queue.send({ now: true })).sent, 1);
    assert.equal(service.log.length, 1);
  });

  test("a file goes on where it ended, wherever the service says that is", async () => {
    const id = await draft("a");
    const file = await device.files.put(
      id,
      "x",
      new Blob([crypto.getRandomValues(new Uint8Array(60_000)), new Uint8Array(900_000)]),
    );
    await device.drafts.save(id, { fields: [["photo", file]] });
    await device.drafts.finish(id);
    let parts = 0;
    const { ask } = phone;
    phone.ask = async (path, init) => {
      if (init.method === "PATCH") parts += 1;
      if (init.method === "PATCH" && parts === 3) service.restart();
      return ask.call(phone, path, init);
    };
    assert.equal((await device.queue.send()).sent, 1);
    assert.equal(service.files.get(file).plain.length, 960_000);
    assert.equal((await phone.dump()).parts.length, 0);
  });

  test("a file that the service has let go of meanwhile is sent again", async () => {
    const id = await draft("a");
    const file = await device.files.put(id, "x", new Blob(["Kanarina"]));
    await device.drafts.save(id, { fields: [["photo", file]] });
    await device.drafts.finish(id);
    const { ask } = phone;
    phone.ask = async (path, init) =>
      path.includes("submissions") ? new Response(null, { status: 503 }) : ask.call(phone, path, init);
    await device.queue.send();
    assert.ok(service.files.get(file).plain);
    service.files.clear();
    time += 50 * HOUR;
    phone.ask = ask;
    await device.queue.send();
    assert.ok(service.files.get(file).plain);
  });

  test("two tabs never send at once", async () => {
    for (let at = 0; at < 5; at += 1) await device.drafts.finish(await draft(String(at)));
    const other = (await phone.openTab()).device;
    const both = await Promise.all([device.queue.send(), other.queue.send()]);
    assert.deepEqual(both.map(({ isBusy }) => isBusy).sort(), [false, true]);
    assert.equal(service.log.length, 5);
  });

  test("a round ends when the service is too busy for three of them", async () => {
    for (let at = 0; at < 8; at += 1) await device.drafts.finish(await draft(String(at)));
    let asked = 0;
    phone.ask = async () => {
      asked += 1;
      return new Response(null, { status: 503 });
    };
    assert.equal((await device.queue.send()).waiting, 8);
    assert.equal(asked, 3);
  });

  test("whoever is told when to come sends nothing more before, and comes no later for being told often", async () => {
    for (let at = 0; at < 8; at += 1) await device.drafts.finish(await draft(String(at)));
    service.isCrowded = true;
    for (let round = 0; round < 6; round += 1) {
      const before = service.asked;
      const { turnAt, sent, isUnreachable } = await device.queue.send({ now: true });
      assert.deepEqual([sent, isUnreachable, service.asked - before], [0, false, 1]);
      const wait = (turnAt ?? 0) - time;
      assert.ok(wait >= 7_000 && wait < 9_000, String(wait));
      time += wait;
    }
    service.isCrowded = false;
    const { sent, turnAt } = await device.queue.send();
    assert.deepEqual([sent, turnAt], [8, null]);
  });

  test("an urgent one goes first when its turn comes, also when it was finished while others were waiting", async () => {
    await device.drafts.finish(await draft("routine"));
    service.isCrowded = true;
    await device.queue.send();
    const urgent = await device.drafts.finish(await draft("urgent"), { urgent: true });
    service.isCrowded = false;
    await device.queue.send({ now: true });
    assert.deepEqual([service.submissions.size, service.log[0]], [2, urgent]);
  });

  test("a form whose file waits for its turn keeps no other one waiting", async () => {
    const id = await draft("with a photo");
    const file = await device.files.put(id, "x", new Blob(["Kanarina"]));
    await device.drafts.save(id, { fields: [["photo", file]] });
    await device.drafts.finish(id, { urgent: true });
    const other = await device.drafts.finish(await draft("without"));
    const { ask } = phone;
    phone.ask = async (path, init) =>
      path.includes("sealed-files")
        ? new Response(null, { status: 429, headers: { "Retry-After": "9" } })
        : ask.call(phone, path, init);
    const { turnAt } = await device.queue.send();
    assert.ok((turnAt ?? 0) - time >= 9_000);
    assert.deepEqual([...service.submissions.keys()], [other]);
    phone.ask = ask;
    await device.queue.send({ now: true });
    assert.ok(service.submissions.has(id));
  });

  test("a busy service is asked again when it says so", async () => {
    await device.drafts.finish(await draft("a"));
    service.isDown = true;
    const { nextAt } = await device.queue.send();
    assert.ok((nextAt ?? 0) - time >= 1000);
    assert.deepEqual(
      (await device.queue.list()).map(({ state }) => state),
      ["phone"],
    );
  });

  test("a page of another network is no answer", async () => {
    await device.drafts.finish(await draft("a"));
    phone.ask = async () => new Response("<html>", { status: 200, headers: { "Content-Type": "text/html" } });
    assert.ok((await device.queue.send()).isUnreachable);
    assert.equal(await device.contact(), "unreachable");
    assert.equal(device.state, "open");
  });
});

describe("the service's word", () => {
  test("that the phone is ended takes the keys, and what was typed arrives", async () => {
    const id = await draft("a");
    const done = await device.drafts.finish(await draft("b"));
    service.devices.get(registered.device).isEnded = true;
    assert.equal(await device.contact(), "ended");
    assert.deepEqual([device.state, device.wiped?.why], ["wiped", "ended"]);
    assert.ok(service.drafts.has(id) && service.drafts.has(done));
    const { keys, remains, drafts } = await phone.dump();
    assert.deepEqual([keys, remains, drafts], [[], [], []]);
  });

  test("that a token is over asks for a renewal, and nothing goes", async () => {
    const id = await draft("a");
    const row = service.devices.get(registered.device);
    [row.queue, row.read] = ["new-queue", "new-read"];
    assert.equal(await device.contact(), "signed-out");
    assert.ok(device.meta?.needsRenewal);
    assert.ok(await device.renew(async () => ({ queue_token: "new-queue", read_token: "new-read" })));
    assert.equal(await device.contact(), "ok");
    assert.equal(await device.pack.refresh(), "ok");
    assert.equal(device.meta?.needsRenewal, false);
    assert.ok(await device.drafts.load(id));
  });

  test("two tabs that renew at once, and answers that cross, leave the tokens that the service takes", async () => {
    const other = (await phone.openTab()).device;
    await other.unlock(PIN);
    /** @type {Function[]} */
    const answers = [];
    const ask = async () => {
      const tokens = service.renew(registered.device);
      await new Promise((resolve) => answers.push(resolve));
      return tokens;
    };
    const both = Promise.all([device.renew(ask), other.renew(ask)]);
    for (let given = 0; given < 2; given += 1) {
      while (!answers.length) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, 20)); // the other would have asked by now
      answers.pop()?.();
    }
    assert.deepEqual(await both, [true, true]);
    assert.equal(await device.contact(), "ok");
  });

  test("of renewals whose answers get lost, also after one that came, the phone has a token that delivers", async () => {
    const ask = async () => service.renew(registered.device);
    const lost = async () => {
      service.renew(registered.device);
      return null;
    };
    for (const each of [lost, ask, lost, lost, ask, ask, lost]) {
      await device.renew(each);
      assert.equal(await device.renew(lost), false);
    }
    assert.equal(await device.contact(), "ok");
  });

  test("without an answer of the service no renewal is asked for", async () => {
    phone.isOnline = false;
    assert.equal(await device.renew(async () => assert.fail()), false);
  });

  test("a renewal that isn't given changes nothing", async () => {
    assert.equal(await device.renew(async () => null), false);
    assert.equal(await device.contact(), "ok");
  });

  test("brings the pack and its forms, and forms of drafts stay", async () => {
    assert.equal(await device.pack.refresh(), "ok");
    assert.equal((await device.pack.get())?.forms[0].key, "visit");
    assert.equal((await device.pack.form("visit", 1))?.sha256, "s1");
    await draft("a");
    service.pack = async () => new Response("{}", { headers: { "Content-Type": "application/json" } });
    await device.pack.refresh();
    assert.ok(await device.pack.form("visit", 1));
  });

  test("brings the kits of planned sessions and those that are chosen, sealed, and lets go of the others", async () => {
    const [planned, other] = [
      { id: 11, kit: 1, planned: true },
      { id: 21, kit: 2, planned: false },
    ];
    service.kits = [planned, other];
    await device.pack.refresh();
    assert.deepEqual([...(await device.pack.kits.here())], [11]);
    await device.pack.kits.choose(/** @type {any} */ (other), true);
    await device.pack.refresh();
    assert.deepEqual([...(await device.pack.kits.here())].sort(), [11, 21]);
    assert.deepEqual(service.kitsAsked, [11, 21], "what is here isn't asked for again");
    assert.equal((await device.pack.kits.get(/** @type {any} */ (other)))?.title, "Kanarina kit");
    const bytes = bytesOf(await phone.dump());
    for (const form of forms("Kanarina")) assert.ok(!bytes.includes(form));
    service.kits = [{ ...planned, planned: false }, other];
    await device.pack.refresh();
    assert.deepEqual([...(await device.pack.kits.here())], [21]);
    await device.pack.kits.choose(/** @type {any} */ (other), false);
    assert.equal((await device.pack.kits.here()).size, 0);
  });

  test("brings the form of each session that is theirs, and it stays while a draft uses it", async () => {
    const address = (/** @type {string} */ id) => `/api/field/v1/device-sessions/${id}?language=sq`;
    service.sessions = [
      { id: "a", changed: "1", package: address("a") },
      { id: "b", changed: "1", package: null },
      { id: "c", changed: "1", package: address("c") },
    ];
    await device.pack.refresh();
    assert.equal((await device.pack.sessions.get("a"))?.html, "Kanarina form");
    assert.equal(await device.pack.sessions.get("b"), null);
    const start = { form: "session_record", version: 1, title: "Kanarina title", language: "sq", session: "a" };
    const id = await device.drafts.begin(start);
    await device.drafts.save(id, { fields: [["_session", "a"]] });
    service.sessions = [];
    await device.pack.refresh();
    assert.ok(await device.pack.sessions.get("a"));
    assert.equal(await device.pack.sessions.get("c"), null);
    const bytes = bytesOf(await phone.dump());
    for (const form of forms("Kanarina")) assert.ok(!bytes.includes(form));
    await device.drafts.load(id);
    const uuid = await device.drafts.finish(id, { group: "session a", confirmed: ["total"] });
    await device.queue.send({ now: true });
    assert.deepEqual(service.submissions.get(uuid).fields, [["_session", "a"]]);
    await device.pack.refresh();
    assert.equal(await device.pack.sessions.get("a"), null);
  });

  test("an older version of a kit stays until the newer one is here, and one that doesn't come stops no other", async () => {
    service.kits = [{ id: 11, kit: 1, planned: true }];
    await device.pack.refresh();
    service.kits = [
      { id: 12, kit: 1, planned: true },
      { id: 21, kit: 2, planned: true },
    ];
    service.kitsGone.add(12);
    assert.equal(await device.pack.refresh(), "ok");
    assert.deepEqual([...(await device.pack.kits.here())].sort(), [11, 21]);
    service.kitsGone.clear();
    await device.pack.refresh();
    assert.deepEqual([...(await device.pack.kits.here())].sort(), [12, 21]);
    time += 8 * 24 * HOUR;
    await device.check();
    assert.equal((await phone.dump()).pack.length, 0, "unseen for too long, nothing of them is left");
  });

  test("a phone is set up again while the last one's rest still waits", async () => {
    const id = await draft("a");
    phone.isOnline = false;
    await device.remove();
    registered = service.register();
    await device.setUp({ pin: "582914", registered });
    const next = await draft("b");
    assert.deepEqual(
      (await device.drafts.list()).map((each) => each.id),
      [next],
    );
    phone.isOnline = true;
    await device.contact();
    assert.ok(service.drafts.has(id));
    assert.deepEqual(
      (await phone.dump()).drafts.map((row) => row.id),
      [next],
    );
  });

  test("what is left of a phone from before is delivered while today's token is over", async () => {
    const id = await draft("a");
    phone.isOnline = false;
    await device.remove();
    const next = service.register();
    await device.setUp({ pin: PIN, registered: next });
    phone.isOnline = true;
    service.devices.get(next.device).queue = "another";
    assert.equal(await device.contact(), "signed-out");
    assert.ok(service.drafts.has(id));
  });

  test("a phone without room says so", async () => {
    const full = async () => {
      throw new DOMException("", "QuotaExceededError");
    };
    await assert.rejects(device.context.store.run(["meta"], "readwrite", full), code("full"));
  });

  test("a second set-up doesn't take the first one's place", async () => {
    await assert.rejects(device.setUp({ pin: PIN, registered: service.register() }), code("exists"));
  });
});
