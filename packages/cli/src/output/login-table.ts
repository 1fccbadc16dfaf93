import type { Login } from "@canfar/client";
import type { Column } from "./table.ts";
import { formatDuration } from "./time.ts";

/** A login for programs: keys as upstream's client prints them. */
export function loginData({ idp, mode, active, server, expiresAt }: Login) {
  return { idp, mode, active, server: server ?? null, expiry: expiresAt?.toISOString() ?? null };
}

export function loginColumns(now: Date): Column<Login>[] {
  return [
    { title: "ACTIVE", value: ({ active }) => (active ? "*" : "") },
    { title: "IDP", value: ({ idp }) => idp },
    { title: "MODE", value: ({ mode }) => mode },
    { title: "SERVER", value: ({ server }) => server ?? "-" },
    { title: "EXPIRES", value: (login) => expiryText(login, now) },
  ];
}

export function expiryText({ expiresAt, renewable }: Login, now: Date): string {
  if (renewable) return "renewed by itself";
  if (expiresAt === undefined) return "unknown";
  const left = expiresAt.getTime() - now.getTime();
  return left > 0 ? `in ${formatDuration(left)}` : "expired";
}
