import {
  CanfarError,
  ITEM_STATES,
  type ItemState,
  type LaunchRequest,
  launchRequestSchema,
  parseReplicaSelection,
  type ReplicaSelection,
  ROUTES,
} from "@canfar/contract";
import { encodeGroup, encodeSession } from "@canfar/contract/wire";
import type { Context } from "hono";
import type { GroupReader } from "../services/group-reader.ts";
import type { GroupWatch } from "../services/group-watch.ts";
import type { ItemLists } from "../services/items/item-lists.ts";
import type { LaunchService } from "../services/launch.ts";
import type { RerunService } from "../services/policy/rerun.ts";
import type { GroupReporter } from "../services/report/group-reporter.ts";
import type { SessionEnder } from "../services/session-ender.ts";
import { honoPath, type PlatformApp, type PlatformEnvironment } from "./context.ts";
import { jsonArrayResponse } from "./json-array-response.ts";
import { jsonLinesResponse } from "./json-lines-response.ts";
import { readJson } from "./parameters.ts";

/** What a rerun means where the request does not say. */
const FAILED: ReplicaSelection = { ranges: [], states: ["failed"] };

/** `/canfar/v1/group`: launch, list, look at, watch, report, run again and delete Groups. */
export function mountGroup(
  app: PlatformApp,
  services: {
    groups: GroupReader;
    watch: GroupWatch;
    reporter: GroupReporter;
    launch: LaunchService;
    itemLists: ItemLists;
    ender: SessionEnder;
    rerun: RerunService;
  },
): void {
  const { groups, watch, reporter, launch, itemLists, ender, rerun } = services;

  app.post(ROUTES.launchGroup.path, async (context) => {
    const { user } = context.var;
    const request = parseLaunchRequest(await readJson(context.req.raw));
    const earlier = launch.answerOfEarlier({ user, request });
    if (earlier !== null) return context.json(earlier);
    await using items = await itemLists.stage(user, request);
    const answer = launch.launch({
      ...{ user, request, items },
      registryAuth: context.req.header("x-skaha-registry-auth"),
    });
    return context.json(answer);
  });

  app.get(ROUTES.listGroups.path, (context) => jsonArrayResponse(groups.list(context.var.user), encodeGroup));

  app.get(honoPath(ROUTES.getGroup.path), async (context) => {
    const { user } = context.var;
    const id = idOf(context);
    if (context.req.query("watch") !== "true") return Response.json(encodeGroup(groups.get(user, id)));
    return await jsonLinesResponse(context, (signal) => watch.follow(user, id, signal), encodeGroup);
  });

  app.get(honoPath(ROUTES.listItems.path), (context) =>
    jsonArrayResponse(groups.items(context.var.user, idOf(context), itemStateOf(context)), (item) => item),
  );

  app.get(honoPath(ROUTES.listReplicas.path), (context) =>
    jsonArrayResponse(groups.sessions(context.var.user, idOf(context), selectionOf(context)), encodeSession),
  );

  app.get(honoPath(ROUTES.getGroupReport.path), async (context) =>
    context.json(await reporter.report(context.var.user, idOf(context), context.req.raw.signal)),
  );

  app.post(honoPath(ROUTES.rerunGroup.path), (context) => {
    const selection = context.req.query("replicas") === undefined ? FAILED : selectionOf(context);
    const setAside = context.req.query("setAside") === "true";
    return context.json(rerun.rerun(context.var.user, idOf(context), selection, { setAside }));
  });

  app.delete(honoPath(ROUTES.deleteGroup.path), async (context) => {
    const sessions = groups.replicas(context.var.user, idOf(context), selectionOf(context));
    await ender.deleteAll(sessions);
    return context.json(sessions.map(({ id }) => id));
  });
}

/** @throws CanfarError `request.invalid` naming the first field that is wrong */
export function parseLaunchRequest(input: unknown): LaunchRequest {
  const result = launchRequestSchema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new CanfarError("request.invalid", {
    message: `the launch request cannot be used: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
    hint: "See /openapi.json for what a launch request may say.",
    details: { fields: result.error.issues.map(({ path }) => path.join(".")) },
  });
}

export function idOf(context: Context<PlatformEnvironment>): string {
  return context.req.param("id") ?? "";
}

/** @throws CanfarError `request.invalid` */
function itemStateOf(context: Context<PlatformEnvironment>): ItemState | undefined {
  const state = context.req.query("state");
  if (state === undefined || ITEM_STATES.some((each) => each === state))
    return state as ItemState | undefined;
  throw new CanfarError("request.invalid", {
    message: `'${state}' is no state of an item`,
    hint: `Choose one of ${ITEM_STATES.join(", ")}.`,
    details: { state },
  });
}

/** The Replicas that a request means. @throws CanfarError `request.invalid` */
export function selectionOf(context: Context<PlatformEnvironment>): ReplicaSelection {
  return parseReplicaSelection(context.req.query("replicas") ?? "");
}
