import { CanfarError } from "@canfar/contract";

/** @param removedAt ISO 8601 */
export function removedLogs(id: string, removedAt: string): CanfarError {
  return new CanfarError("session.logs_removed", {
    message: `the logs of ${id} were removed at ${removedAt}, because they were old`,
    hint: "Write what has to stay to a file below /arc.",
    details: { id, removedAt },
  });
}
