/** A line with its variable parts taken out: equal templates say the same of different things. */
export interface LinePattern {
  /** What stays: one more than there are parts. */
  readonly literals: readonly string[];
  /** `number`, `path`, … for each part. */
  readonly kinds: readonly string[];
  /** What stood there. */
  readonly values: readonly string[];
}

/** Endings by which a word without slashes is known as a file: data, tables, images, archives, scripts. */
const FILE_ENDINGS =
  "fits?|fz|csv|tsv|txt|dat|ecsv|vot|xml|json|ya?ml|toml|h5|hdf5?|nc|asdf|parquet|feather|npy|npz|pkl|ms|uvfits|reg|cat|ldac|gz|bz2|xz|zst|zip|tar|tgz|png|jpe?g|tiff?|gif|pdf|svg|log|ini|cfg|py|ipynb|sh|jl|pro";

/** Characters of one part of a path. */
const NAME = String.raw`\w.@%+=~-`;

/** Each variable part with the regular expression that finds it, the most particular first. */
const PARTS = [
  ["uuid", String.raw`\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`],
  ["time", String.raw`\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?`],
  ["time", String.raw`\b\d{1,2}:\d\d:\d\d(?:[.,]\d+)?\b`],
  ["address", String.raw`\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s'"<>)\]]+`],
  // A quotation mark inside a word is an apostrophe.
  ["text", String.raw`(?<=(?<!\w)')[^']*(?='(?!\w))`],
  ["text", String.raw`(?<=(?<!\w)")[^"]*(?="(?!\w))`],
  ["text", "(?<=`)[^`']*(?=[`'])"],
  ["text", "(?<=[‘“«])[^’”»]*(?=[’”»])"],
  ["path", String.raw`(?<![\w.])(?:~|\.{1,2})?(?:\/[${NAME}]+)+\/?`],
  ["path", String.raw`(?<![/${NAME}])(?=[\d./]*[A-Za-z_])[${NAME}]+(?:\/[${NAME}]+)+\/?`],
  ["path", String.raw`(?<![/${NAME}])[${NAME}]{1,200}\.(?:${FILE_ENDINGS})\b(?!\.\w)`],
  ["hex", String.raw`\b0x[0-9a-f]+\b`],
  ["hex", String.raw`\b(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\b`],
  ["number", String.raw`(?:(?<![\w.)])[-+])?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?`],
] as const;

const VARIABLE = new RegExp(PARTS.map(([, pattern]) => `(${pattern})`).join("|"), "gi");

/** Drawn progress bars, which differ from moment to moment. */
const BARS = /[\u2500-\u259f]+/g;

/** The end of a sentence is no part of the path before it. */
const FULL_STOP = /\.+$/;

/**
 * Takes the variable parts out of a line: numbers, paths, times, identifiers, quoted words.
 *
 * @param own words that are this Replica's alone, such as its Session id
 */
export function patternOf(line: string, own: readonly string[] = []): LinePattern {
  let text = line.replace(BARS, "").replace(/\s+/g, " ").trim();
  for (const word of own) text = text.replaceAll(word, "<session>");
  const literals: string[] = [];
  const kinds: string[] = [];
  const values: string[] = [];
  let end = 0;
  for (const match of text.matchAll(VARIABLE)) {
    const kind = PARTS[match.slice(1).findIndex((part) => part !== undefined)]?.[0] ?? "text";
    const value = kind === "path" || kind === "address" ? match[0].replace(FULL_STOP, "") : match[0];
    literals.push(text.slice(end, match.index));
    kinds.push(kind);
    values.push(value);
    end = match.index + value.length;
  }
  return { literals: [...literals, text.slice(end)], kinds, values };
}

/** The line with `<number>`, `<path>`, … for its variable parts. */
export function templateOf({ literals, kinds }: LinePattern): string {
  return fill(literals, (place) => `<${kinds[place]}>`);
}

/**
 * What lines with one template have in common, for people: a part that is the same in all of them is told.
 *
 * @param patterns at least one, all with the same template
 */
export function commonPattern(patterns: readonly LinePattern[]): string {
  const [first] = patterns;
  if (first === undefined) return "";
  return fill(first.literals, (place) => {
    const value = first.values[place] ?? "";
    return patterns.every(({ values }) => values[place] === value) ? value : `<${first.kinds[place]}>`;
  });
}

function fill(literals: readonly string[], part: (place: number) => string): string {
  return literals.reduce((text, literal, at) => `${text}${part(at - 1)}${literal}`);
}

const FILE_NAME = new RegExp(String.raw`\.(?:${FILE_ENDINGS})$`, "i");
const ABSOLUTE = /^(?:~?\/|[a-z][a-z0-9+.-]*:\/\/)\S/i;
/** Where programs live, not what they work on. */
const SYSTEM_PATH = /^\/(?:usr|bin|sbin|lib\d*|proc|sys|dev|etc|opt\/conda)(?:\/|$)/;

/** The values that name files: addresses, absolute paths, and whatever ends like a file. */
export function filesIn({ values }: LinePattern): string[] {
  return values.filter(
    (value) => FILE_NAME.test(value) || (ABSOLUTE.test(value) && !SYSTEM_PATH.test(value)),
  );
}
