import { expect, test } from "vitest";
import { parseImageReference, shortImageReference } from "./container-image.ts";

test.each([
  ["skaha/astroml", "images.canfar.net/skaha/astroml:latest"],
  ["skaha/astroml:25.01", "images.canfar.net/skaha/astroml:25.01"],
  ["docker.io/library/ubuntu:24.04", "docker.io/library/ubuntu:24.04"],
  ["localhost:5000/a/b", "localhost:5000/a/b:latest"],
  ["skaha/x@sha256:abc", "images.canfar.net/skaha/x@sha256:abc"],
])("%s means %s", (text, id) => {
  expect(parseImageReference(text)).toBe(id);
});

test.each(["astroml", "", "a/b/c/d", "a//b", "a b/c", "/a/b"])("%j is no reference", (text) => {
  expect(() => parseImageReference(text)).toThrowError(
    expect.objectContaining({ code: "image.invalid_reference" }),
  );
});

test("people see the default registry's images without its host", () => {
  expect(shortImageReference("images.canfar.net/skaha/astroml:latest")).toBe("skaha/astroml:latest");
  expect(shortImageReference("docker.io/a/b:1")).toBe("docker.io/a/b:1");
});
