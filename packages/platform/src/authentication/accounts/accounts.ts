import type { DatabaseSync } from "node:sqlite";
import { CanfarError, type User } from "@canfar/contract";
import type { Clock } from "../../clock.ts";
import { generatePassword, hashPassword, matchesPassword } from "./password.ts";
import { parseUsername } from "./username.ts";

export interface NewAccount {
  readonly username: string;
  /** At least 1: no Session runs as root. */
  readonly uid: number;
  readonly gid: number;
  /** Supplemental group ids. */
  readonly groups?: readonly number[];
  readonly administrator?: boolean;
  readonly password: string;
}

/** The account that the first start makes. */
export interface FirstAccount {
  readonly username: string;
  /** To be shown once: only its hash is kept. Null where the operator chose it and knows it. */
  readonly password: string | null;
}

/** The people who may log in to this platform. */
export class Accounts {
  readonly #clock: Clock;
  readonly #loggedOut: (username: string) => void;
  readonly #find;
  readonly #list;
  readonly #insert;
  readonly #setPassword;
  /** What an unknown username is checked against, so that it takes as long as a known one. */
  readonly #nobody: string;

  private constructor(options: AccountsOptions, nobody: string) {
    const { database } = options;
    this.#clock = options.clock;
    this.#loggedOut = options.loggedOut;
    this.#nobody = nobody;
    this.#find = database.prepare("SELECT * FROM accounts WHERE username = ?");
    this.#list = database.prepare("SELECT * FROM accounts ORDER BY username");
    this.#insert = database.prepare(`
      INSERT INTO accounts (username, password_hash, uid, gid, groups, administrator, created_at, password_changed_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (username) DO NOTHING`);
    this.#setPassword = database.prepare(
      "UPDATE accounts SET password_hash = ?, password_changed_at = ? WHERE username = ?",
    );
  }

  static async open(options: AccountsOptions): Promise<Accounts> {
    return new Accounts(options, await hashPassword(generatePassword()));
  }

  /**
   * Makes the first account where there is none yet, an administrator.
   *
   * @param options.password chosen by the operator; a generated one when absent
   * @returns null where there are accounts already
   * @throws CanfarError `request.invalid`
   */
  async ensureFirst(options: {
    username: string;
    uid: number;
    gid: number;
    password?: string | undefined;
  }): Promise<FirstAccount | null> {
    if (this.list().length > 0) return null;
    const { username, uid, gid } = options;
    const password = options.password ?? generatePassword();
    await this.create({ username, uid, gid, administrator: true, password });
    return { username, password: options.password === undefined ? password : null };
  }

  /** @throws CanfarError `request.invalid` for a bad or taken username, ids below 1, or a bad password */
  async create(account: NewAccount): Promise<User> {
    const { uid, gid, groups = [], administrator = false } = account;
    const username = parseUsername(account.username);
    if (![uid, gid, ...groups].every((id) => Number.isSafeInteger(id) && id >= 1)) {
      throw new CanfarError("request.invalid", {
        message: `uid ${uid}, gid ${gid}: the ids of an account are whole numbers from 1`,
        hint: "Sessions never run as root.",
      });
    }
    const hash = await hashPassword(account.password);
    const now = this.#clock.now().toISOString();
    const row = [username, hash, uid, gid, JSON.stringify(groups), Number(administrator), now, now];
    if (this.#insert.run(...row).changes === 0) {
      throw new CanfarError("request.invalid", {
        message: `there is an account "${username}" already`,
        hint: "Choose another username.",
      });
    }
    return { username, uid, gid, groups: [...groups], administrator };
  }

  /**
   * Sets a new password and ends every login of the account: a password is reset because somebody else may know it.
   *
   * @throws CanfarError `request.invalid` for an unknown username or a bad password
   */
  async setPassword(username: string, password: string): Promise<void> {
    const hash = await hashPassword(password);
    if (this.#setPassword.run(hash, this.#clock.now().toISOString(), username).changes === 0) {
      throw new CanfarError("request.invalid", {
        message: `there is no account "${username}"`,
        hint: `The accounts are: ${this.list()
          .map((user) => user.username)
          .join(", ")}.`,
      });
    }
    this.#loggedOut(username);
  }

  find(username: string): User | null {
    const row = this.#find.get(username);
    return row === undefined ? null : readUser(row);
  }

  list(): User[] {
    return this.#list.all().map(readUser);
  }

  /** The user whose password this is, or null; as slow for an unknown username as for a known one. */
  async verify(username: string, password: string): Promise<User | null> {
    const row = this.#find.get(username);
    const matches = await matchesPassword(password, String(row?.password_hash ?? this.#nobody));
    return row !== undefined && matches ? readUser(row) : null;
  }
}

export interface AccountsOptions {
  readonly database: DatabaseSync;
  readonly clock: Clock;
  /** Ends every login of a user. */
  readonly loggedOut: (username: string) => void;
}

function readUser(row: Record<string, unknown>): User {
  return {
    username: String(row.username),
    uid: Number(row.uid),
    gid: Number(row.gid),
    groups: JSON.parse(String(row.groups)),
    administrator: row.administrator === 1,
  };
}
