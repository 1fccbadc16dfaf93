export type { Accounts, FirstAccount, NewAccount } from "./accounts/accounts.ts";
export { generatePassword } from "./accounts/password.ts";
export { type Authentication, type AuthenticationOptions, createAuthentication } from "./authentication.ts";
export type { Caller } from "./caller.ts";
export type { Lifetimes } from "./lifetimes.ts";
export { COMMAND_CLIENT_ID } from "./oidc/clients.ts";
export type { CredentialedSession } from "./session-credentials.ts";
