import { describeDriverContract } from "../contract-suite.ts";
import { PORT_PLACEHOLDER } from "../session-driver.ts";
import { BROKEN_IMAGE, ScratchDriver } from "./scratch-driver.ts";

const SERVE = `require("http").createServer((_, answer) => answer.end("ok")).listen(process.argv[1], "127.0.0.1")`;

for (const sandbox of ["bubblewrap", "none"] as const) {
  describeDriverContract(`the process driver (sandbox: ${sandbox})`, async () => {
    const scratch = new ScratchDriver({ sandbox });
    return {
      open: () => scratch.open(),
      plan: (change) => scratch.plan(change),
      brokenImage: BROKEN_IMAGE,
      serviceArgv: ["node", "-e", SERVE, PORT_PLACEHOLDER],
      dispose: () => scratch.dispose(),
    };
  });
}
