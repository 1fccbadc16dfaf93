import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Figure } from "./main.ts";
import { compare } from "./measure.ts";

const bin = fileURLToPath(new URL("../node_modules/.bin", import.meta.url));

/** `canfar --version` against the least that any Node program costs. */
export async function measure(): Promise<Figure[]> {
  const version = { program: join(bin, "canfar"), words: ["--version"] };
  const bare = { program: join(bin, "node"), words: ["-e", "0"] };
  const { seconds, baselineSeconds, ratio } = await compare(version, bare, 15);
  return [
    {
      name: "canfar --version / node -e 0",
      value: ratio,
      unit: "ratio",
      target: 2,
      from: { seconds, baselineSeconds },
    },
  ];
}
