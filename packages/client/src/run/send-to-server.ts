import { CanfarError, type FolderAnswer, folderAnswerSchema, routePath } from "@canfar/contract";
import { concurrently } from "../concurrently.ts";
import type { Connection } from "../connection.ts";
import { unsupported } from "../unsupported.ts";
import type { Carrier, Delivery, FileToCarry } from "./carrier.ts";

/** Contents on their way at the same time. */
const SENT_AT_ONCE = 8;
/** A content may be lost, or changed by a program, between being sent and being used. */
const ROUNDS = 3;

/** Carries files over the network: only contents that the server does not have. */
export class SendToServer implements Carrier {
  readonly linksLargeFiles = false;
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async deliver(folder: string, files: readonly FileToCarry[]): Promise<Delivery> {
    const { server } = this.#connection;
    if (!(await this.#connection.features()).files)
      throw unsupported(
        server.name,
        "takes no files",
        "Copy the script to /arc by other means, and launch it with: canfar create headless IMAGE -- COMMAND",
      );
    const byDigest = new Map(files.map((file) => [file.digest, file]));
    const sent = new Set<string>();
    for (let round = 1; round <= ROUNDS; round += 1) {
      const answer = await this.#make(folder, files);
      if (answer.missing.length === 0) {
        const bytes = [...sent].reduce((sum, digest) => sum + (byDigest.get(digest)?.size ?? 0), 0);
        return { folder: answer.folder, sentFiles: sent.size, sentBytes: bytes };
      }
      await concurrently(answer.missing, SENT_AT_ONCE, async (digest) => {
        const file = byDigest.get(digest);
        if (file !== undefined) await this.#send(file);
        sent.add(digest);
      });
    }
    throw new CanfarError("transport.failure", {
      message: `The server '${server.name}' does not keep the files that were sent to it`,
      hint: "Try again.",
    });
  }

  async #make(folder: string, files: readonly FileToCarry[]): Promise<FolderAnswer> {
    const manifest = files.map(({ path, digest, size, executable }) => ({ path, digest, size, executable }));
    const request = {
      method: "POST",
      path: routePath("makeFolder"),
      json: { folder, files: manifest },
    } as const;
    return await this.#connection.transport.json(request, folderAnswerSchema);
  }

  async #send({ digest, read }: FileToCarry): Promise<void> {
    const path = routePath("putFile", { digest });
    await this.#connection.transport.text({ method: "POST", path, bytes: await read(), repeatable: true });
  }
}
