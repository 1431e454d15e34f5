// Collects what a library writes to the console.
import { format } from "node:util";
import { mock } from "node:test";

export async function recordingWarnings(run) {
  const lines = [];
  const record = (...parts) => lines.push(format(...parts));
  const methods = ["warn", "error"].map((name) => mock.method(console, name, record));
  try {
    await run();
  } finally {
    for (const method of methods) method.mock.restore();
  }
  return lines;
}
