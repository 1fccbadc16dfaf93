import type { LaunchPlan } from "./session-driver.ts";

/** A small valid plan of one Session, for tests. @param change what is different in it */
export function testPlan(change: Partial<LaunchPlan> = {}): LaunchPlan {
  return {
    ...{ group: "testgrp1", kind: "headless", replicaCount: 1, argv: ["true"], env: {}, path: [] },
    image: { id: "images.canfar.net/skaha/terminal:latest", digest: "sha256:0", recipe: null },
    replicas: [{ sessionId: "test0001", attempt: 1, name: "test-1", index: 1, env: { REPLICA_ID: "1" } }],
    user: { username: "astro", uid: 10_000, gid: 10_000, groups: [], home: "/arc/home/astro" },
    ...{ mounts: [], workingDirectory: "/tmp", service: null, lifetimeSeconds: 3600, slots: 0 },
    limits: { cores: 1, memoryBytes: 512 * 1024 ** 2, processes: 256, gpus: 0 },
    ...change,
  };
}
