/** Facts beside a message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where the proxy's messages go. */
export interface ProxyLog {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
