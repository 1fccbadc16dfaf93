interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

/** One page as a person sees it. */
export interface BrowserPage {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A browser without scripts: keeps cookies by path, follows redirects, fills in and sends forms. */
export class Browser {
  readonly #origin: string;
  #cookies: Cookie[] = [];

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** The `Cookie` header for a path. */
  cookiesFor(path: string): string {
    const fits = ({ path: scope }: Cookie) =>
      path === scope || path.startsWith(`${scope.replace(/\/$/, "")}/`);
    return this.#cookies
      .filter(fits)
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ");
  }

  async open(address: string, init: RequestInit = {}): Promise<BrowserPage> {
    const url = new URL(address, this.#origin);
    const headers = { ...init.headers, Cookie: this.cookiesFor(url.pathname), Accept: "text/html" };
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const location = response.headers.get("location");
    const isElsewhere = location !== null && new URL(location, url).pathname.startsWith("/session/");
    if (location !== null && !isElsewhere) return await this.open(new URL(location, url).href);
    return { url: url.href, status: response.status, headers: response.headers, text: await response.text() };
  }

  /** Sends the page's first form, as by a click on the button named. */
  async submit(
    page: BrowserPage,
    fields: Record<string, string> = {},
    headers: Record<string, string> = { Origin: this.#origin },
  ): Promise<BrowserPage> {
    const action = /<form[^>]*\saction="([^"]*)"/.exec(page.text)?.[1];
    if (action === undefined) throw new Error(`no form on ${page.url}: ${page.text}`);
    const hidden = [...page.text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(
      ([, name = "", value = ""]): [string, string] => [name, unescapeHtml(value)],
    );
    const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields });
    return await this.open(new URL(unescapeHtml(action), page.url).href, { method: "POST", body, headers });
  }

  #keep(line: string): void {
    const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
    const [name = "", ...value] = pair.split("=");
    const path = attributes.find((part) => /^path=/i.test(part))?.slice(5) ?? "/";
    const gone = attributes.some(
      (part) => /^max-age=0$/i.test(part) || /^expires=Thu, 01 Jan 1970/i.test(part),
    );
    this.#cookies = this.#cookies.filter((cookie) => cookie.name !== name || cookie.path !== path);
    if (!gone) this.#cookies.push({ name, value: value.join("="), path });
  }
}

function unescapeHtml(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}
