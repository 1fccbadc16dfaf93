import {
  allocationMode,
  CanfarError,
  type ResourceAllocation,
  type ResourceRequest,
  type ServerContext,
} from "@canfar/contract";

/** What a Session asks for where its launch says nothing. */
const DEFAULT_CORES = 1;
const DEFAULT_MEMORY_GIB = 4;

/**
 * What this platform offers, from what the driver found on the machine.
 *
 * @param options.maxCores,options.maxMemoryGiB the operator's own limits for one Session
 */
export function serverContext(options: {
  capacity: { cores: number; memoryGiB: number; gpus: number };
  maxCores?: number | undefined;
  maxMemoryGiB?: number | undefined;
  maxInteractiveSessions: number;
}): ServerContext {
  const { capacity, maxInteractiveSessions } = options;
  const cores = Math.max(1, Math.floor(Math.min(capacity.cores, options.maxCores ?? Infinity)));
  const memory = Math.max(1, Math.floor(Math.min(capacity.memoryGiB, options.maxMemoryGiB ?? Infinity)));
  return {
    cores: range(DEFAULT_CORES, cores),
    memoryGB: range(DEFAULT_MEMORY_GIB, memory),
    gpus: { options: upTo(capacity.gpus) },
    maxInteractiveSessions,
  };
}

function range(request: number, most: number): ServerContext["cores"] {
  const usual = Math.min(request, most);
  return { default: usual, defaultRequest: usual, defaultLimit: most, options: upTo(most) };
}

function upTo(most: number): number[] {
  return Array.from({ length: most }, (_, index) => index + 1);
}

/**
 * Checks a request against what is offered; what it leaves open is flexible: counted with the default, free to use
 * as much as the machine has.
 *
 * @throws CanfarError `resource.out_of_range`
 */
export function allocate(request: ResourceRequest, context: ServerContext): ResourceAllocation {
  check("cores", request.cores, context.cores.options);
  check("ram", request.memoryGiB, context.memoryGB.options);
  check("gpus", request.gpus || undefined, context.gpus.options);
  return {
    mode: allocationMode(request),
    requestedCores: request.cores ?? context.cores.defaultRequest,
    coresLimit: request.cores ?? context.cores.defaultLimit,
    requestedMemoryGiB: request.memoryGiB ?? context.memoryGB.defaultRequest,
    memoryLimitGiB: request.memoryGiB ?? context.memoryGB.defaultLimit,
    gpus: request.gpus ?? 0,
  };
}

/** As upstream: the integer part must be one of the options. */
function check(parameter: string, value: number | undefined, options: readonly number[]): void {
  const most = options.at(-1) ?? 0;
  if (value === undefined || (options.includes(Math.floor(value)) && value <= most)) return;
  const hint = most === 0 ? `This platform has no ${parameter}.` : `Choose from 1 to ${most}.`;
  throw new CanfarError("resource.out_of_range", {
    message: `Invalid value for '${parameter}': ${value}; ${most === 0 ? "none are available" : `it must be from 1 to ${most}`}`,
    hint,
    details: { parameter, value, options },
  });
}
