export type {
  ContainerImage,
  Group,
  GroupLogLine,
  GroupReport,
  LaunchRequest,
  LaunchRequestInput,
  PlatformStats,
  ServerContext,
  Session as SessionDescription,
  SessionEvent,
  SessionKind,
  SessionStatus,
  User,
} from "@canfar/contract";
export { CanfarError, type ErrorCode, isErrorCode } from "@canfar/contract";
export type { WireSession } from "@canfar/contract/wire";
export {
  Authentication,
  type AuthenticationOptions,
  type Login,
  type LogoutResult,
} from "./auth/authentication.ts";
export type { DeviceCode } from "./auth/device-login.ts";
export { selectServer } from "./auth/selection.ts";
export { type Client, openClient } from "./client.ts";
export { type Clock, systemClock } from "./clock.ts";
export { ConfigurationFile, type ConfigurationFileOptions } from "./config/configuration-file.ts";
export { type EnvironmentSettings, environmentSettings } from "./config/environment.ts";
export { configFolder, defaultConfigPath } from "./config/paths.ts";
export type {
  AuthenticationRecord,
  Configuration,
  ServerRecord,
  ServerResources,
} from "./config/schema.ts";
export { Context } from "./context.ts";
export type { CreateOptions } from "./create-options.ts";
export type { Groups, Resolution } from "./groups/groups.ts";
export type { SelectedReplicas } from "./groups/selected-replicas.ts";
export { Images } from "./images.ts";
export type { GroupLogOptions } from "./logs/group-logs.ts";
export type { LogOptions } from "./logs/session-logs.ts";
export { openBrowser } from "./open-browser.ts";
export type { ClientOptions } from "./open-connection.ts";
export type { Delivery, FileToCarry } from "./run/carrier.ts";
export {
  DEFAULT_RUN_IMAGE,
  type PlannedRun,
  type RunOptions,
  type StartedRun,
} from "./run/run.ts";
export { type DiscoveredServer, discoverServerAt, discoverServers } from "./servers/discover.ts";
export type { PlatformFeatures } from "./servers/features.ts";
export { probeAvailability } from "./servers/probe.ts";
export { apiUrl, type Server, savedServers } from "./servers/server.ts";
export { Servers, type ServersOptions } from "./servers/servers.ts";
export { type Candidate, DefaultAddress, RunningPlatforms, type ServerSource } from "./servers/sources.ts";
export { Session, type SessionOptions } from "./session.ts";
export type { Sessions, Ticket } from "./sessions.ts";
export { VERSION } from "./version.ts";
