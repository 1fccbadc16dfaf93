export { ManualClock } from "./clock.ts";
export { eventually } from "./eventually.ts";
export { FakeDriver } from "./fake-driver.ts";
export { type SeenSession, TestBatch } from "./test-batch.ts";
export {
  startTestPlatform,
  TEST_IMAGES,
  type TestPlatform,
  type TestPlatformOptions,
} from "./test-platform.ts";
