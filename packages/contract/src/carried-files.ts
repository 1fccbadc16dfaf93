import { z } from "zod";

/** Files that `canfar run` carries to a user's home: programs and what lies beside them, not data. */
export const MAX_CARRIED_FILES = 2_000;
export const MAX_CARRIED_FILE_BYTES = 16 * 1024 * 1024;
export const MAX_CARRIED_BYTES = 128 * 1024 * 1024;

const SHA_256 = /^[0-9a-f]{64}$/;
const MAX_NAME_BYTES = 255;

/** A path below some folder that cannot leave it: names with `/` between them. */
export const relativePathSchema = z
  .string()
  .min(1)
  .max(1024)
  .refine(
    (path) => path.split("/").every(isPlainName),
    "must be names with / between them, without . and ..",
  );

function isPlainName(name: string): boolean {
  const isSpecial = name === "" || name === "." || name === "..";
  return !isSpecial && !name.includes("\0") && new TextEncoder().encode(name).length <= MAX_NAME_BYTES;
}

export const fileDigestSchema = z
  .string()
  .regex(SHA_256, "must be a SHA-256 in 64 lower-case hexadecimal digits");

export const carriedFileSchema = z.object({
  path: relativePathSchema,
  /** SHA-256 of its content. */
  digest: fileDigestSchema,
  /** Bytes. */
  size: z.int().min(0).max(MAX_CARRIED_FILE_BYTES),
  executable: z.boolean().default(false),
});

export type CarriedFile = z.infer<typeof carriedFileSchema>;

/** A new folder in the caller's home, made of files whose content the server has. */
export const folderRequestSchema = z.object({
  /** Below the home; must not be there yet. */
  folder: relativePathSchema,
  files: z
    .array(carriedFileSchema)
    .min(1)
    .max(MAX_CARRIED_FILES)
    .refine((files) => new Set(files.map(({ path }) => path)).size === files.length, "a path comes twice")
    .refine(
      (files) => files.reduce((sum, { size }) => sum + size, 0) <= MAX_CARRIED_BYTES,
      `the files have more than ${MAX_CARRIED_BYTES} bytes together`,
    ),
});

export type FolderRequest = z.infer<typeof folderRequestSchema>;

export const folderAnswerSchema = z.object({
  /** Where Sessions see the folder. */
  folder: z.string(),
  /** Contents that the server does not have; where there are any, the folder was not made. */
  missing: z.array(fileDigestSchema),
});

export type FolderAnswer = z.infer<typeof folderAnswerSchema>;
