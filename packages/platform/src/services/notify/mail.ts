import type { NotificationDocument } from "@canfar/contract";

/** How the platform sends mail. */
export interface MailSettings {
  /** `smtp://user:password@host:587` or `smtps://…`. */
  readonly url: string;
  /** Sender of all mail. */
  readonly from: string;
}

export interface Letter {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Longest silence of the mail server. */
const TIMEOUT_MS = 15_000;

/**
 * Hands one letter to the mail server. The id is its Message-ID, so that a repetition is known as one.
 *
 * @throws Error where the server did not take it
 */
export async function sendMail(settings: MailSettings, { id, to, subject, text }: Letter): Promise<void> {
  // Loaded only where mail is sent.
  const { createTransport } = await import("nodemailer");
  const transport = createTransport({
    url: settings.url,
    ...{ connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS },
    // Texts are ours, but names in them are users': nothing of them is a file or an address to fetch.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  try {
    const domain = /@([^>\s]+)/.exec(settings.from)?.[1] ?? "localhost";
    const headers = { "Auto-Submitted": "auto-generated" };
    await transport.sendMail({
      from: settings.from,
      to: [to],
      subject,
      text,
      messageId: `<${id}@${domain}>`,
      headers,
    });
  } finally {
    transport.close();
  }
}

/** The one address behind `mailto:`; null where it is none or several, or has more behind it. */
export function mailAddress(target: string): string | null {
  const address = /^mailto:([^?&\s]+)$/i.exec(target)?.[1];
  if (address === undefined) return null;
  return /^[A-Za-z0-9.!#$&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(
    address,
  )
    ? address
    : null;
}

/** What a mail says, in plain text. */
export function letterFor(document: NotificationDocument, to: string): Letter {
  const { id, moment, group, counts, causes, report } = document;
  const numbers = `${counts.completed} completed, ${counts.failed} failed`;
  const rest = counts.pending + counts.running;
  const subject =
    moment === "done" ? `${group.name} has ended: ${numbers}` : `${group.name}: a replica has failed`;
  const lines = [
    `Group ${group.name} (${group.id}) of ${group.username}, ${group.replicaCount} replicas of ${group.image}`,
    `${numbers}${rest === 0 ? "" : `, ${rest} still to come`}`,
    "",
    ...causes.map(
      (cause) => `${cause.count} failed (${endOf(cause)}): ${cause.pattern || "-"}  [${cause.replicas}]`,
    ),
    ...(causes.length === 0 ? [] : [""]),
    `canfar report ${group.id}`,
    report,
  ];
  return { id, to, subject, text: `${lines.join("\n")}\n` };
}

function endOf({ reason, exitCode, signal }: NotificationDocument["causes"][number]): string {
  if (signal !== undefined) return `${reason}, ${signal}`;
  return exitCode === undefined ? reason : `${reason}, exit code ${exitCode}`;
}
