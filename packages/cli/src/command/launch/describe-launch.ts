import type { LaunchRequest } from "@canfar/contract";
import type { OutputFormat } from "../../output/data.ts";
import { policyFacts } from "../../output/group-facts.ts";
import { type Fact, formatFacts } from "../../output/table.ts";
import type { Context } from "../context.ts";
import { quoted } from "../missing-dashes.ts";
import { itemsText } from "./replicas.ts";

/** What a launch would be: for people, or the request itself as data. */
export async function describeLaunch(
  context: Context,
  launch: LaunchRequest,
  output: OutputFormat | undefined,
): Promise<void> {
  if (output !== undefined) return await context.data(launch, output);
  context.write(formatFacts(launchFacts(launch), context.paint));
  context.say("Nothing was sent to the server.");
}

function launchFacts(launch: LaunchRequest): Fact[] {
  const { name, kind, image, command, args, env, replicas, resources, items, policy, requestId } = launch;
  return [
    ["name", name],
    ["kind", kind],
    ["image", image],
    ["replicas", String(replicas)],
    ["items", items === undefined ? undefined : `${itemsText(items)}, ${items.split}`],
    ["command", command === undefined ? undefined : [command, ...args].map(quoted).join(" ")],
    ...Object.entries(env).map(([key, value]): Fact => ["env", `${key}=${quoted(value)}`]),
    ["cores", resources.cores?.toString()],
    ["memory", resources.memoryGiB === undefined ? undefined : `${resources.memoryGiB} GB`],
    ["gpus", resources.gpus?.toString()],
    ["request id", requestId],
    ...policyFacts(policy).map(([title, value]): Fact => [title.toLowerCase(), value]),
  ];
}
