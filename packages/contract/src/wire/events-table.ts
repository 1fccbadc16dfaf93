import type { SessionEvent } from "../session.ts";

const COLUMNS = ["TYPE", "REASON", "MESSAGE", "FIRST-TIME", "LAST-TIME"] as const;

/**
 * Writes events as the text table of `view=events`: columns two spaces apart, so that clients that split at two or
 * more spaces get five columns. Runs of white space inside a message become one space for the same reason.
 */
export function encodeEventsTable(events: readonly SessionEvent[]): string {
  if (events.length === 0) return "<none>\n";
  const rows = events.map((event) =>
    [event.type, event.reason, event.message, event.firstTime, event.lastTime].map(
      (cell) => cell.replace(/\s+/g, " ").trim() || "-",
    ),
  );
  const table = [[...COLUMNS], ...rows];
  const widths = COLUMNS.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

/** Reads the table back; lines of another shape come out whole as the message, so nothing is dropped. */
export function decodeEventsTable(text: string): SessionEvent[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && line.trim() !== "<none>");
  return lines
    .filter((line, index) => !(index === 0 && line.includes("TYPE") && line.includes("REASON")))
    .map((line) => {
      const cells = line.trim().split(/\s{2,}/);
      const [type = "", reason = "", message = "", firstTime = "", lastTime = ""] = cells;
      if (cells.length !== 5) {
        return { type: "Normal" as const, reason: "", message: line.trim(), firstTime: "", lastTime: "" };
      }
      return {
        type: type === "Warning" ? ("Warning" as const) : ("Normal" as const),
        reason,
        message,
        firstTime,
        lastTime,
      };
    });
}
