import { CanfarError } from "@canfar/contract";

/** Far above what a launch needs, far below what would hurt the server. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Room for the names of a million Items. */
const MAX_JSON_BYTES = 256 * 1024 * 1024;

/**
 * Parameters of a request, from the query string and the form body together, as Java servlets have it.
 *
 * @throws CanfarError `request.invalid` where the body is no form, `request.too_large`
 */
export async function readParameters(request: Request): Promise<URLSearchParams> {
  const parameters = new URLSearchParams(new URL(request.url).search);
  for (const [name, value] of await readForm(request)) parameters.append(name, value);
  return parameters;
}

/**
 * The JSON document in a request's body.
 *
 * @throws CanfarError `request.invalid` where the body is none, `request.too_large`
 */
export async function readJson(request: Request): Promise<unknown> {
  const body = await readBody(request, MAX_JSON_BYTES);
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw new CanfarError("request.invalid", {
      message: `the body is no JSON document: ${(error as Error).message}`,
      hint: "Send it with Content-Type: application/json.",
      cause: error,
    });
  }
}

async function readForm(request: Request): Promise<[string, string][]> {
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body.length === 0) return [];
  const type = request.headers.get("content-type") ?? "";
  switch (type.split(";")[0]?.trim().toLowerCase()) {
    case "application/x-www-form-urlencoded":
      return [...new URLSearchParams(body.toString("utf8"))];
    case "multipart/form-data":
      return await readMultipart(body, type);
    default:
      throw new CanfarError("request.invalid", {
        message: `a body of type '${type || "unknown"}' is not supported`,
        hint: "Send the parameters as application/x-www-form-urlencoded, or in the query string.",
      });
  }
}

async function readBody(request: Request, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > most) {
      throw new CanfarError("request.too_large", {
        message: `the request's body is larger than ${most} bytes`,
        hint: "Put large inputs into files under /arc and pass their paths.",
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function readMultipart(body: Buffer, type: string): Promise<[string, string][]> {
  try {
    const form = await new Response(new Uint8Array(body), { headers: { "Content-Type": type } }).formData();
    return [...form].filter((field): field is [string, string] => typeof field[1] === "string");
  } catch (error) {
    throw new CanfarError("request.invalid", {
      message: `the multipart body cannot be read: ${(error as Error).message}`,
      cause: error,
    });
  }
}
