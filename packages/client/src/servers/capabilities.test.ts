import { describe, expect, test } from "vitest";
import { parseAvailability, parseCapabilities, platformFeatures } from "./capabilities.ts";

const document = (body: string) =>
  `<?xml version="1.0"?><v:capabilities xmlns:v="http://www.ivoa.net/xml/VOSICapabilities/v1.0">${body}</v:capabilities>`;
const capability = (id: string, url: string, ...methods: string[]) =>
  `<capability standardID="${id}">${methods
    .map(
      (method) =>
        `<interface role="std"><accessURL use="base">${url}</accessURL><securityMethod standardID="ivo://ivoa.net/sso#${method}"/></interface>`,
    )
    .join("")}</capability>`;
const SESSION = "http://www.opencadc.org/std/platform#session-";

describe("capabilities", () => {
  test("of an upstream server give the newest version and its credentials, cookies left out", () => {
    const xml = document(
      capability(
        "vos://cadc.nrc.ca~vospace/CADC/std/Proc#sessions-1.0",
        "https://h/skaha/v0",
        "tls-with-certificate",
      ) +
        capability(`${SESSION}1`, "https://h/skaha/v1/session", "cookie", "token", "tls-with-certificate") +
        capability(`${SESSION}2`, "https://h/skaha/v2/session", "cookie"),
    );
    expect(platformFeatures(parseCapabilities(xml))).toEqual({
      version: "v1",
      auths: ["x509", "oidc"],
      groups: false,
      logs: false,
      files: false,
      tickets: false,
      issuer: null,
    });
  });

  test("may be none, may lack parts, and may hold what nobody knows", () => {
    const odd = document(
      '<capability/><capability standardID="x"><interface/><interface><accessURL>https://h/x</accessURL></interface><extra>1</extra></capability>',
    );
    expect(parseCapabilities(document(""))).toEqual([]);
    expect(parseCapabilities(odd)).toEqual([
      { standardId: "", interfaces: [] },
      { standardId: "x", interfaces: [{ url: "https://h/x", use: "full", securityMethods: [] }] },
    ]);
  });

  test.each([
    { name: "nothing", xml: "" },
    { name: "a web page", xml: "<html><body>Hello</body></html>" },
    { name: "half a document", xml: '<v:capabilities xmlns:v="x"><capability' },
    { name: "JSON", xml: '{"a": 1}' },
    { name: "something huge", xml: document("x".repeat(2_000_000)) },
    {
      name: "entities that grow",
      xml: `<!DOCTYPE a [<!ENTITY b "${"x".repeat(1000)}"><!ENTITY c "${"&b;".repeat(1000)}">]><html>${"&c;".repeat(1000)}</html>`,
    },
  ])("$name is not one", ({ xml }) => {
    expect(() => parseCapabilities(xml)).toThrow(
      expect.objectContaining({ code: "server.discovery_failed" }),
    );
  });
});

describe("availability", () => {
  test.each([
    { text: "true", available: true },
    { text: " true\n", available: true },
    { text: "false", available: false },
  ])("$text", ({ text, available }) => {
    const xml = `<v:availability xmlns:v="x"><v:available>${text}</v:available></v:availability>`;
    expect(parseAvailability(xml).available).toBe(available);
  });

  test("that is missing is an error", () => {
    expect(() => parseAvailability("<a/>")).toThrow(
      expect.objectContaining({ code: "server.discovery_failed" }),
    );
  });
});
