import { ITEM_EXIT_CODES } from "@canfar/contract";

/** What the exit code of a Replica says of its Items, one sentence for people; null for any other code. */
export function itemsEndText(exitCode: number | null): string | null {
  switch (exitCode) {
    case ITEM_EXIT_CODES.failed:
      return "some of its items failed; `canfar items` says which";
    case ITEM_EXIT_CODES.setAside:
      return "its items are done, but for those that were set aside; `canfar items` says which";
    case ITEM_EXIT_CODES.unrecorded:
      return "what became of its items could not be recorded: the platform's disk may be full";
    default:
      return null;
  }
}
