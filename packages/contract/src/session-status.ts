/** Status of a Session on the wire. `Pending` covers everything before the first process runs. */
export const SESSION_STATUSES = ["Pending", "Running", "Terminating", "Completed", "Failed"] as const;

export type SessionStatus = (typeof SESSION_STATUSES)[number];

/** Statuses after which nothing about the Session changes any more. */
export const ENDED_STATUSES = ["Completed", "Failed"] as const satisfies readonly SessionStatus[];

export function isEnded(status: SessionStatus): boolean {
  return (ENDED_STATUSES as readonly SessionStatus[]).includes(status);
}

/**
 * Reads a status that any Skaha server may send. Older servers said `Succeeded` and `Error`.
 *
 * @returns the status, or null when the text is none of them
 */
export function parseSessionStatus(text: string): SessionStatus | null {
  const lower = text.trim().toLowerCase();
  if (lower === "succeeded") return "Completed";
  if (lower === "error") return "Failed";
  return SESSION_STATUSES.find((status) => status.toLowerCase() === lower) ?? null;
}
