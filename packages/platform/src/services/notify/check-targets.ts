import { CanfarError, type NotificationRequest } from "@canfar/contract";
import type { AllowedHosts } from "./allowed-hosts.ts";
import { mailAddress } from "./mail.ts";

/** Whom this platform can tell anything. */
export interface NotificationLimits {
  readonly hosts: AllowedHosts;
  readonly sendsMail: boolean;
}

/**
 * Whether everybody can be told whom a launch wants to be told.
 *
 * @throws CanfarError `request.invalid` for a target that cannot be used, `request.unsupported` for mail from a platform
 *   that sends none
 */
export function checkTargets(
  notify: readonly NotificationRequest[],
  { hosts, sendsMail }: NotificationLimits,
): void {
  for (const { target } of notify) {
    if (/^mailto:/i.test(target)) checkMail(target, sendsMail);
    else hosts.check(readUrl(target));
  }
}

function checkMail(target: string, sendsMail: boolean): void {
  if (!sendsMail) {
    throw new CanfarError("request.unsupported", {
      message: `${target} cannot be told: this platform sends no mail`,
      hint: "Name an https address, or ask the operator to set `mail` in config.yaml.",
      details: { target },
    });
  }
  if (mailAddress(target) !== null) return;
  throw new CanfarError("request.invalid", {
    message: `'${target}' is not one mail address`,
    hint: "Write mailto:name@example.org, without subject or further addresses.",
    details: { fields: ["policy.notify"], target },
  });
}

function readUrl(target: string): URL {
  const url = URL.parse(target);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "")
    return url;
  throw new CanfarError("request.invalid", {
    message: `'${target}' is not an http(s) address that can be told`,
    hint: "Write https://host/path; a password belongs neither into it nor before the host.",
    details: { fields: ["policy.notify"], target },
  });
}
