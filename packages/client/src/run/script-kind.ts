import { extname } from "node:path";
import { CanfarError } from "@canfar/contract";

/** What `run` can execute: it decides by what program, and how parameters are handed over. */
export type ScriptKind = "python" | "shell" | "notebook";

const KINDS: Readonly<Record<string, ScriptKind>> = { ".py": "python", ".sh": "shell", ".ipynb": "notebook" };

/** @throws CanfarError `request.invalid` for anything that is no script or notebook */
export function scriptKind(path: string): ScriptKind {
  const kind = KINDS[extname(path).toLowerCase()];
  if (kind !== undefined) return kind;
  throw new CanfarError("request.invalid", {
    message: `'${path}' is neither a script (.py, .sh) nor a notebook (.ipynb)`,
    hint: "Run any other program with: canfar create headless IMAGE -- COMMAND",
  });
}
