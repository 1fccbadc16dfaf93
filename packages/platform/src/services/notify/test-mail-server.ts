import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** One letter as the server took it. */
export interface ReceivedLetter {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and text. */
  readonly data: string;
}

/** A mail server on a free loopback port, as far as RFC 5321 demands, that keeps what it is handed. */
export class TestMailServer {
  readonly letters: ReceivedLetter[] = [];
  /** Answers DATA with a temporary failure as long as it is true. */
  isFull = false;
  readonly #server = createServer((socket) => this.#talk(socket));
  readonly #sockets = new Set<Socket>();

  static async start(): Promise<TestMailServer> {
    const mail = new TestMailServer();
    mail.#server.listen(0, "127.0.0.1");
    await once(mail.#server, "listening");
    return mail;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #talk(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket)).on("error", () => {});
    const answer = (line: string) => socket.write(`${line}\r\n`);
    let letter = { from: "", to: [] as string[] };
    let data: string | null = null;
    let rest = "";
    answer("220 test ESMTP");
    socket.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (data !== null && line !== ".") data += `${line.replace(/^\./, "")}\n`;
        else if (data !== null) {
          this.letters.push({ ...letter, data });
          letter = { from: "", to: [] };
          data = null;
          answer("250 taken");
        } else if (/^(EHLO|HELO)/i.test(line)) answer("250 test");
        else if (/^MAIL FROM:/i.test(line)) {
          letter.from = /<(.*?)>/.exec(line)?.[1] ?? "";
          answer("250 ok");
        } else if (/^RCPT TO:/i.test(line)) {
          letter.to.push(/<(.*?)>/.exec(line)?.[1] ?? "");
          answer("250 ok");
        } else if (/^DATA/i.test(line) && this.isFull) answer("452 the mailbox is full");
        else if (/^DATA/i.test(line)) {
          data = "";
          answer("354 go on");
        } else if (/^QUIT/i.test(line)) socket.end("221 bye\r\n");
        else answer("250 ok");
      }
    });
  }
}
