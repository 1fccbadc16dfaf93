type Tell = (message: string) => void;

interface Work<T> {
  readonly result: Promise<T>;
  readonly listeners: Set<Tell>;
  last: string | null;
}

/** Work that is done once for all who ask for it at the same time. All are told how it goes, latecomers the last news. */
export class SharedWork<T> {
  readonly #running = new Map<string, Work<T>>();

  async run(key: string, listener: Tell, start: (tell: Tell) => Promise<T>): Promise<T> {
    const work = this.#running.get(key) ?? this.#start(key, start);
    work.listeners.add(listener);
    if (work.last !== null) listener(work.last);
    return work.result;
  }

  #start(key: string, start: (tell: Tell) => Promise<T>): Work<T> {
    const listeners = new Set<Tell>();
    const tell = (message: string) => {
      if (message === work.last) return;
      work.last = message;
      for (const listener of listeners) listener(message);
    };
    // Begun one turn later, so that `work` exists and the first listener is there before the first news.
    const result = Promise.resolve()
      .then(() => start(tell))
      .finally(() => this.#running.delete(key));
    const work: Work<T> = { result, listeners, last: null };
    this.#running.set(key, work);
    return work;
  }
}
