import { PORT_PLACEHOLDER } from "@canfar/drivers";
import { describeDriverContract } from "@canfar/drivers/contract-suite";
import { testPlan } from "@canfar/drivers/test-plan";
import { FakeDriver } from "./fake-driver.ts";

describeDriverContract("the fake driver", async () => {
  const driver = new FakeDriver();
  return {
    open: async () => driver,
    plan: (change) => testPlan(change),
    brokenImage: { id: "skaha/broken:1", digest: "sha256:0", recipe: null },
    serviceArgv: ["serve", PORT_PLACEHOLDER],
    dispose: async () => await driver.close(),
  };
});
