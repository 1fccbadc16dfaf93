/** The machine formats of `-o`. */
export const OUTPUT_FORMATS = ["json", "yaml", "jsonl"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** @returns the data as one document, with a newline at its end; with jsonl one line for each element of a list */
export async function formatData(data: unknown, format: OutputFormat): Promise<string> {
  if (format === "json") return `${JSON.stringify(data, null, 2)}\n`;
  if (format === "jsonl") {
    return (Array.isArray(data) ? data : [data]).map((element) => `${JSON.stringify(element)}\n`).join("");
  }
  const { stringify } = await import("yaml");
  // Through JSON, so that absent values are left out as they are there.
  return stringify(JSON.parse(JSON.stringify(data)), { lineWidth: 0 });
}
