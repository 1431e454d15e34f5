// Our subgraph under three composers: alone, with a portfolio that refers to it, and with a subgraph of another design.
import { coinglass, composers, magazine, portfolio } from "./composers.js";

const ours = coinglass();
const combinations = { alone: [ours], "with a portfolio": [ours, portfolio()], "with another design": [ours, magazine()] };
combinations["with both"] = [ours, portfolio(), magazine()];

for (const [name, compose] of Object.entries(composers)) {
  for (const [label, subgraphs] of Object.entries(combinations)) {
    const { errors, sdl } = compose(subgraphs);
    for (const error of errors) console.error(`${name}, ${label}: ${error.message}`);
    if (errors.length > 0 || !sdl) process.exitCode = 1;
    else console.log(`composed by ${name}: ${label}`);
  }
}
