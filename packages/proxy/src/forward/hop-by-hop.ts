/** Headers as node:http gives and takes them: name, value, name, value, … with case and order kept. */
export type RawHeaders = readonly string[];

/** One header; its name as sent, and in lower case. */
export interface Header {
  readonly name: string;
  readonly lower: string;
  readonly value: string;
}

/** Headers that are for this connection only (RFC 9110 7.6.1), and the older ones of that sort. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
];

/** Never dropped because `Connection` names them: the message would change its length or its addressee. */
const END_TO_END = ["content-length", "host"];

/** Pairs of a flat header list. */
export function headersOf(raw: RawHeaders): Header[] {
  const headers: Header[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? "";
    headers.push({ name, lower: name.toLowerCase(), value: raw[index + 1] ?? "" });
  }
  return headers;
}

/** Everything that a proxy passes on: without the hop-by-hop headers, and without those named in `Connection`. */
export function endToEnd(raw: RawHeaders): Header[] {
  const headers = headersOf(raw);
  const dropped = new Set(HOP_BY_HOP);
  for (const { lower, value } of headers) {
    if (lower !== "connection") continue;
    for (const option of value.toLowerCase().split(",")) {
      if (!END_TO_END.includes(option.trim())) dropped.add(option.trim());
    }
  }
  return headers.filter(({ lower }) => !dropped.has(lower));
}

/** The flat form again. */
export function flatten(headers: readonly Header[]): string[] {
  return headers.flatMap(({ name, value }) => [name, value]);
}
