import type { PlatformStats, ServerContext } from "@canfar/contract";
import type { Records } from "../records/records.ts";

/** GiB as decimal gigabytes with upstream's unit. */
function gigabytes(gib: number): string {
  return `${Number(((gib * 1024 ** 3) / 1e9).toFixed(3))}G`;
}

/** The platform's load: what is there, what active Sessions asked for, what one Session may have. */
export function platformLoad(options: {
  records: Records;
  capacity: { cores: number; memoryGiB: number };
  context: ServerContext;
}): PlatformStats {
  const { records, capacity, context } = options;
  const load = records.groups.load();
  const cores = context.cores.defaultLimit;
  const memory = `${context.memoryGB.defaultLimit}Gi`;
  return {
    cores: {
      requestedCPUCores: load.cores,
      cpuCoresAvailable: capacity.cores,
      maxCPUCores: { cpuCores: cores, withRam: memory },
    },
    ram: {
      requestedRAM: gigabytes(load.memoryGiB),
      ramAvailable: gigabytes(capacity.memoryGiB),
      maxRAM: { ram: memory, withCPUCores: cores },
    },
  };
}
