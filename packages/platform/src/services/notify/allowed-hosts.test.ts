import { describe, expect, it, test } from "vitest";
import { AllowedHosts } from "./allowed-hosts.ts";

const refusal = expect.objectContaining({ code: "request.invalid" });

describe("without a list of the operator's", () => {
  const hosts = new AllowedHosts(undefined);

  it.each([
    ...[
      "http://localhost/",
      "http://a.localhost/",
      "http://127.0.0.1/",
      "http://127.1/",
      "http://0x7f000001/",
    ],
    ...["http://2130706433/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:10.0.0.1]/"],
    ...[
      "http://10.1.2.3/",
      "http://172.31.0.1/",
      "http://192.168.1.1/",
      "http://169.254.169.254/latest/meta-data",
    ],
    ...[
      "http://0.0.0.0/",
      "http://[fe80::1]/",
      "http://[fd00::1]/",
      "http://[64:ff9b::7f00:1]/",
      "http://LOCALHOST./",
    ],
  ])("%s is inside, and refused", (address) => {
    expect(() => hosts.check(new URL(address))).toThrow(refusal);
  });

  it.each(["https://example.org/hook", "http://198.51.100.7/", "http://[2001:db8::1]:8080/"])(
    "%s is outside",
    (address) => {
      expect(() => hosts.check(new URL(address))).not.toThrow();
    },
  );

  it("a name that leads inside is refused when it is looked up", async () => {
    for (const all of [true, false]) {
      const found = await new Promise((resolve) => {
        hosts.lookup("localhost", { all }, (error, address) => resolve(error ?? address));
      });
      expect(found).toEqual(refusal);
    }
  });
});

test("with a list exactly its hosts are allowed, wherever they are", async () => {
  const hosts = new AllowedHosts(["hooks.example.org", "*.lab.example", "127.0.0.1"]);
  for (const address of ["https://hooks.example.org/", "https://a.b.lab.example/", "http://127.0.0.1:9/"]) {
    expect(() => hosts.check(new URL(address))).not.toThrow();
  }
  for (const address of [
    "https://example.org/",
    "https://lab.example/",
    "https://evil-lab.example/",
    "http://127.0.0.2/",
  ]) {
    expect(() => hosts.check(new URL(address))).toThrow(refusal);
  }
  const found = await new Promise((resolve) => {
    hosts.lookup("localhost", { all: false }, (error, address) => resolve(error ?? address));
  });
  expect(found).toMatch(/^(127\.0\.0\.1|::1)$/);
});
