export type { Admission, Admit } from "./admit.ts";
export type { LogFields, ProxyLog } from "./log.ts";
export { type RouteListener, RouteTable, type SessionRoute, type SessionTarget } from "./route-table.ts";
export {
  createSessionProxy,
  isWebSocketHandshake,
  type SessionProxy,
  type SessionProxyOptions,
} from "./session-proxy.ts";
