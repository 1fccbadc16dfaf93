import { StringDecoder } from "node:string_decoder";
import type { LogLine } from "../../session-driver.ts";
import { MAX_PART_LENGTH } from "./cri-format.ts";

/**
 * Cuts one output stream into lines. Bytes that are not UTF-8 become U+FFFD, a carriage return before the line end goes,
 * and a line longer than MAX_PART_LENGTH comes in parts.
 */
export class LineSplitter {
  readonly #stream: LogLine["stream"];
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";

  constructor(stream: LogLine["stream"]) {
    this.#stream = stream;
  }

  /** @param time of arrival, for every line that ends in this chunk */
  push(chunk: Buffer, time: string): LogLine[] {
    const lines = (this.#rest + this.#decoder.write(chunk)).split("\n");
    this.#rest = lines.pop() ?? "";
    const result = lines.flatMap((text) => this.#parts(text, time, false));
    while (this.#rest.length > MAX_PART_LENGTH) {
      const end = partEnd(this.#rest);
      result.push({ time, stream: this.#stream, text: this.#rest.slice(0, end), partial: true });
      this.#rest = this.#rest.slice(end);
    }
    return result;
  }

  /** What came last without a line end. */
  end(time: string): LogLine[] {
    const text = this.#rest + this.#decoder.end();
    this.#rest = "";
    return text === "" ? [] : this.#parts(text, time, true);
  }

  #parts(text: string, time: string, partial: boolean): LogLine[] {
    const stream = this.#stream;
    const lines: LogLine[] = [];
    let left = text.endsWith("\r") ? text.slice(0, -1) : text;
    while (left.length > MAX_PART_LENGTH) {
      const end = partEnd(left);
      lines.push({ time, stream, text: left.slice(0, end), partial: true });
      left = left.slice(end);
    }
    return [...lines, { time, stream, text: left, partial }];
  }
}

/** Never between the two halves of a character beyond the first 65,536. */
function partEnd(text: string): number {
  const last = text.charCodeAt(MAX_PART_LENGTH - 1);
  return last >= 0xd800 && last < 0xdc00 ? MAX_PART_LENGTH - 1 : MAX_PART_LENGTH;
}
