import { DEFAULT_BATCH_POLICY } from "../batch-policy.ts";
import { CanfarError } from "../errors.ts";
import type { LaunchRequest } from "../launch-request.ts";
import { MAX_REPLICAS } from "../launch-request.ts";
import { REPLICA_COUNT, REPLICA_ID } from "../replica.ts";
import { isLaunchableKind } from "../session-kind.ts";

/**
 * Writes a launch request of one Session as form parameters, in the order that upstream's client has. `args` goes out
 * joined by single spaces, as upstream splits it: see `survivesJoining`.
 *
 * @param replica place of the Session among those that are sent one by one
 */
export function encodeLaunchForm(
  request: LaunchRequest,
  replica: { readonly index: number; readonly count: number },
): URLSearchParams {
  const form = new URLSearchParams();
  form.set("name", request.name);
  form.set("image", request.image);
  if (request.resources.cores !== undefined) form.set("cores", String(request.resources.cores));
  if (request.resources.memoryGiB !== undefined) form.set("ram", String(request.resources.memoryGiB));
  form.set("type", request.kind);
  if (request.resources.gpus) form.set("gpus", String(request.resources.gpus));
  if (request.command !== undefined) form.set("cmd", request.command);
  if (request.args.length > 0) form.set("args", request.args.join(" "));
  for (const [key, value] of Object.entries(request.env)) form.append("env", `${key}=${value}`);
  form.append("env", `${REPLICA_ID}=${replica.index}`);
  form.append("env", `${REPLICA_COUNT}=${replica.count}`);
  return form;
}

/** True where splitting the joined arguments at single spaces gives the same arguments again. */
export function survivesJoining(args: readonly string[]): boolean {
  return args.every((arg) => arg !== "" && !/\s/.test(arg));
}

/** What a form asks for before the server has looked at images, limits and quotas. */
export interface LaunchForm {
  readonly request: LaunchRequest;
  /** Place in a Group whose Replicas an old client sends one by one; absent where the form has none. */
  readonly replica: { readonly index: number; readonly count: number } | undefined;
}

/**
 * Reads the form of `POST /v1/session`, from the query string and the body together. `arg` (one word each, exact) and
 * `replicas` are what our platform adds, for people who have nothing but curl.
 *
 * @throws CanfarError `session.missing_parameter`, `session.invalid_kind`, `resource.out_of_range`, `request.invalid`
 */
export function decodeLaunchForm(form: URLSearchParams): LaunchForm {
  const image = form.get("image")?.trim();
  if (!image) throw missing("image", "List images with `canfar image ls`.");
  const kind = (form.get("type") ?? "").trim().toLowerCase() || "headless";
  if (!isLaunchableKind(kind)) {
    throw new CanfarError("session.invalid_kind", {
      message: `Invalid session type: ${form.get("type")}`,
      hint: "Use notebook, headless, desktop, carta, contributed or firefly.",
    });
  }
  const name = form.get("name")?.trim();
  if (!name) throw missing("name", "Give the session a name: name=my-session.");
  const env = decodeEnvironment(form.getAll("env"));
  const { [REPLICA_ID]: id, [REPLICA_COUNT]: count, ...own } = env;
  const native = form.has("replicas");
  const place = !native && /^\d+$/.test(id ?? "") && /^\d+$/.test(count ?? "");
  const request: LaunchRequest = {
    name,
    kind,
    image,
    ...(form.get("cmd") ? { command: form.get("cmd") as string } : {}),
    args: form.has("arg") ? form.getAll("arg") : splitArguments(form.get("args") ?? ""),
    env: native || place ? own : env,
    resources: {
      ...quantity(form, "cores", "cores", false),
      ...quantity(form, "ram", "memoryGiB", false),
      ...quantity(form, "gpus", "gpus", true),
    },
    replicas: native ? replicas(form.get("replicas") ?? "") : 1,
    policy: DEFAULT_BATCH_POLICY,
  };
  return { request, replica: place ? { index: Number(id), count: Number(count) } : undefined };
}

function missing(parameter: string, hint: string): CanfarError {
  return new CanfarError("session.missing_parameter", { message: `Missing parameter '${parameter}'`, hint });
}

/** `KEY=VALUE`, split at the first `=` only: values keep every character they have. */
function decodeEnvironment(pairs: readonly string[]): Record<string, string> {
  const env: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    const key = at < 0 ? pair : pair.slice(0, at);
    if (at < 0 || !/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(key)) {
      throw new CanfarError("request.invalid", {
        message: `Invalid value for 'env': '${key}' is not KEY=VALUE`,
        hint: "Write --env NAME=value; NAME has letters, digits and '_'.",
      });
    }
    if (pair.includes("\0")) {
      throw new CanfarError("request.invalid", {
        message: `Invalid value for 'env': '${key}' holds a NUL byte`,
      });
    }
    env[key] = pair.slice(at + 1);
  }
  return env;
}

/** Upstream splits at white space and knows no quotes; scripts rely on it. */
function splitArguments(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

function quantity<K extends "cores" | "memoryGiB" | "gpus">(
  form: URLSearchParams,
  parameter: string,
  key: K,
  whole: boolean,
): Partial<Record<K, number>> {
  const text = form.get(parameter)?.trim();
  if (!text) return {};
  const value = Number(text);
  if (!(whole ? /^\d+$/ : /^\d+(\.\d+)?$/).test(text) || (!whole && value === 0)) {
    throw new CanfarError("resource.out_of_range", {
      message: `Invalid value for '${parameter}': ${text}`,
      hint: whole ? "Give a whole number." : "Give a positive number.",
    });
  }
  return (whole && value === 0 ? {} : { [key]: value }) as Partial<Record<K, number>>;
}

function replicas(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > MAX_REPLICAS) {
    throw new CanfarError("request.invalid", {
      message: `Invalid value for 'replicas': ${text}`,
      hint: `Give a whole number from 1 to ${MAX_REPLICAS}.`,
    });
  }
  return value;
}
