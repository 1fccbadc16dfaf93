import { describe, expect, test } from "vitest";
import { CanfarError } from "../errors.ts";
import { type LaunchRequest, launchRequestSchema } from "../launch-request.ts";
import { decodeLaunchForm, encodeLaunchForm, survivesJoining } from "./launch-form.ts";

const request: LaunchRequest = launchRequestSchema.parse({
  name: "batch",
  kind: "headless",
  image: "images.canfar.net/skaha/astroml:latest",
  command: "python3",
  args: ["run.py", "--in", "a"],
  env: { A: "1", B: "x=y z&" },
});
const first = { index: 1, count: 1 };

test("a form for one Replica is, byte for byte, what upstream's client sends", () => {
  const form = encodeLaunchForm(request, { index: 1, count: 10 });
  expect(form.toString()).toBe(
    "name=batch&image=images.canfar.net%2Fskaha%2Fastroml%3Alatest&type=headless&cmd=python3&args=run.py+--in+a" +
      "&env=A%3D1&env=B%3Dx%3Dy+z%26&env=REPLICA_ID%3D1&env=REPLICA_COUNT%3D10",
  );
});

test.each([
  [["-c", "print('a  b')"]],
  [["", "x"]],
  [["line\nbreak", "$HOME", '"quoted"', "a=b", "*", "\\", "é🚀"]],
  [[]],
])("arguments %j, one parameter each, arrive as they were", (args) => {
  const form = encodeLaunchForm({ ...request, args: [] }, first);
  for (const arg of args) form.append("arg", arg);
  expect(decodeLaunchForm(form).request.args).toEqual(args);
});

test("joined arguments of an old client are split at white space, and quotes are left alone", () => {
  const form = new URLSearchParams({ name: "a", image: "x/y", args: '-c print("hi")  end' });
  expect(decodeLaunchForm(form).request.args).toEqual(["-c", 'print("hi")', "end"]);
  expect(survivesJoining(["a b"])).toBe(false);
});

test("values of the environment keep every character", () => {
  const env = { A: "b=c", E: "", Q: "\"'$\\`\n\t ", U: "é" };
  const decoded = decodeLaunchForm(encodeLaunchForm({ ...request, env }, first)).request.env;
  expect(decoded).toEqual(env);
});

test("replicas of one request come as a number, those of an old client as a place", () => {
  const native = decodeLaunchForm(new URLSearchParams({ name: "a", image: "x/y", replicas: "100" }));
  expect(native.request.replicas).toBe(100);
  expect(native.replica).toBeUndefined();
  const single = decodeLaunchForm(encodeLaunchForm(request, { index: 2, count: 3 }));
  expect(single.replica).toEqual({ index: 2, count: 3 });
  expect(single.request.env).toEqual({ A: "1", B: "x=y z&" });
});

test("without a type a Session is headless", () => {
  expect(decodeLaunchForm(new URLSearchParams({ name: "a", image: "x/y" })).request.kind).toBe("headless");
});

describe("a bad form is refused with its reason", () => {
  const base = { name: "a", image: "x/y" };
  test.each([
    [{ name: "a" }, "session.missing_parameter", "Missing parameter 'image'"],
    [{ image: "x/y" }, "session.missing_parameter", "Missing parameter 'name'"],
    [{ ...base, type: "nope" }, "session.invalid_kind", "Invalid session type: nope"],
    [{ ...base, type: "desktop-app" }, "session.invalid_kind", "Invalid session type"],
    [{ ...base, cores: "abc" }, "resource.out_of_range", "Invalid value for 'cores': abc"],
    [{ ...base, cores: "0" }, "resource.out_of_range", "Invalid value for 'cores': 0"],
    [{ ...base, ram: "-1" }, "resource.out_of_range", "Invalid value for 'ram': -1"],
    [{ ...base, ram: "1e3" }, "resource.out_of_range", "Invalid value for 'ram'"],
    [{ ...base, gpus: "1.5" }, "resource.out_of_range", "Invalid value for 'gpus'"],
    [{ ...base, replicas: "0" }, "request.invalid", "Invalid value for 'replicas': 0"],
    [{ ...base, replicas: "100001" }, "request.invalid", "Invalid value for 'replicas'"],
    [{ ...base, env: "NOVALUE" }, "request.invalid", "'NOVALUE' is not KEY=VALUE"],
    [{ ...base, env: "A=\0" }, "request.invalid", "NUL byte"],
  ])("%j", (form, code, message) => {
    const decode = () => decodeLaunchForm(new URLSearchParams(form as Record<string, string>));
    expect(decode).toThrowError(CanfarError);
    expect(decode).toThrowError(message);
    expect(decode).toThrowError(expect.objectContaining({ code }));
  });
});

test("gpus=0 asks for none", () => {
  const form = new URLSearchParams({ name: "a", image: "x/y", gpus: "0" });
  expect(decodeLaunchForm(form).request.resources).toEqual({});
});
