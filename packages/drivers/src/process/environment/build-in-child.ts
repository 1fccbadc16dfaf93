/** Builds an image in a process of its own, for tests that kill it or run two: FOLDER TOOLS IMAGE-AS-JSON. */
import type { PlannedImage } from "../../session-driver.ts";
import { PythonEnvironments } from "./python-environments.ts";

const [environmentsFolder = "", toolsFolder = "", image = "{}"] = process.argv.slice(2);
const environments = new PythonEnvironments({ environmentsFolder, toolsFolder, environment: process.env });
const { path } = await environments.ensure(JSON.parse(image) as PlannedImage, () => {});
console.log(path[0]);
