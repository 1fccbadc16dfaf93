import manifest from "../package.json" with { type: "json" };

/** Version of this library, as sent in `User-Agent`. */
export const VERSION: string = manifest.version;
