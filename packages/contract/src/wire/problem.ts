import { z } from "zod";
import { CanfarError, type ErrorCode, isErrorCode } from "../errors.ts";

/** Media type of structured errors (RFC 9457); sent to clients that accept it, text/plain to all others. */
export const PROBLEM_MEDIA_TYPE = "application/problem+json";

const problemSchema = z.looseObject({
  title: z.string().optional(),
  status: z.number().optional(),
  detail: z.string().optional(),
  code: z.string().optional(),
  hint: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

/** Writes an error as a problem document. */
export function encodeProblem(error: CanfarError, status: number): z.input<typeof problemSchema> {
  const { code, message, hint, details } = error.toJSON();
  return {
    title: message,
    status,
    detail: message,
    code,
    ...(hint ? { hint } : {}),
    ...(details ? { details } : {}),
  };
}

/**
 * Reads an error answer of any server: a problem document of ours, or upstream's plain text.
 *
 * @param fallback code where the body names none
 */
export function decodeProblem(body: string, contentType: string, fallback: ErrorCode): CanfarError {
  if (contentType.startsWith(PROBLEM_MEDIA_TYPE)) {
    const parsed = problemSchema.safeParse(tryJson(body));
    if (parsed.success) {
      const { code, title, detail, hint, details } = parsed.data;
      return new CanfarError(code !== undefined && isErrorCode(code) ? code : fallback, {
        message: detail ?? title ?? body,
        hint,
        details,
      });
    }
  }
  const text = contentType.includes("html") ? "" : body.trim();
  return new CanfarError(fallback, { message: text.split("\n")[0] || "the server gave no reason" });
}

function tryJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
