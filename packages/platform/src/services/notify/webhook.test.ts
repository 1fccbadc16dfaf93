import { expect, test } from "vitest";
import { mailAddress } from "./mail.ts";
import { deliveryDelaySeconds } from "./postman.ts";
import { signWebhook } from "./webhook.ts";

test("signatures are those of Standard Webhooks", () => {
  const signature = signWebhook({
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    timestamp: "1614265330",
    body: '{"test": 2432232314}',
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  });
  expect(signature).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

test("a secret without the prefix is the key itself", () => {
  const parts = { id: "a", timestamp: "1", body: "{}" };
  const plain = signWebhook({ ...parts, secret: "correct horse battery" });
  const key = Buffer.from("correct horse battery").toString("base64");
  expect(plain).toBe(signWebhook({ ...parts, secret: `whsec_${key}` }));
});

test("waits double from 5 seconds to an hour", () => {
  expect([1, 2, 3, 10, 11, 40].map(deliveryDelaySeconds)).toEqual([5, 10, 20, 2560, 3600, 3600]);
});

test.each([
  ["mailto:ada@example.org", "ada@example.org"],
  ["MAILTO:a.b+c@x.example.org", "a.b+c@x.example.org"],
  ["mailto:ada@example.org?subject=x", null],
  ["mailto:ada@example.org,bob@example.org", null],
  ["mailto:ada", null],
  ["mailto:a%0d%0abcc:x@example.org", null],
  ["https://example.org", null],
])("%s is the address %s", (target, address) => {
  expect(mailAddress(target)).toBe(address);
});
