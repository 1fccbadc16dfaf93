import { z } from "zod";

/**
 * Where an Item stands: `pending` waits for its turn or for the next attempt of its Replica, `running` is being worked
 * on, `done` needs no other run, `failed` is tried again by the next attempt, `set-aside` is not.
 */
export const ITEM_STATES = ["pending", "running", "done", "failed", "set-aside"] as const;
export type ItemState = (typeof ITEM_STATES)[number];

/** Exit codes of a Replica that hands its Items to its command one by one; 0 means that all of them are done. */
export const ITEM_EXIT_CODES = {
  /** Some Items failed; another attempt tries them again. */
  failed: 120,
  /** Every Item is done or set aside: another attempt has nothing to do. */
  setAside: 121,
  /** What was done could not be recorded. */
  unrecorded: 122,
} as const;

/** One Item of a Group and what became of it. */
export const itemSchema = z.object({
  item: z.string(),
  state: z.enum(ITEM_STATES),
  /** The Replica that has it, or had it last; absent while none has taken it. */
  replica: z.int().optional(),
  /** How often it was begun. */
  attempts: z.int(),
  /** Of its last finished run; 128 + signal number when a signal ended that; absent where nobody can tell. */
  exitCode: z.int().optional(),
  /** Duration of its last finished run. */
  seconds: z.number().optional(),
  /** Why it failed: the last line of its error output, or one sentence. */
  reason: z.string().optional(),
});

export type Item = z.infer<typeof itemSchema>;
