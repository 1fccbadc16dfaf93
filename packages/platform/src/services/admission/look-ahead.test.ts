import { describe, expect, it } from "vitest";
import { LookAhead } from "./look-ahead.ts";

describe("LookAhead", () => {
  it("is nothing while nothing ends", () => {
    const ahead = new LookAhead();
    expect(ahead.size(0, 0)).toBe(0);
    ahead.add(4);
    expect(ahead.size(4, 100)).toBe(0);
  });

  it("is what ended within the last moment", () => {
    const ahead = new LookAhead();
    ahead.add(4);
    expect(ahead.size(2, 100)).toBe(2);
    ahead.add(4);
    expect(ahead.size(3, 200)).toBe(5);
    expect(ahead.size(3, 610)).toBe(3);
    expect(ahead.size(3, 710)).toBe(0);
  });

  it("has a bound", () => {
    const ahead = new LookAhead();
    ahead.add(5000);
    expect(ahead.size(0, 0)).toBe(1000);
  });
});
