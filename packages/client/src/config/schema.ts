import { z } from "zod";

/** Keys of `authentication` and `servers`: they appear in dotted paths and in environment variables. */
const KEY_PATTERN = /^[A-Za-z][A-Za-z0-9_-]*$/;
const key = z
  .string()
  .regex(KEY_PATTERN, "must start with a letter and hold letters, digits, '_' and '-' only");
const address = z.url({ protocol: /^https?$/, error: "must be an http or https address" });

/** Seconds since 1970; null and 0 mean unknown. */
const expiry = z.number().nullish();

const oidcRecordSchema = z.strictObject({
  idp: key.optional(),
  mode: z.literal("oidc"),
  endpoints: z
    .strictObject({
      discovery: address.nullish(),
      device: address.nullish(),
      registration: address.nullish(),
      token: address.nullish(),
    })
    .nullish(),
  client: z
    .strictObject({
      identity: z.string().nullish(),
      /** Absent for a public client, such as our own command. */
      secret: z.string().nullish(),
      secret_expires_at: z.number().nullish(),
    })
    .nullish(),
  token: z
    .strictObject({
      access: z.string().nullish(),
      refresh: z.string().nullish(),
      token_type: z.string().nullish(),
      scope: z.string().nullish(),
    })
    .nullish(),
  expiry: z.strictObject({ access: expiry, refresh: expiry }).nullish(),
});

const certificateRecordSchema = z.strictObject({
  idp: key.optional(),
  mode: z.literal("x509"),
  path: z.string().nullish(),
  expiry,
});

/** What a login left behind: who vouches for the user, and with which credential. */
export const authenticationRecordSchema = z.discriminatedUnion("mode", [
  oidcRecordSchema,
  certificateRecordSchema,
]);

const range = z.strictObject({ min: z.number(), max: z.number() }).nullish();
const quantities = z.strictObject({ cores: range, ram: range }).nullish();

/** What a server offered when it was last asked; cores, and memory in GB. */
export const serverResourcesSchema = z.strictObject({
  flexible: quantities,
  fixed: quantities,
  gpus: range,
  sessions: z.number().nullish(),
});

/** One Science Platform Server. */
export const serverRecordSchema = z.strictObject({
  name: key.optional(),
  idp: z.string().min(1).max(64),
  uri: z.string().nullish(),
  /** Base address without the version. */
  url: address,
  version: z
    .string()
    .regex(/^v\d+(\.\d+)*$/, "must be like v1")
    .nullish(),
  auths: z.array(z.string()).nullish(),
  storage: z.record(z.string(), z.strictObject({ uri: z.string(), url: address })).nullish(),
  resources: serverResourcesSchema.nullish(),
});

/** `~/.canfar/config.yaml`, schema version 2: the one that the PyPI client has as well. */
export const configurationSchema = z
  .strictObject({
    version: z.literal(2, "expected 2"),
    active: z
      .strictObject({
        authentication: key.nullish(),
        server: key.nullish(),
        servers: z.record(key, key).nullish(),
      })
      .nullish(),
    authentication: z.record(key, authenticationRecordSchema).nullish(),
    servers: z.record(key, serverRecordSchema).nullish(),
    registry: z
      .strictObject({
        url: address.nullish(),
        username: z.string().nullish(),
        secret: z.string().nullish(),
      })
      .nullish(),
    console: z.looseObject({ width: z.int().nullish(), banner: z.boolean().nullish() }).nullish(),
  })
  .superRefine((configuration, context) => {
    for (const { path, message } of crossChecks(configuration))
      context.addIssue({ code: "custom", path, message });
  });

export type OidcRecord = z.infer<typeof oidcRecordSchema>;
export type CertificateRecord = z.infer<typeof certificateRecordSchema>;
export type AuthenticationRecord = z.infer<typeof authenticationRecordSchema>;
export type ServerResources = z.infer<typeof serverResourcesSchema>;
export type ServerRecord = z.infer<typeof serverRecordSchema>;
export type Configuration = z.infer<typeof configurationSchema>;

/** A configuration without a login: what holds where there is no file. */
export function emptyConfiguration(): Configuration {
  return { version: 2 };
}

interface Fault {
  readonly path: string[];
  readonly message: string;
}

type Parts = Pick<z.infer<typeof configurationSchema>, "active" | "authentication" | "servers" | "registry">;

/** What one key demands of another. */
function* crossChecks({ active, authentication, servers, registry }: Parts): Generator<Fault> {
  const idp = active?.authentication;
  // A file that leaves the whole section out means the client's defaults, so there is nothing to compare with.
  if (idp && authentication && !(idp in authentication)) {
    yield { path: ["active", "authentication"], message: "is not a key of authentication" };
  }
  if (active?.server && servers && !(active.server in servers)) {
    yield { path: ["active", "server"], message: "is not a key of servers" };
  }
  for (const [owner, server] of Object.entries(active?.servers ?? {})) {
    if (servers && servers[server]?.idp !== owner) {
      yield { path: ["active", "servers", owner], message: `names no server of '${owner}'` };
    }
  }
  if (Boolean(registry?.username) !== Boolean(registry?.secret)) {
    yield { path: ["registry"], message: "needs username and secret together" };
  }
}
