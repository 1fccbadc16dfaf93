import { spawn } from "node:child_process";
import { CanfarError } from "@canfar/contract";

/** What shows an address on each system; the address is one argument, never part of a shell's line. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/**
 * Shows an address in the user's browser: the program in `BROWSER`, or the system's own way.
 *
 * @throws CanfarError `request.unsupported` where there is none: print the address then
 */
export async function openBrowser(
  url: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<void> {
  const chosen = environment.BROWSER?.split(":")[0]?.split(" ").filter(Boolean);
  const [program = "", ...words] = chosen?.length ? chosen : (OPENERS[process.platform] ?? ["xdg-open"]);
  const args = words.includes("%s") ? words.map((word) => (word === "%s" ? url : word)) : [...words, url];
  await new Promise<void>((resolve, reject) => {
    const child = spawn(program, args, { stdio: "ignore", detached: true });
    child.once("error", (cause) =>
      reject(
        new CanfarError("request.unsupported", {
          message: `The browser could not be started: ${program}`,
          hint: `Open this address yourself: ${url}`,
          cause,
        }),
      ),
    );
    child.once("spawn", () => {
      // The browser outlives the command.
      child.unref();
      resolve();
    });
  });
}
