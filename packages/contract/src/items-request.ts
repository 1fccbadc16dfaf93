import { z } from "zod";

/** Most Items of one Group. */
export const MAX_ITEMS = 1_000_000;

/**
 * How Items are split over Replicas: `chunk` and `stripe` as `helpers.distributed` does it, `balanced` in contiguous
 * parts that differ by at most one, `weight` so that the parts' weights are about equal, `dynamic` one by one to
 * whichever Replica is free.
 */
export const ITEM_SPLITS = ["chunk", "stripe", "balanced", "weight", "dynamic"] as const;
export type ItemSplit = (typeof ITEM_SPLITS)[number];

/** Inputs of a batch, one Item each, usually a file. */
export const itemsRequestSchema = z
  .object({
    list: z.array(z.string().min(1).max(4096)).min(1).max(MAX_ITEMS),
    split: z.enum(ITEM_SPLITS).default("balanced"),
    /** For `weight`: one number for each Item, in any unit, for example bytes. */
    weights: z.array(z.number().nonnegative()).optional(),
    /** After so many failures in the same way an Item is set aside and not tried again. */
    setAsideAfter: z.int().min(1).default(3),
  })
  .refine(({ list, weights }) => weights === undefined || weights.length === list.length, {
    message: "there must be one weight for each item",
    path: ["weights"],
  })
  .refine(({ split, weights }) => split !== "weight" || weights !== undefined, {
    message: "the split by weight needs weights",
    path: ["weights"],
  });

export type ItemsRequest = z.infer<typeof itemsRequestSchema>;

/** In an argument: the Item's own text, as in GNU parallel. Without it a Replica gets its Items as a file. */
export const ITEM_PLACEHOLDER = "{}";
