import { EXIT } from "./exit-code.ts";

type Handler = () => void;

/**
 * What Ctrl-C does. Without a handler the process ends at once with 130; handlers tidy up before that. A handler that
 * takes over (a server in the foreground) keeps the process alive and ends it by itself.
 */
export class Interrupts {
  readonly #tidyUps = new Set<Handler>();
  #takeOver: Handler | undefined;

  listen(): void {
    process.on("SIGINT", () => {
      if (this.#takeOver !== undefined) {
        this.#takeOver();
        return;
      }
      for (const tidyUp of this.#tidyUps) tidyUp();
      process.exit(EXIT.interrupted);
    });
  }

  /** @returns a function that takes the handler off again */
  onInterrupt(tidyUp: Handler): Handler {
    this.#tidyUps.add(tidyUp);
    return () => this.#tidyUps.delete(tidyUp);
  }

  takeOver(handler: Handler): void {
    this.#takeOver = handler;
  }
}
