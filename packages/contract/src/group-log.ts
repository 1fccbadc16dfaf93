import { z } from "zod";

/**
 * What `GET /canfar/v1/group/{id}/logs` answers to `Accept: application/jsonl`, one a line: log lines, and at the very
 * end `{"end":true}`. An answer without that was cut, and goes on behind the last cursor.
 */
export const groupLogLineSchema = z.object({
  /** ISO 8601 with microseconds. */
  time: z.string(),
  /** Session id. */
  session: z.string(),
  /** Index of the Replica, from 1. */
  replica: z.int(),
  /** From 1. */
  attempt: z.int(),
  stream: z.enum(["stdout", "stderr"]),
  /** Without the line end. */
  text: z.string(),
  /** The line goes on in the next one of the same stream, or was never finished. */
  partial: z.literal(true).optional(),
  /** On the last line of those that were sent together: asking again with it gives what comes behind them. */
  cursor: z.string().optional(),
});

export type GroupLogLine = Omit<z.infer<typeof groupLogLineSchema>, "cursor">;

export const groupLogEndSchema = z.object({ end: z.literal(true) });

export const groupLogEntrySchema = z.union([groupLogLineSchema, groupLogEndSchema]);

export type GroupLogEntry = z.infer<typeof groupLogEntrySchema>;
