// Empties `dist`, so that the package has no file of an earlier build, and adds the licence.
import { copyFileSync, rmSync } from "node:fs";

const file = (name) => new URL(`../${name}`, import.meta.url);

rmSync(file("dist"), { recursive: true, force: true });
copyFileSync(file("../../LICENSE"), file("LICENSE"));
