import { CanfarError } from "@canfar/contract";
import { RE2JS } from "re2js";

/** Longer ones are no question that a person asks. */
const LONGEST_EXPRESSION = 1000;

/**
 * A test of lines against a regular expression of a user. RE2's way of matching takes time in proportion to the line,
 * whatever the expression is, so that nobody can stop the server with one; it has no back references and no look-around
 * for that.
 *
 * @throws CanfarError `request.invalid` for an expression that cannot be used
 */
export function lineFilter(expression: string): (text: string) => boolean {
  if (expression.length > LONGEST_EXPRESSION) {
    throw invalid(`it is longer than ${LONGEST_EXPRESSION} characters`);
  }
  // Most of what people look for is a plain word.
  if (/^[\w\s,:;=/@#%&"'<>!~-]*$/.test(expression)) return (text) => text.includes(expression);
  try {
    const compiled = RE2JS.compile(expression);
    return (text) => compiled.test(text);
  } catch (error) {
    throw invalid((error as Error).message.replace(/^error parsing regexp: /, ""));
  }
}

function invalid(why: string): CanfarError {
  return new CanfarError("request.invalid", {
    message: `the regular expression cannot be used: ${why}`,
    hint: "It is read as by RE2 or Go: without look-around and back references. Put \\ before a character that is meant as it is.",
  });
}
