import {
  CanfarError,
  DEPENDENCY_CONDITIONS,
  type DependencyCondition,
  NOTIFICATION_MOMENTS,
  type NotificationMoment,
} from "@canfar/contract";

/** What `--after` says, before it is known which Group it means. */
export interface AfterWord {
  readonly word: string;
  readonly when: DependencyCondition;
}

export interface NotifyWord {
  readonly target: string;
  readonly on: NotificationMoment[];
}

/** Reads `stars`, `stars:any`. @throws CanfarError `command.usage` */
export function parseAfter(text: string): AfterWord {
  const match = /^([^:]+)(?::([a-z]+))?$/.exec(text);
  const when = DEPENDENCY_CONDITIONS.find((condition) => condition === (match?.[2] ?? "ok"));
  if (match?.[1] !== undefined && when !== undefined) return { word: match[1], when };
  throw new CanfarError("command.usage", {
    message: `'${text}' does not say after what`,
    hint: `Write NAME or NAME:WHEN, where WHEN is ${DEPENDENCY_CONDITIONS.join(", ")}.`,
  });
}

/**
 * Reads `https://example.org/hook`, `failed:https://…`, `done,failed:ada@example.org`.
 *
 * @throws CanfarError `command.usage`
 */
export function parseNotify(text: string): NotifyWord {
  const match = /^(?:((?:[a-z]+,)*[a-z]+):(?!\/\/))?(.+)$/.exec(text);
  const [, moments, rest = ""] = match ?? [];
  // `mailto:` looks like a moment, and is none.
  const [when, target] = moments === "mailto" ? [undefined, text] : [moments, rest];
  const on = (when ?? "done")
    .split(",")
    .map((word) => NOTIFICATION_MOMENTS.find((moment) => moment === word));
  const address = /^[^@\s/:]+@[^@\s/]+$/.test(target) ? `mailto:${target}` : target;
  if (/^(https?:\/\/|mailto:)\S+$/.test(address) && on.every((moment) => moment !== undefined))
    return { target: address, on: [...new Set(on)] };
  throw new CanfarError("command.usage", {
    message: `'${text}' does not say whom to tell`,
    hint: "Write https://example.org/hook, ada@example.org, or with a moment: failed:ada@example.org, done,failed:https://….",
  });
}
