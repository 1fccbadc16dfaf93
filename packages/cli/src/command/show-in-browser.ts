import { CanfarError } from "@canfar/contract";

/** @returns false where there is no browser to show it in: the caller prints the address */
export async function showInBrowser(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  // Without a display xdg-open would start a text browser inside this terminal.
  const hasDisplay = process.platform !== "linux" || env.DISPLAY || env.WAYLAND_DISPLAY;
  if (!env.BROWSER && !hasDisplay) return false;
  const { openBrowser } = await import("@canfar/client");
  try {
    await openBrowser(url, env);
    return true;
  } catch (error) {
    if (error instanceof CanfarError) return false;
    throw error;
  }
}
