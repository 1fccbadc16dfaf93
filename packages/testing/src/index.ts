export { ManualClock } from "./clock.ts";
export { eventually } from "./eventually.ts";
export { FakeDriver } from "./fake-driver.ts";
export {
  startTestPlatform,
  TEST_IMAGES,
  type TestPlatform,
  type TestPlatformOptions,
} from "./test-platform.ts";
