import type {
  Authentication,
  Client,
  ConfigurationFile,
  Servers,
  Session as SessionsAsSent,
} from "@canfar/client";
import type { CommandContext, StricliProcess } from "@stricli/core";
import { type BarStyle, isUtf8 } from "../output/bar.ts";
import { type Paint, paintFor } from "../output/colour.ts";
import { formatData, type OutputFormat } from "../output/data.ts";
import { formatError } from "../output/errors.ts";
import { LiveView } from "../output/live-view.ts";
import { Progress } from "../output/progress.ts";
import { type Column, formatTable } from "../output/table.ts";
import type { CommandLine } from "./arguments.ts";
import type { Interrupts } from "./interrupts.ts";
import { toldFetch } from "./told-fetch.ts";

/** The streams and variables of the process; tests of single commands may give others. */
export interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const DEFAULT_WIDTH = 80;
const DEFAULT_HEIGHT = 24;
const BAR_CELLS = 10;
const TALK_BAR_CELLS = 20;

/** What every command works with: where to write, how, and the way to the server. */
export class Context implements CommandContext {
  readonly process: StricliProcess;
  readonly streams: Streams;
  readonly interrupts: Interrupts;
  /** Colours for standard output. */
  readonly paint: Paint;
  /** Colours for standard error. */
  readonly paintTalk: Paint;
  readonly #commandLine: CommandLine;
  #client: Promise<Client> | undefined;

  constructor(options: {
    process: StricliProcess;
    streams: Streams;
    commandLine: CommandLine;
    interrupts: Interrupts;
  }) {
    const { streams, commandLine } = options;
    this.process = options.process;
    this.streams = streams;
    this.interrupts = options.interrupts;
    this.#commandLine = commandLine;
    const choice = commandLine.root.color;
    this.paint = paintFor({ choice, terminal: this.onTerminal, env: streams.env });
    this.paintTalk = paintFor({ choice, terminal: streams.stderr.isTTY === true, env: streams.env });
  }

  /** True where a person reads standard output. */
  get onTerminal(): boolean {
    return this.streams.stdout.isTTY === true;
  }

  /** True where a person can answer a question. */
  get canAsk(): boolean {
    return this.streams.stdin.isTTY === true && this.streams.stderr.isTTY === true;
  }

  /** Everything behind `--`, each word as it was typed. */
  get afterDashes(): readonly string[] {
    return this.#commandLine.afterDashes ?? [];
  }

  get verbosity(): number {
    return this.#commandLine.root.verbosity;
  }

  now(): Date {
    return new Date();
  }

  /** Data, on standard output. */
  write(text: string): void {
    this.streams.stdout.write(text);
  }

  /** Talk, on standard error, one line. */
  say(line: string): void {
    this.streams.stderr.write(`${line}\n`);
  }

  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void {
    this.write(this.tableText(rows, columns));
  }

  /** What `table` would write. */
  tableText<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
    const width = this.onTerminal ? (this.streams.stdout.columns ?? DEFAULT_WIDTH) : undefined;
    return formatTable(rows, columns, { paint: this.paint, width });
  }

  async data(data: unknown, format: OutputFormat): Promise<void> {
    this.write(await formatData(data, format));
  }

  /** Bars on standard output: block characters only where a person reads them and can see them. */
  get barStyle(): BarStyle {
    return { unicode: this.onTerminal && isUtf8(this.streams.env), cells: BAR_CELLS };
  }

  /** Bars on standard error. */
  get talkBarStyle(): BarStyle {
    return { unicode: this.streams.stderr.isTTY === true && isUtf8(this.streams.env), cells: TALK_BAR_CELLS };
  }

  /** A part of the terminal that is drawn anew. */
  liveView(): LiveView {
    const { stdout } = this.streams;
    return new LiveView({ write: (text) => this.write(text), rows: stdout.rows ?? DEFAULT_HEIGHT });
  }

  /** Reports one of several failures; the command goes on. */
  report(error: unknown): void {
    this.streams.stderr.write(
      formatError(error, {
        json: /^jsonl?$/.test(this.#commandLine.root.format ?? ""),
        paint: this.paintTalk,
        stack: this.verbosity >= 2 || Boolean(this.streams.env.CANFAR_DEBUG),
      }),
    );
  }

  progress(): Progress {
    const { stderr } = this.streams;
    const progress = new Progress({
      write: (text) => stderr.write(text),
      terminal: stderr.isTTY === true,
      unicode: isUtf8(this.streams.env),
      width: stderr.columns ?? DEFAULT_WIDTH,
      now: () => performance.now(),
    });
    this.interrupts.onInterrupt(() => progress.end());
    return progress;
  }

  /** The user on the active server; opened once, when first asked for. */
  client(): Promise<Client> {
    this.#client ??= import("@canfar/client").then(({ openClient }) => openClient({ fetch: this.fetch }));
    return this.#client;
  }

  /** The same, giving Sessions exactly as the server sends them: what `-o json` prints. */
  async asSent(): Promise<SessionsAsSent> {
    const { Session } = await import("@canfar/client");
    return new Session({ fetch: this.fetch });
  }

  /** The saved logins. */
  async authentication(): Promise<Authentication> {
    const { Authentication } = await import("@canfar/client");
    return new Authentication({ configuration: await this.configuration(), fetch: this.fetch });
  }

  /** `~/.canfar/config.yaml`. */
  async configuration(): Promise<ConfigurationFile> {
    const { ConfigurationFile } = await import("@canfar/client");
    return new ConfigurationFile();
  }

  /** Servers to log in to. */
  async servers(): Promise<Servers> {
    const { Servers } = await import("@canfar/client");
    return new Servers({ configuration: await this.configuration(), fetch: this.fetch });
  }

  /** With -v, every answer is told on standard error. */
  get fetch(): typeof globalThis.fetch {
    return this.verbosity === 0
      ? globalThis.fetch
      : toldFetch((line) => this.say(this.paintTalk("dim", line)));
  }
}
