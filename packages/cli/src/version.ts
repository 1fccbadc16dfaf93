import manifest from "../package.json" with { type: "json" };

/** Version of the `canfar` command; bundling puts the number into the code. */
export const VERSION: string = manifest.version;
