import { CanfarError } from "@canfar/contract";

/** POSIX portable file name, as useradd takes it, capitals and dots included; it names a home folder. */
const USERNAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/;

/** @throws CanfarError `request.invalid` */
export function parseUsername(text: string): string {
  if (USERNAME_PATTERN.test(text) && !text.endsWith(".")) return text;
  throw new CanfarError("request.invalid", {
    message: `"${text.slice(0, 64)}" cannot be a username`,
    hint: "A username starts with a letter, then letters, digits, dot, dash or underscore follow; at most 32 characters.",
  });
}
