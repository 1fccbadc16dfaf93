import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { indexOptions, toolEnvironment, uvEnvironment } from "./package-index.ts";

describe("uv's variables", () => {
  it("follow pip's configuration", () => {
    const variables = uvEnvironment(
      {},
      {
        "index-url": "https://index.example/simple",
        "extra-index-url": "https://a.example\nhttps://b.example",
        "find-links": `${tmpdir()} /not/there https://links.example`,
        cert: "/site/ca.pem",
        proxy: "http://proxy.example:3128",
        "default-timeout": "180",
      },
    );
    expect(variables).toMatchObject({
      UV_DEFAULT_INDEX: "https://index.example/simple",
      UV_INDEX: "https://a.example https://b.example",
      UV_FIND_LINKS: `${tmpdir()},https://links.example`,
      SSL_CERT_FILE: "/site/ca.pem",
      ALL_PROXY: "http://proxy.example:3128",
      UV_HTTP_TIMEOUT: "180",
    });
  });

  it("stay as the operator set them", () => {
    const operator = { UV_INDEX_URL: "https://mine.example", SSL_CERT_FILE: "/mine.pem" };
    const variables = uvEnvironment(operator, { "index-url": "https://pip.example", cert: "/pip.pem" });
    expect(variables).toMatchObject(operator);
    expect(variables).not.toHaveProperty("UV_DEFAULT_INDEX");
  });
});

it("no-index is an option of uv, and only where pip's setting is on", () => {
  expect(indexOptions({ "no-index": "true" })).toEqual(["--no-index"]);
  expect(indexOptions({ "no-index": "0" })).toEqual([]);
  expect(indexOptions({})).toEqual([]);
});

it("variables that would put packages elsewhere do not reach the tools", () => {
  const operator = { PATH: "/bin", PIP_TARGET: "/x", PIP_USER: "1", PYTHONPATH: "/y", VIRTUAL_ENV: "/z" };
  expect(toolEnvironment(operator)).toEqual({ PATH: "/bin" });
});
