import { type FileHandle, open } from "node:fs/promises";

/** @returns null where there is no such file */
export async function openIfThere(file: string, flags: "r" | "r+" = "r"): Promise<FileHandle | null> {
  try {
    return await open(file, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** As many bytes as there are from a place on, at most `length`. */
export async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
