import { z } from "zod";

/** Most Items of one Group. */
export const MAX_ITEMS = 1_000_000;

/**
 * How Items are split over Replicas: `chunk` and `stripe` as `helpers.distributed` does it, `balanced` in contiguous
 * parts that differ by at most one, `weight` so that the parts' weights are about equal, `dynamic` one by one to
 * whichever Replica is free, the heaviest first where weights are known.
 */
export const ITEM_SPLITS = ["chunk", "stripe", "balanced", "weight", "dynamic"] as const;
export type ItemSplit = (typeof ITEM_SPLITS)[number];

/** What the server can weigh by itself: the sizes of files that the user sees below `/arc`. */
export const ITEM_MEASURES = ["bytes"] as const;
export type ItemMeasure = (typeof ITEM_MEASURES)[number];

/** One Item's text: a line of a list, so it has no line end in it. */
const itemText = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => !/[\n\0]/.test(text), "an item cannot have a line end or a zero byte in it");

/** Inputs of a batch, one Item each, usually a file. Either they are listed, or the server finds them. */
export const itemsRequestSchema = z
  .object({
    list: z.array(itemText).min(1).max(MAX_ITEMS).optional(),
    /** Instead of a list: files below `/arc`, found by the server at launch, for example `/arc/projects/x/*.fits`. */
    glob: z.string().min(1).max(4096).optional(),
    split: z.enum(ITEM_SPLITS).default("balanced"),
    /** For `weight` and `dynamic`: one number for each Item of the list, in any unit, for example bytes. */
    weights: z.array(z.number().nonnegative()).optional(),
    /** Instead of weights: the server measures the Items, which then are files below `/arc`. */
    weighBy: z.enum(ITEM_MEASURES).optional(),
    /** After so many failures in the same way an Item is set aside and not tried again. */
    setAsideAfter: z.int().min(1).default(3),
  })
  .refine(({ list, glob }) => (list === undefined) !== (glob === undefined), {
    message: "give either a list or a glob",
    path: ["list"],
  })
  .refine(({ list, weights }) => weights === undefined || weights.length === list?.length, {
    message: "there must be one weight for each item of the list",
    path: ["weights"],
  })
  .refine(({ weights, weighBy }) => weights === undefined || weighBy === undefined, {
    message: "give either weights or what to weigh by",
    path: ["weighBy"],
  })
  .refine(
    ({ split, weights, weighBy }) => split !== "weight" || weights !== undefined || weighBy !== undefined,
    {
      message: "the split by weight needs weights",
      path: ["weights"],
    },
  );

export type ItemsRequest = z.infer<typeof itemsRequestSchema>;

/** In an argument: the Item's own text, as in GNU parallel. Without it a Replica gets its Items as a file. */
export const ITEM_PLACEHOLDER = "{}";
