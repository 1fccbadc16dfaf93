const QUIET_MS = 10_000;
const REDRAW_MS = 100;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

export interface ProgressOptions {
  readonly write: (text: string) => void;
  readonly terminal: boolean;
  readonly width: number;
  readonly now: () => number;
}

/** One line of progress on standard error: redrawn on a terminal, else one line every 10 seconds. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #start: number;
  #lastLine: number;
  #text = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#start = options.now();
    this.#lastLine = options.now();
    if (options.terminal) {
      this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
      this.#timer.unref();
    }
  }

  update(text: string): void {
    this.#text = text;
    if (this.#options.terminal) this.#draw();
    else if (this.#options.now() - this.#lastLine >= QUIET_MS) {
      this.#lastLine = this.#options.now();
      this.#options.write(`${this.#line()}\n`);
    }
  }

  /** Takes the line away. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#options.terminal) this.#options.write("\r\x1b[2K");
  }

  #line(): string {
    return `${this.#text} (${Math.floor((this.#options.now() - this.#start) / 1000)} s)`;
  }

  #draw(): void {
    const frame = FRAMES[Math.floor((this.#options.now() - this.#start) / REDRAW_MS) % FRAMES.length];
    const line = `${frame} ${this.#line()}`.slice(0, this.#options.width - 1);
    this.#options.write(`\r\x1b[2K${line}`);
  }
}
