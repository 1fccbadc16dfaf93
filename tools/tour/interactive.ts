/** The first half of the walk: a notebook from create to delete, then one and ten batch Sessions that echo. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ScratchPlatform } from "@canfar/testing/scratch-platform";
import { runInKernel, runInTerminal } from "./notebook.ts";
import { watch } from "./progress.ts";
import type { Report } from "./report.ts";
import { endedSessions, imageNote, must, sessionsOf } from "./sessions.ts";

const IMAGE_TIMEOUT_MS = 20 * 60_000;
const EXAMPLES = fileURLToPath(new URL("../../examples/galaxy-batch", import.meta.url));
const IMAGE = "skaha/astroml:latest";

export async function walkInteractive(platform: ScratchPlatform, report: Report): Promise<void> {
  const id = await report.step("Opening a notebook (the first one builds its image)", async () => {
    const created = (await must(platform, ["create", "notebook", IMAGE])).trim();
    report.check("create prints a session id", /^[a-z0-9]{8}$/.test(created), created);
    await watch("notebook", 1, IMAGE_TIMEOUT_MS, async () => {
      const [session] = await sessionsOf(platform, [created]);
      if (session?.status === "Failed") throw new Error(`the notebook failed: ${session.message}`);
      return { done: session?.status === "Running" ? 1 : 0, note: await imageNote(platform, created) };
    });
    return created;
  });
  await report.step("Working in the notebook through the proxy", () => useNotebook(platform, report, id));
  await report.step("Deleting the notebook", async () => {
    await must(platform, ["delete", "-y", id]);
    report.check("a deleted session is off the list", (await sessionsOf(platform, [id])).length === 0);
  });
  await report.step("Echo in one batch session, then in ten replicas", () => echo(platform, report));
}

async function useNotebook(platform: ScratchPlatform, report: Report, id: string): Promise<void> {
  const [session] = await sessionsOf(platform, [id]);
  const bearer = (await must(platform, ["auth", "token"])).trim();
  const access = { connectUrl: session?.connectURL ?? "", bearer };
  const printed = await runInKernel(access, "import astropy, os; print(6 * 7, os.environ['HOME'])");
  report.check("a kernel answers", printed.trim() === `42 /arc/home/${platform.username}`, printed);
  await runInTerminal(access, "echo $((40 + 2))-from-a-terminal", "42-from-a-terminal");
  report.check("a terminal answers", true);
  const opened = (await must(platform, ["open", "--print", id])).trim();
  const page = await fetch(opened, { redirect: "manual" });
  const cookie = page.headers.get("set-cookie")?.split(";")[0] ?? "";
  const lab = await fetch(new URL(page.headers.get("location") ?? "", opened), { headers: { cookie } });
  report.check(
    "open gives an address that shows JupyterLab",
    (await lab.text()).includes("JupyterLab"),
    lab.status,
  );
  const stranger = await fetch(access.connectUrl, { redirect: "manual" });
  report.check("a stranger with the address does not get in", stranger.status !== 200, stranger.status);
}

async function echo(platform: ScratchPlatform, report: Report): Promise<void> {
  platform.putInHome(join(EXAMPLES, "echo.py"), "echo.py");
  const one = (
    await must(platform, ["create", "-q", "headless", IMAGE, "--", "python", "echo.py", "a  b", "$HOME"])
  ).trim();
  await watch("echo", 1, 60_000, async () => ({ done: (await endedSessions(platform, [one])).length }));
  const log = await must(platform, ["logs", one]);
  report.check("arguments arrive as they were typed", log.includes("a  b") && log.includes("$HOME"), log);
  const words = ["create", "-q", "--replicas", "10", "headless", IMAGE, "--", "python", "echo.py"];
  const ten = (await must(platform, words)).trim().split("\n");
  report.check("ten replicas give ten ids", new Set(ten).size === 10, ten.length);
  await watch("echo × 10", 10, 120_000, async () => ({ done: (await endedSessions(platform, ten)).length }));
  const completed = (await endedSessions(platform, ten)).filter(({ status }) => status === "Completed");
  report.check("all ten completed", completed.length === 10, completed.length);
}
