import { type Group, REPLICA_STATES } from "@canfar/contract";
import type { Context } from "./context.ts";

/** Replicas of a Group that are proposed one by one. */
const MOST_REPLICAS = 20;

/** Words for Groups and Sessions that begin as what is typed; behind `NAME[` its states, behind `NAME-` its Replicas. */
export async function proposeNames(this: Context, typed: string): Promise<string[]> {
  const groups = await (await this.client()).groups.list();
  return proposalsFor(groups, typed);
}

export function proposalsFor(groups: readonly Group[], typed: string): string[] {
  const wholes = groups.flatMap(({ id, name }) => (name === "" ? [id] : [name, id]));
  const opened = typed.indexOf("[");
  if (opened >= 0) {
    const target = typed.slice(0, opened);
    return wholes.includes(target) ? REPLICA_STATES.map((state) => `${target}[${state}]`) : [];
  }
  const replicas = groups
    .filter(({ name, replicaCount }) => replicaCount > 1 && name !== "" && typed.startsWith(`${name}-`))
    .flatMap(({ name, replicaCount }) =>
      Array.from({ length: replicaCount }, (_, at) => `${name}-${at + 1}`)
        .filter((replica) => replica.startsWith(typed))
        .slice(0, MOST_REPLICAS),
    );
  // Ids are for those who type one: names say more.
  const shown = typed === "" ? groups.map(({ id, name }) => name || id) : wholes;
  return [...new Set([...shown, ...replicas, "@last"])].filter((word) => word.startsWith(typed));
}
