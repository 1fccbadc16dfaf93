import { CanfarError } from "./errors.ts";

/** Longest name that is also a valid host name label (RFC 1123). */
export const SESSION_NAME_MAX_LENGTH = 63;

/**
 * Checks a Session name: letters, digits and inner dashes, at most 63 characters.
 *
 * @returns the name in lower case, as every Skaha server stores it
 * @throws CanfarError `session.invalid_name`
 */
export function parseSessionName(text: string): string {
  const refuse = (why: string): never => {
    throw new CanfarError("session.invalid_name", {
      message: `name can only contain alpha-numeric chars and '-': '${text}' ${why}`,
      hint: "Choose a name such as 'galaxy-batch-1'.",
    });
  };
  if (text === "") refuse("is empty");
  if (!/^[A-Za-z0-9-]+$/.test(text)) refuse("has other characters");
  if (text.startsWith("-") || text.endsWith("-")) refuse("starts or ends with '-'");
  if (text.length > SESSION_NAME_MAX_LENGTH) refuse(`is longer than ${SESSION_NAME_MAX_LENGTH} characters`);
  return text.toLowerCase();
}
