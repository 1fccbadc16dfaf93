export { createSessionProxy, type SessionProxy, type SessionProxyOptions } from "./session-proxy.ts";
export { RouteTable, type SessionRoute } from "./route-table.ts";
export type { Admission, Admit } from "./admit.ts";
