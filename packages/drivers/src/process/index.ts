export { findPython } from "./environment/python.ts";
export { PythonEnvironments } from "./environment/python-environments.ts";
export type { ImageEnvironment, ImageEnvironments } from "./image-environment.ts";
export { ProcessDriver, type ProcessDriverOptions } from "./process-driver.ts";
