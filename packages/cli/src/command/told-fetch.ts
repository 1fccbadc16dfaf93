/**
 * `fetch` that tells of every answer in one line: method, address without its query (which may hold secrets), status
 * and time.
 */
export function toldFetch(tell: (line: string) => void): typeof globalThis.fetch {
  return async (input, init) => {
    const start = performance.now();
    const request = input instanceof Request ? input : undefined;
    const url = new URL(request?.url ?? String(input));
    const what = `${init?.method ?? request?.method ?? "GET"} ${url.origin}${url.pathname}`;
    try {
      const response = await fetch(input, init);
      tell(`${what} ${response.status} ${Math.round(performance.now() - start)} ms`);
      return response;
    } catch (error) {
      tell(`${what} failed after ${Math.round(performance.now() - start)} ms`);
      throw error;
    }
  };
}
