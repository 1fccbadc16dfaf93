/** Who is told what of Groups: over HTTP and the fake driver, with receivers and a mail server that are really there. */
import type { NotificationMoment, SessionEvent } from "@canfar/contract";
import { eventually, TestBatch } from "@canfar/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestMailServer } from "./services/notify/test-mail-server.ts";
import { type ReceivedWebhook, TestReceiver } from "./services/notify/test-receiver.ts";
import { signWebhook } from "./services/notify/webhook.ts";

const SECRET = "whsec_c2VjcmV0IG9mIHRoZSBvcGVyYXRvcg==";
const CONFIG = { notifications: { allowedHosts: ["127.0.0.1"], secret: SECRET }, batch: { flexible: 8 } };

let receiver: TestReceiver;
let batch: TestBatch;

beforeEach(async () => {
  receiver = await TestReceiver.start();
  batch = await TestBatch.start({ config: CONFIG });
});
afterEach(async () => {
  await batch[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

async function launch(replicas: number, on: NotificationMoment[], change: object = {}): Promise<string[]> {
  const policy = { notify: [{ target: receiver.url, on }], ...change };
  const { group, sessions } = await batch.launch({ replicas, policy });
  await batch.untilCounts(group, { running: replicas });
  return sessions;
}

function end(id: string | undefined, exitCode: number): void {
  batch.driver.endForTest(id ?? "", { exitCode });
}

async function untilReceived(count: number): Promise<ReceivedWebhook[]> {
  await eventually(() => receiver.received.length >= count);
  return receiver.received;
}

async function eventsOf(id: string | undefined, reason: string): Promise<SessionEvent[]> {
  const events = await batch.get<SessionEvent[]>(`/skaha/v1/session/${id}?view=events&format=json`);
  return events.filter((event) => event.reason === reason);
}

describe("a webhook", () => {
  it("tells the end of a group: numbers, causes, where the report is", async () => {
    const sessions = await launch(3, ["done"]);
    const [{ id: group } = { id: "" }] = await batch.get<{ id: string }[]>("/canfar/v1/group");
    batch.driver.printForTest(sessions[1] ?? "", "cannot read /arc/a.fits", "stderr");
    for (const [at, id] of sessions.entries()) end(id, at === 1 ? 3 : 0);
    const [webhook] = await untilReceived(1);
    expect(webhook?.document).toMatchObject({
      ...{ moment: "done", at: "2026-01-01T00:00:00.000Z" },
      group: { id: group, name: "stars", username: "astro", replicaCount: 3 },
      counts: { pending: 0, running: 0, completed: 2, failed: 1 },
      causes: [{ pattern: "cannot read /arc/a.fits", reason: "Error", exitCode: 3, count: 1, replicas: "2" }],
      report: `${batch.platform.url}/canfar/v1/group/${group}/report`,
    });
  });

  it("has an id for repetitions, and a signature of the operator's secret", async () => {
    end((await launch(1, ["done"]))[0], 0);
    const [webhook] = await untilReceived(1);
    const {
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": signature,
    } = webhook?.headers ?? {};
    expect(id).toBe(webhook?.document.id);
    expect(timestamp).toBe(String(Date.parse("2026-01-01T00:00:00Z") / 1000));
    const parts = { id: String(id), timestamp: String(timestamp), body: webhook?.body ?? "" };
    expect(signature).toBe(signWebhook({ ...parts, secret: SECRET }));
  });

  it("tells the first failure that is for good at once, and no further one", async () => {
    const sessions = await launch(4, ["failed", "done"], { retries: 1, retryDelaySeconds: 1 });
    end(sessions[0], 1);
    await batch.untilSession(sessions[0], { reason: "BackOff" });
    expect(receiver.received).toEqual([]);
    batch.clock.advance(1000);
    await batch.untilSession(sessions[0], { attempt: 2, status: "Running" });
    end(sessions[0], 1);
    const [first] = await untilReceived(1);
    expect(first?.document).toMatchObject({ moment: "failed", counts: { running: 3, failed: 1 } });
    for (const id of sessions.slice(1)) end(id, 0);
    const all = await untilReceived(2);
    expect(all.map(({ document }) => document.moment)).toEqual(["failed", "done"]);
  });

  it("tells anew what happens after a rerun", async () => {
    const [id] = await launch(1, ["failed", "done"]);
    end(id, 1);
    await untilReceived(2);
    expect((await batch.post({}, undefined, `/canfar/v1/group/${id}/rerun`)).status).toBe(200);
    await batch.untilSession(id, { attempt: 2, status: "Running" });
    end(id, 1);
    const all = await untilReceived(4);
    expect(all.map(({ document }) => document.moment).toSorted()).toEqual([
      "done",
      "done",
      "failed",
      "failed",
    ]);
    expect(new Set(all.map(({ document }) => document.id)).size).toBe(4);
  });

  it("is not sent for a group that was deleted", async () => {
    const [id] = await launch(1, ["done", "failed"]);
    expect((await batch.platform.fetch(`/canfar/v1/group/${id}`, { method: "DELETE" })).status).toBe(200);
    end((await launch(1, ["done"]))[0], 0);
    const all = await untilReceived(1);
    expect(all.map(({ document }) => document.group.id)).not.toContain(id);
  });
});

describe("a receiver that does not take it", () => {
  it("is told again, later each time, the same word for word", async () => {
    const answers = [500, 302, 503, 200];
    receiver.answer = (response) => {
      response.writeHead(answers[receiver.received.length - 1] ?? 200, { location: receiver.url }).end();
    };
    const [id] = await launch(1, ["done"]);
    end(id, 0);
    for (const [sent, seconds] of [5, 10, 20].entries()) {
      await untilReceived(sent + 1);
      await eventually(async () => (await eventsOf(id, "NotificationDelayed")).length === sent + 1);
      batch.clock.advance(seconds * 1000 - 1);
      expect(receiver.received).toHaveLength(sent + 1);
      batch.clock.advance(1);
    }
    const all = await untilReceived(4);
    expect(new Set(all.map(({ body }) => body)).size).toBe(1);
    const [event] = await eventsOf(id, "NotificationDelayed");
    expect(event?.message).toContain("the receiver answered 500");
    expect(event?.message).not.toContain("t0p");
  });

  it("and says that it is gone is left alone", async () => {
    receiver.answer = (response) => response.writeHead(410).end();
    const [id] = await launch(1, ["done"]);
    end(id, 0);
    await eventually(async () => (await eventsOf(id, "NotificationFailed")).length === 1);
    batch.clock.advance(7_200_000);
    expect(receiver.received).toHaveLength(1);
  });

  it("and does not answer at all is given up on for now", async () => {
    receiver.answer = () => {};
    const [id] = await launch(1, ["done"]);
    end(id, 0);
    await untilReceived(1);
    batch.clock.advance(15_000);
    const [event] = await eventually(async () => {
      const events = await eventsOf(id, "NotificationDelayed");
      return events.length > 0 && events;
    });
    expect(event?.message).toContain("no answer in time");
  });

  it("is told again at once where the clock was set back, not a day later", async () => {
    const answers = [500];
    receiver.answer = (response) => response.writeHead(answers.shift() ?? 200).end();
    const [id] = await launch(1, ["done"]);
    end(id, 0);
    await eventually(async () => (await eventsOf(id, "NotificationDelayed")).length === 1);
    batch.clock.set(-86_400_000);
    batch = await batch.restart(CONFIG);
    await untilReceived(2);
  });

  it("is told by the next platform, where this one dies before it knows that it arrived", async () => {
    // The answer never comes: whether it arrived nobody can know.
    receiver.answer = () => {};
    const [id] = await launch(1, ["done"]);
    end(id, 0);
    await untilReceived(1);
    const old = batch;
    receiver.answer = (response) => response.writeHead(200).end();
    batch = await old.restart(CONFIG);
    const all = await untilReceived(2);
    expect(new Set(all.map(({ document }) => document.id)).size).toBe(1);
    await eventually(async () => (await eventsOf(id, "Notified")).length === 1);
    batch = await batch.restart(CONFIG);
    end((await launch(1, ["done"]))[0], 0);
    // The one after next is of another group: what has arrived is not sent a third time.
    expect((await untilReceived(3))[2]?.document.group.id).not.toBe(id);
    await old[Symbol.asyncDispose]();
  });
});

describe("a mail", () => {
  it("is handed to the operator's mail server, again where that is full", async () => {
    await using mail = await TestMailServer.start();
    mail.isFull = true;
    batch = await batch.restart({ ...CONFIG, mail: { url: mail.url, from: "CANFAR <canfar@example.org>" } });
    const policy = { notify: [{ target: "mailto:ada@example.org", on: ["done"] }] };
    const { group } = await batch.launch({ policy });
    await batch.untilCounts(group, { running: 1 });
    end(group, 4);
    await eventually(async () => (await eventsOf(group, "NotificationDelayed")).length === 1);
    mail.isFull = false;
    batch.clock.advance(5000);
    const [letter] = await eventually(() => mail.letters.length > 0 && mail.letters);
    expect(letter).toMatchObject({ from: "canfar@example.org", to: ["ada@example.org"] });
    expect(letter?.data).toMatch(/^Subject: stars has ended: 0 completed, 1 failed$/m);
    expect(letter?.data).toMatch(/^Message-ID: <[0-9a-f-]{36}@example\.org>$/m);
    expect(letter?.data).toContain(`canfar report ${group}`);
  });

  it("from a platform that sends none is refused before anything starts", async () => {
    const answer = await batch.post({ policy: { notify: [{ target: "mailto:ada@example.org" }] } });
    expect(answer.headers.get("x-canfar-code")).toBe("request.unsupported");
    expect(await answer.text()).toContain("sends no mail");
    expect(await batch.get("/canfar/v1/group")).toEqual([]);
  });
});

it.each([
  ["http://169.254.169.254/latest/meta-data", "the operator has not listed it"],
  ["http://user:secret@127.0.0.1/", "cannot be told|can be told"],
  ["http://", "can be told|must be"],
  ["ftp://127.0.0.1/", "must be"],
])("a launch that wants to tell %s is refused", async (target, words) => {
  const answer = await batch.post({ policy: { notify: [{ target }] } });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toMatch(new RegExp(words));
});
