/** Text that is HTML already. Made by `html` only, so that nothing else enters a page unescaped. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Fills a template: every value is escaped, other `html` pieces are put in as they are. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | Html)[]): Html {
  return new Html(parts.map((part, index) => part + written(values[index] ?? "")).join(""));
}

function written(value: string | Html): string {
  if (value instanceof Html) return value.text;
  return value.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}
