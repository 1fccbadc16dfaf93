import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { describe, expect, test } from "vitest";
import { nextSteps } from "./next-steps.ts";
import { binsOf } from "./plots/histogram.ts";
import { roundScale, timeScale } from "./plots/scale.ts";
import { groupReportPage } from "./report-page.ts";
import { sampleReport } from "./sample-report.ts";
import { endOf, formatSeconds, formatShare } from "./words.ts";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];

describe("the page", () => {
  test("lets nothing out of names and error lines into its markup", () => {
    const nasty = `</code><script>alert("1")</script>'&`;
    const [cause] = sampleReport().causes;
    const causes =
      cause === undefined ? [] : [{ ...cause, pattern: nasty, example: `x${nasty}`, files: [nasty] }];
    const page = groupReportPage(sampleReport({ name: nasty, causes }), nasty);
    expect(page).not.toContain("<script");
    expect(page.match(/&#60;script&#62;/g)?.length).toBeGreaterThan(4);
  });

  test("needs nothing from anywhere", () => {
    const page = groupReportPage(sampleReport());
    expect(page).toContain("default-src &#39;none&#39;");
    expect(page).not.toMatch(/\b(src|href)=|url\(|@import/);
  });

  test("says what there is of a group of which nothing has started", () => {
    const { startedAt: _, duration: _d, cpuEfficiency: _c, memoryEfficiency: _m, ...rest } = sampleReport();
    const counts = { pending: 2, running: 0, completed: 0, failed: 0 };
    const page = groupReportPage({
      ...rest,
      counts,
      causes: [],
      replicas: [],
      advice: { reasons: ["nothing was measured"] },
    });
    expect(page).toContain("Nothing was measured.");
    expect(page).not.toContain("<figure");
    expect(page).not.toContain("NaN");
  });

  test("of 100,000 replicas stays small", () => {
    const [first] = sampleReport().replicas;
    const replicas = Array.from({ length: 100_000 }, (_, at) => ({
      ...{
        index: at + 1,
        session: `s${at}`,
        state: at % 5 === 0 ? ("failed" as const) : ("completed" as const),
        attempts: 1,
      },
      ...{ startedAt: first?.startedAt ?? "", endedAt: first?.endedAt ?? "", wallSeconds: at % 97 },
      ...{ cpuEfficiency: (at % 1013) / 1013, memoryEfficiency: (at % 89) / 89 },
    }));
    expect(groupReportPage(sampleReport({ replicas, replicaCount: 100_000 })).length).toBeLessThan(2_000_000);
  });

  test.skipIf(!existsSync(CHROMIUM))(
    "fits windows of 360 and 1200 pixels in both colours (needs chromium)",
    async () => {
      const chrome = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
      try {
        for (const colorScheme of ["light", "dark"] as const) {
          for (const width of [360, 1200]) {
            const page = await chrome.newPage({ viewport: { width, height: 800 }, colorScheme });
            const problems: string[] = [];
            page.on("console", (message) => problems.push(message.text()));
            page.on("request", (request) => problems.push(request.url()));
            await page.setContent(groupReportPage(sampleReport()));
            expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
            expect(await page.getByRole("img").count()).toBe(3);
            for (const image of await page.getByRole("img").all()) {
              expect(await image.getAttribute("aria-label")).toMatch(/\d+ replicas/);
            }
            expect(await lowestContrast(page)).toBeGreaterThanOrEqual(4.5);
            expect(problems).toEqual([]);
            await page.close();
          }
        }
      } finally {
        await chrome.close();
      }
    },
  );
});

/** Of all text to the card that it stands on, by WCAG 2.2. */
async function lowestContrast(page: { evaluate(script: string): Promise<unknown> }): Promise<number> {
  return (await page.evaluate(`(() => {
    const light = (colour) => {
      const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => {
        const share = Number(part) / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const card = light(getComputedStyle(document.querySelector("section")).backgroundColor);
    return Math.min(...[...document.querySelectorAll("section *")].map((element) => {
      const own = light(getComputedStyle(element).color);
      return (Math.max(own, card) + 0.05) / (Math.min(own, card) + 0.05);
    }));
  })()`)) as number;
}

describe("what to do next", () => {
  test("is looking, running again, asking for what is needed, and waiting", () => {
    expect(nextSteps(sampleReport(), "stars").map(({ command }) => command)).toEqual([
      "canfar logs 'stars[2]' --tail 20",
      "canfar rerun stars --failed",
      "canfar create --cpu 1.2 --memory 2.55 …",
      "canfar wait stars",
    ]);
  });

  test("is nothing where all went well with what was asked for", () => {
    const counts = { pending: 0, running: 0, completed: 4, failed: 0 };
    const advice = { cores: 2, memoryGiB: 8, reasons: [] };
    expect(nextSteps(sampleReport({ counts, advice, causes: [] }), "stars")).toEqual([]);
  });
});

test.each([
  [0, "0 s"],
  [0.44, "0.4 s"],
  [59.7, "1 min"],
  [125, "2 min 5 s"],
  [3599.6, "1 h"],
  [11_100, "3 h 5 min"],
  [86_399, "1 d"],
  [187_200, "2 d 4 h"],
])("%d seconds are %s", (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

test("shares and ends are said for people", () => {
  expect([0, 0.0005, 0.052, 0.5, 1.004].map(formatShare)).toEqual([
    "0 %",
    "< 0.1 %",
    "5.2 %",
    "50 %",
    "100 %",
  ]);
  expect(endOf({ reason: "Error", exitCode: 2 })).toBe("exit code 2");
  expect(endOf({ reason: "Error", exitCode: 139, signal: "SIGSEGV" })).toBe("ended by SIGSEGV");
  expect(endOf({ reason: "OOMKilled", exitCode: 137, signal: "SIGKILL" })).toBe("ran out of memory");
});

test("axes have round marks and hold every value", () => {
  expect(roundScale(0.83).marks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(timeScale(304).marks).toEqual([0, 120, 240, 360]);
  for (const most of [0, 1e-9, 0.3, 1, 7, 99.99, 1234, 86_400, 1e7]) {
    for (const { end, marks } of [roundScale(most), timeScale(most)]) {
      expect(end).toBeGreaterThanOrEqual(most);
      expect(marks.length).toBeLessThanOrEqual(8);
    }
  }
});

test("every duration is in exactly one column", () => {
  const bins = binsOf(sampleReport().replicas, 30, 3);
  expect(bins).toEqual([
    { completed: 0, failed: 0 },
    { completed: 0, failed: 0 },
    { completed: 1, failed: 1 },
  ]);
});
