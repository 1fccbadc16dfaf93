import { CanfarError, type Forecast, type LaunchRequest } from "@canfar/contract";
import type { OutputFormat } from "../../output/data.ts";
import { policyFacts } from "../../output/group-facts.ts";
import { type Fact, formatFacts } from "../../output/table.ts";
import { formatInstant } from "../../output/time.ts";
import type { Context } from "../context.ts";
import { quoted } from "../missing-dashes.ts";
import { itemsText } from "./replicas.ts";

/**
 * What a launch would be, and what would become of it now, as far as the server says: for people, or as data.
 *
 * @throws CanfarError the refusal, where the server would refuse it
 */
export async function describeLaunch(
  context: Context,
  launch: LaunchRequest,
  output: OutputFormat | undefined,
): Promise<void> {
  const forecast = await forecastOf(context, launch);
  if (output !== undefined) await context.data(forecast === null ? launch : { ...launch, forecast }, output);
  else {
    const facts = [
      ...launchFacts(launch),
      ...(forecast === null ? [] : forecastFacts(forecast, context.now())),
    ];
    context.write(formatFacts(facts, context.paint));
    context.say("Nothing was launched.");
  }
  const { refusal } = forecast ?? {};
  if (refusal === undefined) return;
  throw new CanfarError(refusal.code, { message: refusal.message, hint: refusal.hint });
}

/** Null where nobody is logged in as well: what is meant can be read without a server. */
async function forecastOf(context: Context, launch: LaunchRequest): Promise<Forecast | null> {
  try {
    return await (await context.client()).sessions.forecast(launch);
  } catch (error) {
    if (error instanceof CanfarError && WITHOUT_SERVER.some((code) => error.code === code)) {
      context.say(`No forecast: ${error.message}`);
      return null;
    }
    throw error;
  }
}

const WITHOUT_SERVER = ["authentication.required", "server.unavailable", "server.none_available"] as const;

function forecastFacts({ accepted, startsNow, waits, message, position, eta }: Forecast, now: Date): Fact[] {
  // The refusal itself comes as the error of the command.
  if (!accepted) return [];
  return [
    ["forecast", message],
    ["starts now", String(startsNow)],
    [
      "waits",
      waits === 0 ? undefined : `${waits}${position === null ? "" : `, the first at place ${position}`}`,
    ],
    ["likely start", waits === 0 ? undefined : formatInstant(eta ?? undefined, now)],
  ];
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
