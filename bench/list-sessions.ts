import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import type { Figure } from "./main.ts";
import { compare } from "./measure.ts";
import { pythonClient } from "./python-client.ts";

const bin = fileURLToPath(new URL("../node_modules/.bin", import.meta.url));

/** `canfar ps -o json`, ours against PyPI's, on the same server with the same Sessions. */
export async function measure(): Promise<Figure[]> {
  const python = await pythonClient();
  await using platform = await ScratchPlatform.start();
  await platform.login();
  await platform.canfar([
    "create",
    "--replicas",
    "5",
    "headless",
    "skaha/terminal:latest",
    "--",
    "sleep",
    "600",
  ]);
  const token = (await platform.canfar(["auth", "token"])).stdout.trim();
  const words = ["ps", "-o", "json"];
  const ours = { program: join(bin, "canfar"), words, env: platform.env };
  const theirs = {
    program: python,
    words,
    env: { ...platform.env, CANFAR_TOKEN: token, CANFAR_URL: `${platform.url}/skaha/v1` },
  };
  const { seconds, baselineSeconds, ratio } = await compare(ours, theirs, 11);
  return [
    {
      name: "canfar ps -o json / PyPI's",
      value: ratio,
      unit: "ratio",
      target: 0.35,
      from: { seconds, baselineSeconds },
    },
  ];
}
