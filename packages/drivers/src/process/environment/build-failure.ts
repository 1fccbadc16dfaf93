import { writeFile } from "node:fs/promises";
import { CanfarError } from "@canfar/contract";
import { ToolFailure } from "./run-tool.ts";

const LAST_LINES = 6;

const FULL_DISK =
  /no space left on device|os error 28\b|errno 28\b|\bENOSPC\b|disk quota exceeded|database or disk is full/i;

/** What a tool's words mean, and what to do about it; the first that fits. */
const HINTS: readonly { readonly pattern: RegExp; readonly hint: string }[] = [
  {
    pattern: /certificate|ssl error|tls/i,
    hint: "The package index's certificate was not accepted: set SSL_CERT_FILE to your site's certificates, then launch again.",
  },
  {
    pattern: /hash mismatch|do not match the hashes/i,
    hint: "The package index gave other files than the image's lock names: use another index (PIP_INDEX_URL), then launch again.",
  },
  {
    pattern: /no usable wheels|failed to build|error: command .*(gcc|cc|c\+\+)|microsoft visual/i,
    hint: "A package has no ready-made files for this machine: install a C compiler and Python's headers, or a newer Python.",
  },
  {
    pattern:
      /error sending request|dns error|failed to (fetch|lookup)|connection|connect error|timed? ?out|name resolution|temporary failure|network is unreachable|urlopen error|http error|proxy|not found in the package registry|no matching distribution/i,
    hint: "The package index did not answer: check the network, HTTPS_PROXY and PIP_INDEX_URL, then launch again; finished downloads are kept.",
  },
];

/**
 * Turns whatever ended a build into the error that people see, and keeps the tools' output in a file.
 *
 * @param image reference as people type it
 * @param logFile where to keep the output
 */
export async function buildFailure(image: string, error: unknown, logFile: string): Promise<CanfarError> {
  if (error instanceof CanfarError) return error;
  const lines = error instanceof ToolFailure ? error.lines : [];
  const happened = error instanceof Error ? error.message : String(error);
  const output = [happened, ...lines].join("\n");
  const log = await keep(logFile, output);
  const last = lines.filter((line) => line.trim() !== "").slice(-LAST_LINES);
  const message = [
    `Container Image ${image} could not be built: ${FULL_DISK.test(output) ? "the disk is full" : happened}`,
    ...last.map((line) => `  ${line}`),
    ...(log === null ? [] : [`The whole output is in ${log}`]),
  ].join("\n");
  const details = { image, ...(log === null ? {} : { log }) };
  if (FULL_DISK.test(output)) {
    const hint = "Make room on the disk that holds the platform's data folder, then launch again.";
    return new CanfarError("storage.full", { message, hint, details, cause: error });
  }
  const hint = HINTS.find(({ pattern }) => pattern.test(output))?.hint ?? "Launch again to try once more.";
  return new CanfarError("image.build_failed", { message, hint, details, cause: error });
}

async function keep(file: string, text: string): Promise<string | null> {
  try {
    await writeFile(file, `${text}\n`, { mode: 0o600 });
    return file;
  } catch {
    return null; // On a full disk there is no room for the log either; the message has its last lines.
  }
}
