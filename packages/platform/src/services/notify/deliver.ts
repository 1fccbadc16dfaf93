import { MAX_CAUSES_OF_NOTIFICATION, type NotificationDocument } from "@canfar/contract";
import type { Clock } from "../../clock.ts";
import type { NotificationRecord } from "../../records/notification-store.ts";
import type { Records } from "../../records/records.ts";
import type { GroupReporter } from "../report/group-reporter.ts";
import type { AllowedHosts } from "./allowed-hosts.ts";
import { letterFor, type MailSettings, mailAddress, sendMail } from "./mail.ts";
import { type Deliver, GivenUp } from "./postman.ts";
import { sendWebhook, WEBHOOK_TIMEOUT_MS } from "./webhook.ts";

export interface DeliveryOptions {
  readonly records: Records;
  readonly reporter: GroupReporter;
  readonly hosts: AllowedHosts;
  /** Undefined: webhooks are not signed. */
  readonly secret: string | undefined;
  /** Undefined: no mail is sent. */
  readonly mail: MailSettings | undefined;
  readonly clock: Clock;
}

/** "Gone": the receiver asks for no more of these (RFC 9110). */
const GONE = 410;

/** The way of a notification to its target: written as a whole first, then sent. */
export function deliverBy(options: DeliveryOptions): Deliver {
  return async (notification, signal) => {
    const document = await written(notification, options, signal);
    const to = mailAddress(notification.target);
    if (to !== null) await byMail(document, { to, mail: options.mail });
    else await byWebhook(document, notification.target, { ...options, signal });
  };
}

/** The document with the causes in it, kept before it leaves: a repetition says the same. */
async function written(
  { id, groupId, document, isWritten }: NotificationRecord,
  { records, reporter }: DeliveryOptions,
  signal: AbortSignal,
): Promise<NotificationDocument> {
  if (isWritten) return document;
  const group = records.groups.find(groupId);
  const causes = group === null || document.counts.failed === 0 ? [] : await reporter.causes(group, signal);
  signal.throwIfAborted();
  const whole = {
    ...document,
    causes: causes
      .slice(0, MAX_CAUSES_OF_NOTIFICATION)
      .map(({ example: _, files: _files, fileCount: _count, ...cause }) => cause),
  };
  records.write(() => records.notifications.write(id, whole));
  return whole;
}

async function byMail(
  document: NotificationDocument,
  { to, mail }: { to: string; mail: MailSettings | undefined },
): Promise<void> {
  if (mail === undefined) throw new GivenUp("this platform sends no mail any more");
  await sendMail(mail, letterFor(document, to));
}

async function byWebhook(
  document: NotificationDocument,
  url: string,
  { hosts, secret, clock, signal }: DeliveryOptions & { signal: AbortSignal },
): Promise<void> {
  const late = new AbortController();
  const timer = clock.setTimer(WEBHOOK_TIMEOUT_MS, () => late.abort());
  try {
    const status = await sendWebhook({
      ...{ url, id: document.id, body: JSON.stringify(document), secret, now: clock.now(), hosts },
      signal: AbortSignal.any([signal, late.signal]),
    });
    if (status === GONE) throw new GivenUp("the receiver wants no more notifications (410)");
    if (status < 200 || status > 299) throw new Error(`the receiver answered ${status}`);
  } catch (error) {
    throw late.signal.aborted ? new Error("no answer in time", { cause: error }) : error;
  } finally {
    timer.cancel();
  }
}
