import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { line, ScratchLogs } from "./scratch-logs.ts";

const LINE = "x".repeat(1000);

function mountSmallDisk(): string | null {
  const root = mkdtempSync(join(tmpdir(), "canfar-full-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", root]).status === 0;
  if (mounted) return root;
  rmSync(root, { recursive: true });
  return null;
}

describe("a full disk", () => {
  it("loses no line, asks to wait, says so once, and recovers", async (context) => {
    const root = mountSmallDisk();
    if (root === null) return context.skip("this user may not mount a small disk");
    try {
      const logs = new ScratchLogs(root);
      const filler = join(root, "filler");
      writeFileSync(filler, Buffer.alloc(7 * 1024 * 1024));
      const told: string[] = [];
      const pressure: boolean[] = [];
      const source = {
        onPressure: (stop: boolean) => pressure.push(stop),
        onTrouble: (error: NodeJS.ErrnoException | null) => told.push(error?.code ?? "written again"),
      };
      const one = logs.open({ sessionId: "aaaaaaaa" }, { replicaCount: 2, source });
      const other = logs.open({ sessionId: "bbbbbbbb", replicaIndex: 2 }, { replicaCount: 2 });
      for (let count = 0; count < 1000; count += 1) {
        one.append([line(`a${count} ${LINE}`)]);
        if (count % 100 === 0) other.append([line(`b${count}`)]);
      }
      for (let count = 1000; count < 4000; count += 1) one.append([line(`a${count} ${LINE}`)]);
      await one.inTrouble();
      expect(told).toEqual(["ENOSPC"]);
      expect(pressure).toEqual([true]); // Before it was known where the file ends, and ever since.
      rmSync(filler);
      await expect.poll(() => pressure).toEqual([true, false]);
      await Promise.all([one.close(), other.close()]);
      expect(told).toEqual(["ENOSPC", "written again"]);
      const numbers = async (id: string) =>
        (await logs.texts({ sessionIds: new Set([id]) })).map((text) => Number.parseInt(text.slice(1), 10));
      expect(await numbers("aaaaaaaa")).toEqual(Array.from({ length: 4000 }, (_, at) => at));
      expect(await numbers("bbbbbbbb")).toEqual(Array.from({ length: 10 }, (_, at) => at * 100));
    } finally {
      spawnSync("umount", [root]);
      rmSync(root, { recursive: true, force: true });
    }
  });
});
