import { describe, expect, it } from "vitest";
import { ItemTally } from "./item-tally.ts";
import { parseJournalEvent, readEvents } from "./journal-event.ts";

/** Adds lines of the record of one Replica. */
function add(tally: ItemTally, replica: number, lines: readonly string[], forgiven = 0): void {
  const { events } = readEvents(Buffer.from(lines.map((line) => `${line}\n`).join("")));
  for (const event of events) tally.add(replica, event, forgiven);
}

const nobody = () => false;
const everybody = () => true;

describe("counts of items", () => {
  it("follow the records, and repeat themselves when the same is read again", () => {
    const tally = new ItemTally(5);
    const lines = [
      ...["start 1 1 1", "done 1 1 1 0 0.5", "start 2 1 1", "fail 2 1 1 3 0.1 bad header"],
      ...["start 3 1 1", "stop 3 1 1", "start 4 1 1"],
    ];
    for (let time = 0; time < 2; time += 1) {
      add(tally, 1, lines);
      expect(tally.counts(everybody)).toEqual({ total: 5, done: 1, failed: 1, setAside: 0 });
    }
  });

  it("take what an ended replica was at for failed, until somebody goes on with it", () => {
    const tally = new ItemTally(1);
    add(tally, 1, ["start 1 1 1"]);
    expect(tally.counts(everybody).failed).toBe(0);
    expect(tally.counts(nobody).failed).toBe(1);
    add(tally, 2, ["start 1 1 2", "done 1 1 2 0 1"]);
    expect(tally.counts(nobody)).toEqual({ total: 1, done: 1, failed: 0, setAside: 0 });
  });

  it("do not depend on whose record is read first", () => {
    const first = ["start 1 1 1"];
    const second = ["start 1 1 2", "fail 1 1 2 1 0.1 oops"];
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      const tally = new ItemTally(1);
      for (const lines of order) add(tally, lines === first ? 1 : 2, lines);
      expect(tally.counts(everybody)).toEqual({ total: 1, done: 0, failed: 1, setAside: 0 });
    }
  });

  it("never take back what is done", () => {
    const tally = new ItemTally(1);
    add(tally, 1, ["start 1 1 1", "done 1 1 1 0 1", "start 1 2 2", "fail 1 2 2 1 0"]);
    expect(tally.counts(nobody).done).toBe(1);
  });

  it("count what was set aside as failed once that is forgiven", () => {
    const lines = ["start 1 1 1", "fail 1 1 1 3 0 no", "aside 1 1 1 3 no"];
    const tally = new ItemTally(1);
    add(tally, 1, lines);
    expect(tally.counts(nobody)).toMatchObject({ failed: 0, setAside: 1 });
    const forgiven = new ItemTally(1);
    add(forgiven, 1, lines, 1);
    expect(forgiven.counts(nobody)).toMatchObject({ failed: 1, setAside: 0 });
  });

  it("are not moved by what no tool writes", () => {
    const tally = new ItemTally(2);
    add(tally, 1, ["", "done", "done 1", "done 0 1 1 0 1", "done 3 1 1 0 1", "done 99999999999 1 1 0 1"]);
    add(tally, 1, ["done 1 1 1 0", "done x 1 1 0 1", "made up 1 1 1", "done -1 1 1 0 1", "\0\0\0"]);
    expect(tally.counts(nobody)).toEqual({ total: 2, done: 0, failed: 0, setAside: 0 });
  });
});

describe("a line of a record", () => {
  it("says what happened", () => {
    expect(parseJournalEvent("fail 7 2 3 139 0.25 Segmentation fault  (core dumped)")).toEqual({
      ...{ kind: "fail", position: 7, attempt: 2, generation: 3, exitCode: 139, seconds: 0.25 },
      reason: "Segmentation fault  (core dumped)",
    });
    expect(parseJournalEvent("fail 7 2 3 script - out of luck")).toMatchObject({
      ...{ exitCode: null, seconds: null, reason: "out of luck" },
    });
    expect(parseJournalEvent("aside 7 2 3 killed the Replica was killed")).toMatchObject({
      ...{ kind: "aside", exitCode: null, reason: "the Replica was killed" },
    });
  });

  it("counts once it is whole: the rest is read the next time", () => {
    const { events, length } = readEvents(Buffer.from("\nstart 1 1 1\n\ndone 1 1 1 0 0."));
    expect(events).toHaveLength(1);
    expect(length).toBe("\nstart 1 1 1\n\n".length);
  });
});
