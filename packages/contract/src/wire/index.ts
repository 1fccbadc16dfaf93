export { decodeEventsTable, encodeEventsTable } from "./events-table.ts";
export { decodeGroup, encodeGroup, type WireGroup, wireGroupSchema } from "./group.ts";
export { decodeImage, encodeImage, type WireImage, wireImageSchema } from "./image.ts";
export {
  decodeLaunchForm,
  encodeLaunchForm,
  type LaunchForm,
  survivesJoining,
} from "./launch-form.ts";
export { decodeProblem, encodeProblem, PROBLEM_MEDIA_TYPE } from "./problem.ts";
export { decodeSession, encodeSession, type WireSession, wireSessionSchema } from "./session.ts";
