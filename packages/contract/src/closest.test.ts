import { describe, expect, it } from "vitest";
import { closest } from "./closest.ts";

const names = ["skaha/astroml:latest", "skaha/terminal:latest"];

describe("closest", () => {
  it("finds the name that was meant", () => {
    expect(closest("skaha/astrml:latest", names)).toBe("skaha/astroml:latest");
    expect(closest("skaha/astroml:lastest", names)).toBe("skaha/astroml:latest");
    expect(closest("astro/terminal:latest", names)).toBe("skaha/terminal:latest");
  });

  it("guesses nothing where nothing is near", () => {
    expect(closest("library/ubuntu:24.04", names)).toBeNull();
    expect(closest("skaha/astroml:latest", [])).toBeNull();
  });
});
