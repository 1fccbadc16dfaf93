import type { LaunchRequest } from "@canfar/contract";
import {
  type Answer,
  type HttpServer,
  type ReceivedRequest,
  sendJson,
  sendText,
  startHttpServer,
} from "./http-server.ts";
import { capabilities } from "./issuer.ts";

export interface SkahaBehaviour {
  /** With our additions, as a platform of this project has them; else plain upstream. */
  readonly ours?: boolean;
  /** Answers to other requests than the server's own few; false means: not mine. */
  readonly answer?: (...words: Parameters<Answer>) => boolean | Promise<boolean>;
}

/** A Skaha server that launches whatever it is asked for, for tests that look at what it was asked. */
export async function startSkaha(behaviour: SkahaBehaviour = {}): Promise<HttpServer> {
  let serial = 0;
  const server = await startHttpServer(async (request, response) => {
    if (await behaviour.answer?.(request, response)) return;
    if (request.path === "/skaha/capabilities") {
      if (behaviour.ours) response.writeHead(200).end(capabilities(server.origin));
      else response.writeHead(404).end("not found\n");
      return;
    }
    const newId = () => {
      serial += 1;
      return `s${String(serial).padStart(7, "0")}`;
    };
    if (request.method === "POST" && request.path === "/skaha/v1/session") {
      return sendText(response, `${newId()}\r\n`);
    }
    if (behaviour.ours && request.method === "POST" && request.path === "/canfar/v1/group") {
      const sessions = Array.from({ length: Number((request.json as LaunchRequest).replicas) }, newId);
      return sendJson(response, { group: sessions[0], sessions });
    }
    if (request.path === "/skaha/v1/session") return sendJson(response, []);
    sendText(response, `Session ${request.path.split("/").at(-1)} not found\n`, 404);
  });
  return server;
}

/** A session object with the types that upstream sends. */
export function wireSession(id: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id,
    userid: "ada",
    runAsUID: "10000",
    runAsGID: "10000",
    supplementalGroups: [34241],
    image: "images.canfar.net/skaha/astroml:latest",
    type: "headless",
    status: "Running",
    name: `name-of-${id}`,
    startTime: "2026-11-20T12:00:00Z",
    expiryTime: "2026-12-04T12:00:00Z",
    connectURL: "",
    requestedRAM: "4",
    requestedCPUCores: "1",
    ramInUse: "<none>",
    isFixedResources: true,
    ...changes,
  };
}

/** Launches of single Sessions by form. */
export function launches(server: HttpServer): ReceivedRequest[] {
  return server.requests.filter(({ method, path }) => method === "POST" && path === "/skaha/v1/session");
}

/** Launches of whole Groups. */
export function groupLaunches(server: HttpServer): LaunchRequest[] {
  return server.requests
    .filter(({ method, path }) => method === "POST" && path === "/canfar/v1/group")
    .map(({ json }) => json as LaunchRequest);
}
