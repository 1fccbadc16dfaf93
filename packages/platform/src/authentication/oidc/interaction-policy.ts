import { interactionPolicy, type KoaContextWithOIDC } from "oidc-provider";

/**
 * When a person has to do something. Different from oidc-provider's own policy in one point: the password is asked for
 * every time. The pages of Sessions come from the same origin as the login pages, so a program in a Session could send
 * requests with the browser's cookies; a cookie alone must not be able to approve a device.
 */
export function passwordEveryTime(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const passwordNeeded = new interactionPolicy.Check(
    "password_every_time",
    "the password is needed for every approval",
    "login_required",
    (context: KoaContextWithOIDC) =>
      context.oidc.result?.login === undefined
        ? interactionPolicy.Check.REQUEST_PROMPT
        : interactionPolicy.Check.NO_NEED_TO_PROMPT,
  );
  policy.get("login")?.checks.add(passwordNeeded);
  return policy;
}
