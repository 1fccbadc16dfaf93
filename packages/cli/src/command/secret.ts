import { CanfarError } from "@canfar/contract";
import type { Context } from "./context.ts";

const ENTER = /[\r\n]/;
const BACKSPACE = /[\b\x7f]/;
const CTRL_C = "\x03";
const CTRL_D = "\x04";

/** One line typed at a terminal without being shown. @throws CanfarError `command.cancelled` */
export async function askSecret(context: Context, question: string): Promise<string> {
  const { stdin, stderr } = context.streams;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.resume();
  stdin.setEncoding("utf8");
  try {
    return await new Promise<string>((resolve, reject) => {
      let typed = "";
      const onData = (text: string) => {
        for (const character of text) {
          if (ENTER.test(character)) return finish(() => resolve(typed));
          if (character === CTRL_C || (character === CTRL_D && typed === "")) return finish(() => reject(cancelled()));
          typed = BACKSPACE.test(character) ? [...typed].slice(0, -1).join("") : typed + character;
        }
      };
      const finish = (settle: () => void) => {
        stdin.off("data", onData);
        settle();
      };
      stdin.on("data", onData);
    });
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write("\n");
  }
}

function cancelled(): CanfarError {
  return new CanfarError("command.cancelled", { message: "cancelled" });
}
