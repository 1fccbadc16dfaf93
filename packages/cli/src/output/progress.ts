import { formatDuration } from "./time.ts";

const QUIET_MS = 10_000;
const REDRAW_MS = 100;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const ASCII_FRAMES = ["|", "/", "-", "\\"];

export interface ProgressOptions {
  readonly write: (text: string) => void;
  readonly terminal: boolean;
  /** Whether the terminal shows more than ASCII. */
  readonly unicode: boolean;
  readonly width: number;
  readonly now: () => number;
}

/** One line of progress on standard error: redrawn on a terminal, else one line every 10 seconds. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #start: number;
  readonly #timer: NodeJS.Timeout;
  #text = "";

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#start = options.now();
    const { terminal } = options;
    this.#timer = setInterval(
      () => (terminal ? this.#draw() : this.#print()),
      terminal ? REDRAW_MS : QUIET_MS,
    );
    this.#timer.unref();
  }

  update(text: string): void {
    this.#text = text;
    if (this.#options.terminal) this.#draw();
  }

  /** Takes the line away. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#options.terminal) this.#options.write("\r\x1b[2K");
  }

  #line(): string {
    return `${this.#text} (${formatDuration(this.#options.now() - this.#start)})`;
  }

  #print(): void {
    if (this.#text !== "") this.#options.write(`${this.#line()}\n`);
  }

  #draw(): void {
    const frames = this.#options.unicode ? FRAMES : ASCII_FRAMES;
    const frame = frames[Math.floor((this.#options.now() - this.#start) / REDRAW_MS) % frames.length];
    const line = `${frame} ${this.#line()}`.slice(0, this.#options.width - 1);
    this.#options.write(`\r\x1b[2K${line}`);
  }
}
