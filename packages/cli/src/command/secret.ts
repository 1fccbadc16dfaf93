import { AlreadyReported } from "../output/errors.ts";
import type { Context } from "./context.ts";
import { EXIT } from "./exit-code.ts";

const ENTER = /[\r\n]/;
const BACKSPACE = /[\b\x7f]/;
const CTRL_C = "\x03";
const CTRL_D = "\x04";

/** One line typed at a terminal without being shown. @throws AlreadyReported on Ctrl-C */
export async function askSecret(context: Context, question: string): Promise<string> {
  const { stdin, stderr } = context.streams;
  // Before the question: what is typed as soon as it shows must not be echoed.
  stdin.setRawMode(true);
  stderr.write(question);
  stdin.resume();
  stdin.setEncoding("utf8");
  try {
    return await new Promise<string>((resolve, reject) => {
      let typed = "";
      const onData = (text: string) => {
        for (const character of text) {
          if (ENTER.test(character)) return finish(() => resolve(typed));
          if (character === CTRL_C || (character === CTRL_D && typed === ""))
            return finish(() => reject(new AlreadyReported(EXIT.interrupted)));
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
