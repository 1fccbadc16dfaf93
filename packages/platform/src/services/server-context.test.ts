import { CanfarError } from "@canfar/contract";
import { describe, expect, it } from "vitest";
import { allocate, serverContext } from "./server-context.ts";

const capacity = { cores: 8, memoryGiB: 15.6, gpus: 0 };
const context = serverContext({ capacity, maxInteractiveSessions: 5 });

describe("serverContext", () => {
  it("offers what the machine has, in whole cores and gibibytes", () => {
    expect(context.cores.options).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(context.memoryGB).toMatchObject({ default: 4, defaultRequest: 4, defaultLimit: 15 });
  });

  it("stays within the operator's own limits, and offers something on the smallest machine", () => {
    const limited = serverContext({ capacity, maxCores: 2, maxMemoryGiB: 3, maxInteractiveSessions: 1 });
    expect(limited.cores.options).toEqual([1, 2]);
    expect(limited.memoryGB).toMatchObject({ defaultRequest: 3, options: [1, 2, 3] });
    const tiny = serverContext({
      capacity: { cores: 1, memoryGiB: 0.4, gpus: 0 },
      maxInteractiveSessions: 1,
    });
    expect(tiny.memoryGB.options).toEqual([1]);
  });
});

describe("allocate", () => {
  it("counts flexible Sessions with the default and lets them use the machine", () => {
    expect(allocate({}, context)).toEqual({
      ...{ mode: "flexible", requestedCores: 1, coresLimit: 8 },
      ...{ requestedMemoryGiB: 4, memoryLimitGiB: 15, gpus: 0 },
    });
  });

  it("takes fractions whose whole part is an option", () => {
    expect(allocate({ cores: 2.5, memoryGiB: 1 }, context)).toMatchObject({ mode: "fixed", coresLimit: 2.5 });
  });

  it.each([{ cores: 9 }, { cores: 8.5 }, { cores: 0.5 }, { memoryGiB: 16 }, { gpus: 1 }])(
    "refuses %o",
    (request) => {
      expect(() => allocate(request, context)).toThrow(CanfarError);
    },
  );
});
