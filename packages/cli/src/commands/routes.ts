import { buildRouteMap } from "@stricli/core";
import { authLs } from "./auth/ls.ts";
import { authPurge } from "./auth/purge.ts";
import { authRm } from "./auth/rm.ts";
import { authShow } from "./auth/show.ts";
import { authToken } from "./auth/token.ts";
import { authUse } from "./auth/use.ts";
import { completion } from "./completion.ts";
import { configGet } from "./config/get.ts";
import { configPath } from "./config/path.ts";
import { configSet } from "./config/set.ts";
import { configShow } from "./config/show.ts";
import { configUnset } from "./config/unset.ts";
import { create } from "./create.ts";
import { deleteCommand } from "./delete.ts";
import { events } from "./events.ts";
import { imageLs } from "./image/ls.ts";
import { info } from "./info.ts";
import { items } from "./items.ts";
import { login } from "./login.ts";
import { logout } from "./logout.ts";
import { logs } from "./logs.ts";
import { open } from "./open.ts";
import { platformDown } from "./platform/down.ts";
import { platformPasswd } from "./platform/passwd.ts";
import { platformStatus } from "./platform/status.ts";
import { platformUp } from "./platform/up.ts";
import { prune } from "./prune.ts";
import { ps } from "./ps.ts";
import { renew } from "./renew.ts";
import { report } from "./report.ts";
import { rerun } from "./rerun.ts";
import { run } from "./run.ts";
import { serverLs } from "./server/ls.ts";
import { serverUse } from "./server/use.ts";
import { stats } from "./stats.ts";
import { version } from "./version.ts";
import { waitCommand } from "./wait.ts";
import { why } from "./why.ts";

const auth = buildRouteMap({
  routes: {
    login,
    logout,
    show: authShow,
    ls: authLs,
    use: authUse,
    rm: authRm,
    purge: authPurge,
    token: authToken,
  },
  docs: { brief: "Logins: make, list, choose and end them" },
});

const config = buildRouteMap({
  routes: { show: configShow, get: configGet, set: configSet, unset: configUnset, path: configPath },
  docs: { brief: "The configuration file" },
});

const image = buildRouteMap({ routes: { ls: imageLs }, docs: { brief: "Container Images" } });

const platform = buildRouteMap({
  routes: { up: platformUp, down: platformDown, status: platformStatus, passwd: platformPasswd },
  docs: { brief: "A platform on this machine" },
});

const server = buildRouteMap({
  routes: { ls: serverLs, use: serverUse },
  docs: { brief: "Science Platform Servers" },
});

/** Every command, by the words that call it. */
export const commands = buildRouteMap({
  routes: {
    ...{ login, logout },
    ...{ create, run, ps, info, logs, events, why },
    ...{ wait: waitCommand, report, items, rerun },
    ...{ open, renew, delete: deleteCommand, prune, stats },
    ...{ image, server, auth, config, platform, completion, version },
  },
  docs: {
    brief: "CANFAR science platform",
    fullDescription: `The CANFAR science platform: notebooks and batch in the same image.

EXAMPLES
  canfar login
  canfar create notebook skaha/astroml:latest
  canfar create --replicas 10 --name stars headless skaha/astroml:latest -- python echo.py
  canfar wait stars
  canfar run -p band=@g,r,i photometry.ipynb
  canfar ps --all

Every command also takes: -v and -vv (say more), --log-level LEVEL, --color auto|always|never.
Exit codes: 0 ok, 1 failure, 2 usage, 3 not logged in, 4 not found, 5 quota or conflict, 6 server or network,
7 partial success, 8 timed out, 130 Ctrl-C.`,
  },
});
