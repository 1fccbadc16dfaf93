import { CanfarError } from "@canfar/contract";

/** The server speaks plain Skaha and lacks what is needed. @param lack what it does not do, as a verb phrase */
export function unsupported(server: string, lack: string, hint?: string): CanfarError {
  return new CanfarError("request.unsupported", {
    message: `The server '${server}' ${lack}`,
    hint: hint ?? "Platforms of this project can do it: see `canfar server ls`.",
    details: { server },
  });
}
