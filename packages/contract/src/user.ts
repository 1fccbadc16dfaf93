import { z } from "zod";

/** A person (or program) that the platform knows, with the POSIX identity of their Sessions. */
export const userSchema = z.object({
  username: z.string(),
  uid: z.int().nonnegative(),
  gid: z.int().nonnegative(),
  /** Supplemental group ids. */
  groups: z.array(z.int().nonnegative()),
  administrator: z.boolean(),
});

export type User = z.infer<typeof userSchema>;
