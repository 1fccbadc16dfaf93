import { ROUTES } from "@canfar/contract";
import type { Forecaster } from "../services/forecaster.ts";
import type { ItemLists } from "../services/items/item-lists.ts";
import type { PlatformApp } from "./context.ts";
import { parseLaunchRequest } from "./group.ts";
import { readJson } from "./parameters.ts";

/** `/canfar/v1/forecast`: what a launch would come to. */
export function mountForecast(
  app: PlatformApp,
  services: { forecaster: Forecaster; itemLists: ItemLists },
): void {
  app.post(ROUTES.forecastLaunch.path, async (context) => {
    const { user } = context.var;
    const body = await readJson(context.req.raw);
    const registryAuth = context.req.header("x-skaha-registry-auth");
    const forecast = await services.forecaster.forecast(async () => {
      const request = parseLaunchRequest(body);
      // Items are found, weighed and dealt as for a launch; the list is gone afterwards.
      const items = await services.itemLists.stage(user, request);
      return {
        ...{ user, request, registryAuth, items },
        [Symbol.asyncDispose]: async () => await items?.[Symbol.asyncDispose](),
      };
    });
    return context.json(forecast);
  });
}
