/** How a Group went, for people: a page of its own, and the words that the command uses as well. */
export { askFor, type NextStep, nextSteps } from "./next-steps.ts";
export { groupReportPage } from "./report-page.ts";
export { counted, endOf, formatCount, formatSeconds, formatShare } from "./words.ts";
