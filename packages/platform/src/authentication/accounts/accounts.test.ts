import { ManualClock } from "@canfar/testing";
import { expect, test } from "vitest";
import { migrate, openDatabase } from "../../records/database.ts";
import { AUTHENTICATION_MIGRATIONS } from "../schema.ts";
import { Accounts } from "./accounts.ts";
import { generatePassword, hashPassword, matchesPassword } from "./password.ts";

async function openAccounts(): Promise<{ accounts: Accounts; loggedOut: string[] }> {
  const database = openDatabase(":memory:");
  migrate(database, AUTHENTICATION_MIGRATIONS);
  const loggedOut: string[] = [];
  const options = {
    database,
    clock: new ManualClock(),
    loggedOut: (username: string) => loggedOut.push(username),
  };
  return { accounts: await Accounts.open(options), loggedOut };
}

const IDS = { uid: 1000, gid: 1000 };

test("the first account is made once, with a password that is shown once", async () => {
  const { accounts } = await openAccounts();
  const first = await accounts.ensureFirst({ username: "ada", ...IDS });
  expect(first?.password).toMatch(/^([2-9a-z]{4}-){3}[2-9a-z]{4}$/);
  expect(await accounts.verify("ada", first?.password ?? "")).toMatchObject({
    username: "ada",
    administrator: true,
  });
  expect(await accounts.ensureFirst({ username: "bob", ...IDS })).toBeNull();
  expect(accounts.list().map(({ username }) => username)).toEqual(["ada"]);
});

test("a password that the operator chose is used, and not told", async () => {
  const { accounts } = await openAccounts();
  const first = await accounts.ensureFirst({ username: "ada", ...IDS, password: "chosen by hand" });
  expect(first).toEqual({ username: "ada", password: null });
  expect(await accounts.verify("ada", "chosen by hand")).not.toBeNull();
});

test.each(["", "1ada", "-ada", "a b", "../etc", "ada.", "ada/x", "ada\n", "a".repeat(33), "ädä"])(
  "%j cannot be a username",
  async (username) => {
    const { accounts } = await openAccounts();
    const account = { username, ...IDS, password: "long enough" };
    await expect(accounts.create(account)).rejects.toMatchObject({ code: "request.invalid" });
  },
);

test("ids of root, short passwords and taken names are refused", async () => {
  const { accounts } = await openAccounts();
  const account = { username: "ada", ...IDS, password: "long enough" };
  for (const bad of [{ uid: 0 }, { gid: 0 }, { groups: [0] }, { uid: 1.5 }, { password: "short" }]) {
    await expect(accounts.create({ ...account, ...bad })).rejects.toMatchObject({ code: "request.invalid" });
  }
  await accounts.create({ ...account, groups: [2000, 3000] });
  expect(accounts.find("ada")).toMatchObject({ groups: [2000, 3000], administrator: false });
  await expect(accounts.create({ ...account, username: "ADA" })).rejects.toMatchObject({
    code: "request.invalid",
  });
});

test("setting a password ends the logins; an unknown account is named", async () => {
  const { accounts, loggedOut } = await openAccounts();
  await accounts.create({ username: "ada", ...IDS, password: "long enough" });
  await accounts.setPassword("ada", "another one");
  expect(loggedOut).toEqual(["ada"]);
  expect(await accounts.verify("ada", "long enough")).toBeNull();
  await expect(accounts.setPassword("bob", "another one")).rejects.toThrow('no account "bob"');
});

test("the same password has another hash each time, and matches in any Unicode form", async () => {
  const [first, second] = await Promise.all([
    hashPassword("caf\u00e9 au lait"),
    hashPassword("caf\u00e9 au lait"),
  ]);
  expect(first).toMatch(/^scrypt\$32768\$8\$3\$/);
  expect(first).not.toBe(second);
  expect(await matchesPassword("cafe\u0301 au lait", first)).toBe(true);
  expect(await matchesPassword("cafe au lait", first)).toBe(false);
});

test("generated passwords differ", () => {
  expect(new Set(Array.from({ length: 100 }, generatePassword)).size).toBe(100);
});
