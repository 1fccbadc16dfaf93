import type { Item, ItemState } from "@canfar/contract";
import type { Colour } from "./colour.ts";
import type { Column } from "./table.ts";

const STATE_COLOURS: Readonly<Record<ItemState, Colour>> = {
  pending: "yellow",
  running: "green",
  done: "blue",
  failed: "red",
  "set-aside": "red",
};

/** Columns of `canfar items`. */
export function itemColumns(): Column<Item>[] {
  return [
    { title: "ITEM", value: ({ item }) => item, shrinks: true, keepsEnd: true },
    {
      title: "STATE",
      value: ({ state }) => state,
      paint: (text, { state }, paint) => paint(STATE_COLOURS[state], text),
    },
    { title: "REPLICA", value: ({ replica }) => replica?.toString() ?? "-" },
    { title: "ATTEMPTS", value: ({ attempts }) => String(attempts) },
    { title: "EXIT CODE", value: ({ exitCode }) => exitCode?.toString() ?? "-" },
    { title: "SECONDS", value: ({ seconds }) => seconds?.toString() ?? "-" },
    { title: "REASON", value: ({ reason }) => reason ?? "-", shrinks: true },
  ];
}
