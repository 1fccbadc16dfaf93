import type { SessionKind } from "@canfar/contract";
import { describe, expect, it } from "vitest";
import type { GroupRecord } from "../records/group-store.ts";
import { capacityOf } from "./admission/demand.ts";
import { type PlanSurroundings, planLaunch } from "./launch-planner.ts";

const surroundings: PlanSurroundings = {
  hostname: "127.0.0.1:8088",
  origin: "http://127.0.0.1:8088",
  innerOrigin: "http://127.0.0.1:8088",
  homes: "/data/arc/home",
  projects: "/data/arc/projects",
  groups: "/data/groups",
  capacity: capacityOf({ machine: { cores: 4, memoryGiB: 16, gpus: 0 }, places: 8, memoryGiB: 4 }),
  sessionTools: "/platform/session-tools",
  command: { node: "/platform/bin/node", folder: "/platform/command" },
  maxProcesses: 4096,
  longestLifetimeSeconds: 31_536_000,
};

function group(
  kind: SessionKind,
  details: Partial<GroupRecord["details"]> = {},
  replicaCount = 1,
): GroupRecord {
  return {
    id: "aaaaaaaa",
    username: "astro",
    kind,
    image: "images.canfar.net/skaha/astroml:latest",
    interactive: kind !== "headless",
    replicaCount,
    ...{ sequence: 1, released: true, failedBefore: 0 },
    lifetimeSeconds: 345_600,
    createdAt: "2026-01-01T00:00:00.000Z",
    ...{ name: "a", requestId: null, requestDigest: "", stopped: null, logsRemovedAt: null },
    details: {
      user: { uid: 1000, gid: 1000, groups: [2000] },
      image: { digest: "sha256:0", recipe: "/images/skaha/astroml" },
      args: [],
      env: {},
      allocation: {
        ...{
          mode: "fixed",
          requestedCores: 2,
          coresLimit: 2,
          requestedMemoryGiB: 4,
          memoryLimitGiB: 4,
          gpus: 0,
        },
      },
      ...details,
    },
  };
}

const session = (id: string, replicaIndex: number) => ({
  ...{ id, name: `a-${replicaIndex}`, replicaIndex, attempt: 1, memoryGiB: null },
});

const first = session("aaaaaaaa", 1);

describe("planLaunch", () => {
  it("gives a notebook JupyterLab behind the proxy", () => {
    const [plan, ...others] = planLaunch(group("notebook"), [first], surroundings);
    expect(others).toEqual([]);
    expect(plan).toMatchInlineSnapshot(`
      {
        "argv": [
          "jupyter",
          "lab",
          "--no-browser",
          "--ip",
          "127.0.0.1",
          "--port",
          "{canfar:port}",
          "--ServerApp.port_retries=0",
          "--ServerApp.base_url=/session/notebook/aaaaaaaa",
          "--ServerApp.root_dir=/",
          "--ServerApp.allow_remote_access=True",
          "--ServerApp.allow_origin=http://127.0.0.1:8088",
          "--allow-root",
        ],
        "env": {
          "CANFAR_COMMAND": "/run/canfar/command",
          "CANFAR_NODE": "/run/canfar/node",
          "CANFAR_URL": "http://127.0.0.1:8088/skaha/v1",
          "HOME": "/arc/home/astro",
          "JULIA_NUM_THREADS": "2",
          "JUPYTERLAB_SETTINGS_DIR": "/arc/home/astro/.jupyter/lab/user-settings/",
          "JUPYTERLAB_WORKSPACES_DIR": "/arc/home/astro/.jupyter/lab/workspaces/",
          "JUPYTER_CONFIG_DIR": "/arc/home/astro/.jupyter/",
          "JUPYTER_DATA_DIR": "/arc/home/astro/.local/share/jupyter/",
          "JUPYTER_PATH": "/arc/home/astro/.jupyter/",
          "JUPYTER_RUNTIME_DIR": "/arc/home/astro/.local/share/jupyter/runtime/",
          "JUPYTER_TOKEN": "aaaaaaaa",
          "LOGNAME": "astro",
          "MKL_NUM_THREADS": "2",
          "NB_UID": "1000",
          "NB_USER": "astro",
          "OMP_NUM_THREADS": "2",
          "OPENBLAS_NUM_THREADS": "2",
          "PWD": "/arc/home/astro",
          "REPLICA_COUNT": "1",
          "USER": "astro",
          "XDG_CACHE_HOME": "/arc/home/astro",
          "skaha_hostname": "127.0.0.1:8088",
          "skaha_username": "astro",
        },
        "group": "aaaaaaaa",
        "image": {
          "digest": "sha256:0",
          "id": "images.canfar.net/skaha/astroml:latest",
          "recipe": "/images/skaha/astroml",
        },
        "kind": "notebook",
        "lifetimeSeconds": 31536000,
        "limits": {
          "cores": 2,
          "gpus": 0,
          "memoryBytes": 4294967296,
          "processes": 4096,
        },
        "mounts": [
          {
            "readOnly": false,
            "source": "/data/arc/home/astro",
            "target": "/arc/home/astro",
          },
          {
            "readOnly": false,
            "source": "/data/arc/projects",
            "target": "/arc/projects",
          },
          {
            "readOnly": false,
            "source": null,
            "target": "/scratch",
          },
          {
            "readOnly": true,
            "source": "/platform/session-tools",
            "target": "/run/canfar/bin",
          },
          {
            "readOnly": true,
            "source": "/platform/bin/node",
            "target": "/run/canfar/node",
          },
          {
            "readOnly": true,
            "source": "/platform/command",
            "target": "/run/canfar/command",
          },
        ],
        "path": [
          "/run/canfar/bin",
        ],
        "replicaCount": 1,
        "replicas": [
          {
            "attempt": 1,
            "env": {
              "REPLICA_ID": "1",
              "skaha_sessionid": "aaaaaaaa",
            },
            "index": 1,
            "name": "a-1",
            "sessionId": "aaaaaaaa",
          },
        ],
        "service": {
          "port": 8888,
          "readyPath": "/session/notebook/aaaaaaaa/api",
        },
        "slots": 0,
        "user": {
          "gid": 1000,
          "groups": [
            2000,
          ],
          "home": "/arc/home/astro",
          "uid": 1000,
          "username": "astro",
        },
        "workingDirectory": "/arc/home/astro",
      }
    `);
  });

  it("gives headless Replicas one plan, in which only id and number differ", () => {
    const batch = group(
      "headless",
      { command: "python", args: ["a b.py", "$HOME"], env: { MODE: "x=y" } },
      3,
    );
    const plans = planLaunch(batch, [first, session("bbbbbbbb", 2), session("cccccccc", 3)], surroundings);
    expect(plans).toMatchInlineSnapshot(`
      [
        {
          "argv": [
            "python",
            "a b.py",
            "$HOME",
          ],
          "env": {
            "CANFAR_COMMAND": "/run/canfar/command",
            "CANFAR_NODE": "/run/canfar/node",
            "CANFAR_URL": "http://127.0.0.1:8088/skaha/v1",
            "HOME": "/arc/home/astro",
            "LOGNAME": "astro",
            "MODE": "x=y",
            "OMP_NUM_THREADS": "2",
            "PWD": "/arc/home/astro",
            "REPLICA_COUNT": "3",
            "USER": "astro",
            "skaha_hostname": "127.0.0.1:8088",
            "skaha_username": "astro",
          },
          "group": "aaaaaaaa",
          "image": {
            "digest": "sha256:0",
            "id": "images.canfar.net/skaha/astroml:latest",
            "recipe": "/images/skaha/astroml",
          },
          "kind": "headless",
          "lifetimeSeconds": 31536000,
          "limits": {
            "cores": 2,
            "gpus": 0,
            "memoryBytes": 4294967296,
            "processes": 4096,
          },
          "mounts": [
            {
              "readOnly": false,
              "source": "/data/arc/home/astro",
              "target": "/arc/home/astro",
            },
            {
              "readOnly": false,
              "source": "/data/arc/projects",
              "target": "/arc/projects",
            },
            {
              "readOnly": false,
              "source": null,
              "target": "/scratch",
            },
            {
              "readOnly": true,
              "source": "/platform/session-tools",
              "target": "/run/canfar/bin",
            },
            {
              "readOnly": true,
              "source": "/platform/bin/node",
              "target": "/run/canfar/node",
            },
            {
              "readOnly": true,
              "source": "/platform/command",
              "target": "/run/canfar/command",
            },
          ],
          "path": [
            "/run/canfar/bin",
          ],
          "replicaCount": 3,
          "replicas": [
            {
              "attempt": 1,
              "env": {
                "REPLICA_ID": "1",
                "skaha_sessionid": "aaaaaaaa",
              },
              "index": 1,
              "name": "a-1",
              "sessionId": "aaaaaaaa",
            },
            {
              "attempt": 1,
              "env": {
                "REPLICA_ID": "2",
                "skaha_sessionid": "bbbbbbbb",
              },
              "index": 2,
              "name": "a-2",
              "sessionId": "bbbbbbbb",
            },
            {
              "attempt": 1,
              "env": {
                "REPLICA_ID": "3",
                "skaha_sessionid": "cccccccc",
              },
              "index": 3,
              "name": "a-3",
              "sessionId": "cccccccc",
            },
          ],
          "service": null,
          "slots": 4,
          "user": {
            "gid": 1000,
            "groups": [
              2000,
            ],
            "home": "/arc/home/astro",
            "uid": 1000,
            "username": "astro",
          },
          "workingDirectory": "/arc/home/astro",
        },
      ]
    `);
  });

  it("makes as many plans as there are interactive Sessions, each with its own address", () => {
    const plans = planLaunch(group("notebook", {}, 2), [first, session("bbbbbbbb", 2)], surroundings);
    expect(plans.map(({ argv }) => argv?.find((word) => word.includes("base_url")))).toEqual([
      "--ServerApp.base_url=/session/notebook/aaaaaaaa",
      "--ServerApp.base_url=/session/notebook/bbbbbbbb",
    ]);
  });

  it("lets nobody override what the platform sets", () => {
    const env = {
      HOME: "/root",
      skaha_sessionid: "other",
      REPLICA_ID: "7",
      OMP_NUM_THREADS: "99",
      MINE: "1",
    };
    const [plan] = planLaunch(group("headless", { env }), [first], surroundings);
    const seen = { ...plan?.env, ...plan?.replicas[0]?.env };
    expect(seen).toMatchObject({
      ...{
        HOME: "/arc/home/astro",
        skaha_sessionid: "aaaaaaaa",
        REPLICA_ID: "1",
        OMP_NUM_THREADS: "2",
        MINE: "1",
      },
    });
  });

  it("keeps a user's variables away from interactive Sessions, as upstream does", () => {
    const [plan] = planLaunch(group("notebook", { env: { MINE: "1" } }), [first], surroundings);
    expect(plan?.env).not.toHaveProperty("MINE");
  });

  it("puts what hands out items before the command, and mounts what its replicas share", () => {
    const items = { split: "balanced", total: 10, setAsideAfter: 3 } as const;
    const each = planLaunch(
      group("headless", { command: "sh", args: ["-c", "x", "{}"], items }),
      [first],
      surroundings,
    )[0];
    expect(each?.argv).toEqual(["canfar-items", "run", "--", "sh", "-c", "x", "{}"]);
    expect(each?.mounts.slice(-2)).toEqual([
      { source: "/data/groups/aaaaaaaa/items", target: "/run/canfar/items", readOnly: true },
      { source: "/data/groups/aaaaaaaa/progress", target: "/run/canfar/progress", readOnly: false },
    ]);
    expect({ ...each?.env, ...each?.replicas[0]?.env }).toMatchObject({
      CANFAR_ITEMS: "/run/canfar/items",
      CANFAR_ITEMS_PROGRESS: "/run/canfar/progress",
      CANFAR_ITEMS_ATTEMPT: "1",
    });
    expect(each?.replicas[0]?.env).not.toHaveProperty("CANFAR_ITEMS_FILE");
    const whole = planLaunch(group("headless", { command: "ls", items }), [first], surroundings)[0];
    expect(whole?.replicas[0]?.env.CANFAR_ITEMS_FILE).toBe("/run/canfar/progress/lists/1");
    const free = planLaunch(
      group("headless", { command: "ls", items: { ...items, split: "dynamic" } }),
      [first],
      surroundings,
    )[0];
    expect(free?.replicas[0]?.env).not.toHaveProperty("CANFAR_ITEMS_FILE");
  });

  it("runs the image's own program where none is named, and arguments alone as a program", () => {
    expect(planLaunch(group("headless"), [first], surroundings)[0]?.argv).toBeNull();
    expect(planLaunch(group("contributed"), [first], surroundings)[0]?.argv).toBeNull();
    const args = ["echo", "hi"];
    expect(planLaunch(group("headless", { args }), [first], surroundings)[0]?.argv).toEqual(args);
  });

  it.each([
    ["headless", null],
    ["contributed", { port: 5000, readyPath: null }],
    ["carta", { port: 6901, readyPath: "/session/carta/aaaaaaaa/" }],
    ["firefly", { port: 8080, readyPath: null }],
  ] as const)("says where a %s Session serves", (kind, service) => {
    expect(planLaunch(group(kind), [first], surroundings)[0]?.service).toEqual(service);
  });

  it("gives those whose memory was raised a plan of their own", () => {
    const raised = { ...session("bbbbbbbb", 2), memoryGiB: 8 };
    const plans = planLaunch(group("headless"), [first, raised, session("cccccccc", 3)], surroundings);
    expect(
      plans.map(({ replicas, limits }) => [replicas.map(({ index }) => index), limits.memoryBytes]),
    ).toEqual([
      [[1, 3], 4 * 1024 ** 3],
      [[2], 8 * 1024 ** 3],
    ]);
  });
});
