import type { GroupRecord } from "../../records/group-store.ts";
import type { Records } from "../../records/records.ts";

/** Groups of a user that are looked through for how long their Sessions ran. */
const RECENT_GROUPS = 20;

/**
 * When a Session is likely to start, from how long those of its Group ran that started last, or else those of its user.
 * One that runs makes room every (duration ÷ running) seconds.
 *
 * @param options.ahead Sessions that start before it
 * @param options.running Sessions whose ends make room for it
 * @returns ISO 8601; null where nothing is known, or nothing runs that could make room
 */
export function likelyStart(options: {
  records: Records;
  group: GroupRecord;
  ahead: number;
  running: number;
  now: Date;
}): string | null {
  const { records, group, ahead, running, now } = options;
  if (running === 0) return null;
  const seconds = usualSeconds(records, group);
  if (seconds === null) return null;
  return new Date(now.getTime() + ((ahead + 1) * seconds * 1000) / running).toISOString();
}

function usualSeconds({ queue, groups }: Records, { id, username }: GroupRecord): number | null {
  const ofGroup = queue.durations(username, id);
  if (ofGroup.length > 0) return mean(ofGroup);
  const ofUser = groups.newest(username, RECENT_GROUPS).flatMap((other) => queue.durations(username, other));
  return ofUser.length > 0 ? mean(ofUser) : null;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
