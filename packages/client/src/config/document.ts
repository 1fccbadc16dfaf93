import { CanfarError } from "@canfar/contract";
import { Document, isMap, parseDocument } from "yaml";
import type { z } from "zod";
import { migrateConfiguration } from "./migrate.ts";
import { type Configuration, configurationSchema, emptyConfiguration } from "./schema.ts";

/** YAML 1.1 because the PyPI client's parser knows no other: there `on` and `12:30` are not strings. */
const YAML_OPTIONS = { schema: "yaml-1.1" } as const;

/** Values below these keys are credentials and never shown. */
const SECRET_SECTIONS: readonly PropertyKey[] = ["authentication", "registry"];

type Mapping = Record<string, unknown>;

/**
 * Reads the text of a configuration file.
 *
 * @param path only for the message
 * @throws CanfarError `config.invalid` naming each wrong field, without credentials
 */
export function parseConfiguration(text: string, path: string): Configuration {
  const document = parseDocument(text, YAML_OPTIONS);
  const [fault] = document.errors;
  if (fault !== undefined) {
    // The parser's own message quotes the line, which may hold a token.
    const line = fault.linePos?.[0].line;
    throw invalid(path, [`line ${line ?? "?"} is not valid YAML (${fault.code})`]);
  }
  const input = migrateConfiguration(document.toJS());
  return input === null || input === undefined ? emptyConfiguration() : checkConfiguration(input, path);
}

/** Validates a configuration from anywhere. @throws CanfarError `config.invalid` */
export function checkConfiguration(input: unknown, path: string): Configuration {
  const result = configurationSchema.safeParse(input);
  if (result.success) return result.data;
  throw invalid(
    path,
    result.error.issues.flatMap((issue) => describeIssue(issue, input)),
  );
}

/**
 * Writes a configuration into the text that it replaces: comments and the order of keys stay, only what changed
 * changes. Keys without a value, and empty sections, are left out: the PyPI client refuses some of them.
 */
export function renderConfiguration(configuration: Configuration, before: string): string {
  const wanted = withoutEmpty(configuration) as Mapping;
  const document = parseDocument(before, YAML_OPTIONS);
  if (!isMap(document.contents)) return new Document(wanted, YAML_OPTIONS).toString({ lineWidth: 0 });
  applyChanges(document, [], document.toJS() as Mapping, wanted);
  return document.toString({ lineWidth: 0 });
}

/** Sets and deletes only where the two differ: nodes that stay keep their comments. */
function applyChanges(document: Document, path: string[], before: Mapping, after: Mapping): void {
  for (const key of Object.keys(before)) if (!(key in after)) document.deleteIn([...path, key]);
  for (const [key, value] of Object.entries(after)) {
    const old = before[key];
    if (isMapping(old) && isMapping(value)) applyChanges(document, [...path, key], old, value);
    else if (JSON.stringify(old) !== JSON.stringify(value)) {
      document.setIn([...path, key], document.createNode(value));
    }
  }
}

function withoutEmpty(value: unknown): unknown {
  if (!isMapping(value)) return value;
  const kept = Object.entries(value)
    .map(([key, inner]) => [key, withoutEmpty(inner)] as const)
    .filter(([, inner]) => inner !== undefined && inner !== null)
    .filter(([, inner]) => !isMapping(inner) || Object.keys(inner).length > 0);
  return Object.fromEntries(kept);
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(path: string, fields: readonly string[]): CanfarError {
  return new CanfarError("config.invalid", {
    message: `The configuration file ${path} cannot be used:\n${fields.map((field) => `  ${field}`).join("\n")}`,
    hint: `Correct these fields, or remove the file and log in again: rm ${path} && canfar login`,
    details: { path, fields },
  });
}

/** `key = value (reason)`, one for each field. */
function describeIssue(issue: z.core.$ZodIssue, input: unknown): string[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${[...issue.path, key].join(".")} (is not a known key)`);
  }
  const key = issue.path.join(".") || "the file";
  const secret = SECRET_SECTIONS.includes(issue.path[0] ?? "");
  const value = issue.path.reduce<unknown>(
    (inner, step) => (inner as Mapping | undefined)?.[String(step)],
    input,
  );
  if (value === undefined) return [`${key} is missing (${issue.message})`];
  return [`${key} = ${secret ? "<hidden>" : shorten(JSON.stringify(value))} (${issue.message})`];
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
