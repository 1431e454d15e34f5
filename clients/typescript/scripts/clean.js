// Empties `dist`, so that the package has no file of an earlier build.
import { rmSync } from "node:fs";

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
