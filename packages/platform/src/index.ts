export {
  type Authentication,
  type Caller,
  type CredentialedSession,
  createAuthentication,
} from "./authentication/index.ts";
export { type Clock, systemClock, type Timer } from "./clock.ts";
export { type Config, type ConfigInput, configSchema } from "./config/config.ts";
export { loadConfig } from "./config/load-config.ts";
export { type DataFolder, dataFolderAt, makeDataFolder } from "./data-folder/data-folder.ts";
export { type RunFile, readRunFile, runFilePaths } from "./data-folder/run-files.ts";
export { HttpFront, type HttpRoutes } from "./http-front.ts";
export { createLog, type Log, type LogFields, silentLog } from "./log.ts";
export { type CallerIdentity, createPlatform, type Platform, type PlatformParts } from "./platform.ts";
export { openDatabase } from "./records/database.ts";
export { Records } from "./records/records.ts";
export type { CataloguedImage } from "./services/image-catalogue.ts";
