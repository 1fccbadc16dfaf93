import type { LaunchPlan } from "@canfar/drivers";

/** Makes the credential of one attempt of a Session. */
export type IssueCredential = (session: {
  sessionId: string;
  attempt: number;
  username: string;
}) => Promise<string>;

/** What clients read, ours and the Python one alike: with both there is nothing to log in to. */
export const ADDRESS_VARIABLE = "CANFAR_URL";
export const TOKEN_VARIABLE = "CANFAR_TOKEN";

/** Variables by which a user chooses another server or login for the clients in a Session. */
const OTHER_LOGIN = [
  ADDRESS_VARIABLE,
  TOKEN_VARIABLE,
  "CANFAR_CERTIFICATE",
  "CANFAR_ACTIVE__SERVER",
  "CANFAR_AUTHENTICATION_IDP",
];

/** True where a user's own variables log in somewhere: the platform's must then stay away, or its token would go there. */
export function bringsOwnLogin(env: Readonly<Record<string, string>>): boolean {
  return OTHER_LOGIN.some((name) => env[name] !== undefined);
}

/** Gives each Replica of a plan its credential. It is no part of planning: plans are pure, and no secrets. */
export async function withCredentials(plan: LaunchPlan, issue: IssueCredential): Promise<LaunchPlan> {
  const { username } = plan.user;
  const replicas = plan.replicas.map(async (replica) => {
    const { sessionId, attempt } = replica;
    const token = await issue({ sessionId, attempt, username });
    return { ...replica, env: { ...replica.env, [TOKEN_VARIABLE]: token } };
  });
  return { ...plan, replicas: await Promise.all(replicas) };
}
