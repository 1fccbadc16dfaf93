export {
  type BatchPolicy,
  batchPolicySchema,
  DEFAULT_BATCH_POLICY,
  DEPENDENCY_CONDITIONS,
  type Dependency,
  type DependencyCondition,
  MAX_RETRY_DELAY_SECONDS,
  NOTIFICATION_MOMENTS,
  type NotificationMoment,
  type NotificationRequest,
} from "./batch-policy.ts";
export { SECURITY_METHODS, STANDARD_IDS } from "./capabilities.ts";
export {
  type CarriedFile,
  carriedFileSchema,
  type FolderAnswer,
  type FolderRequest,
  fileDigestSchema,
  folderAnswerSchema,
  folderRequestSchema,
  MAX_CARRIED_BYTES,
  MAX_CARRIED_FILE_BYTES,
  MAX_CARRIED_FILES,
  relativePathSchema,
} from "./carried-files.ts";
export { closest } from "./closest.ts";
export {
  type ContainerImage,
  containerImageSchema,
  DEFAULT_REGISTRY,
  parseImageReference,
  registryHost,
  shortImageReference,
} from "./container-image.ts";
export { type Deal, dealItems } from "./deal-items.ts";
export { CanfarError, type CanfarErrorOptions, ERROR_CODES, type ErrorCode, isErrorCode } from "./errors.ts";
export { type Forecast, forecastSchema } from "./forecast.ts";
export {
  countReplicas,
  type Group,
  groupSchema,
  type ItemCounts,
  isGroupEnded,
  itemCountsSchema,
  type ReplicaCounts,
  replicaCountsSchema,
} from "./group.ts";
export {
  type GroupLogEntry,
  type GroupLogLine,
  groupLogEndSchema,
  groupLogEntrySchema,
  groupLogLineSchema,
} from "./group-log.ts";
export {
  type FailureCause,
  failureCauseSchema,
  type GroupReport,
  groupReportSchema,
  MAX_FILES_OF_CAUSE,
  type ReplicaUsage,
  type ResourceAdvice,
  replicaUsageSchema,
  resourceAdviceSchema,
  type Spread,
  spreadSchema,
} from "./group-report.ts";
export { ITEM_EXIT_CODES, ITEM_STATES, type Item, type ItemState, itemSchema } from "./item.ts";
export {
  ITEM_MEASURES,
  ITEM_PLACEHOLDER,
  ITEM_SPLITS,
  type ItemMeasure,
  type ItemSplit,
  type ItemsRequest,
  itemsRequestSchema,
  MAX_ITEMS,
} from "./items-request.ts";
export {
  type LaunchAnswer,
  type LaunchRequest,
  type LaunchRequestInput,
  launchAnswerSchema,
  launchRequestSchema,
  MAX_REPLICAS,
} from "./launch-request.ts";
export {
  MAX_CAUSES_OF_NOTIFICATION,
  type NotificationDocument,
  notificationDocumentSchema,
} from "./notification.ts";
export { openApiDocument } from "./openapi.ts";
export {
  PENDING_REASONS,
  type PendingReason,
  type PendingReasonAnswer,
  pendingReasonSchema,
} from "./pending-reason.ts";
export { type PlatformStats, platformStatsSchema } from "./platform-stats.ts";
export { REPLICA_COUNT, REPLICA_ID, type Replica, replicaEnvironment, replicaName } from "./replica.ts";
export {
  ALL_REPLICAS,
  formatReplicaSelection,
  formatReplicaSelector,
  type IndexRange,
  isSelected,
  joinRanges,
  parseReplicaSelection,
  parseReplicaSelector,
  REPLICA_STATES,
  type ReplicaSelection,
  type ReplicaSelector,
  type ReplicaState,
  rangesOf,
  replicaNumber,
  replicaState,
  selectsAll,
} from "./replica-selector.ts";
export {
  allocationMode,
  RESOURCE_ALLOCATION_MODES,
  type ResourceAllocation,
  type ResourceAllocationMode,
  type ResourceRequest,
  resourceRequestSchema,
  type ServerContext,
  serverContextSchema,
} from "./resource-allocation.ts";
export {
  type Body,
  ROUTES,
  type Route,
  type RouteName,
  routePath,
  SKAHA_BASE,
  SKAHA_VERSION,
} from "./routes.ts";
export { type Session, type SessionEvent, sessionEventSchema, sessionSchema } from "./session.ts";
export { newSessionId, SESSION_ID_PATTERN } from "./session-id.ts";
export {
  isLaunchableKind,
  isSessionKind,
  KIND_CONTRACTS,
  type KindContract,
  LAUNCHABLE_KINDS,
  type LaunchableKind,
  SESSION_KINDS,
  type SessionKind,
  sessionPath,
} from "./session-kind.ts";
export { parseSessionName, SESSION_NAME_MAX_LENGTH } from "./session-name.ts";
export {
  ENDED_STATUSES,
  isEnded,
  parseSessionStatus,
  SESSION_STATUSES,
  type SessionStatus,
} from "./session-status.ts";
export { type User, userSchema } from "./user.ts";
