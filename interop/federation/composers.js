// The composers of Apollo, The Guild (Hive) and WunderGraph (Cosmo), each as a function from subgraphs to `{ errors, sdl }`.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { composeServices as apollo } from "@apollo/composition";
import { composeServices as guild } from "@theguild/federation-composition";
import { federateSubgraphs } from "@wundergraph/composition";
import { parse, print } from "graphql";

export const composers = {
  apollo: (subgraphs) => result(apollo(subgraphs)),
  guild: (subgraphs) => result(guild(subgraphs)),
  wundergraph: (subgraphs) => {
    const definitions = subgraphs.map(({ name, url, typeDefs }) => ({ name, url, definitions: typeDefs }));
    const graph = federateSubgraphs({ subgraphs: definitions, version: "1" });
    return graph.success ? { errors: [], sdl: print(graph.federatedGraphAST) } : { errors: graph.errors };
  },
};

const result = ({ errors, supergraphSdl }) => ({ errors: errors ?? [], sdl: supergraphSdl });

const subgraph = (name, url, sdl) => ({ name, url, typeDefs: parse(sdl) });
const file = (name) => readFileSync(new URL(`subgraphs/${name}.graphql`, import.meta.url), "utf8");

/** The SDL that `coinglass-graphql schema --subgraph` prints. */
export function coinglass(url = "http://coinglass/graphql") {
  const command = new URL("../../.venv/bin/coinglass-graphql", import.meta.url).pathname;
  const sdl = execFileSync(command, ["schema", "--subgraph"], { encoding: "utf8", maxBuffer: 16 * 1024 * 1024 });
  return subgraph("coinglass", url, sdl);
}

export const portfolioSdl = file("portfolio");
export const portfolio = (url = "http://portfolio/graphql") => subgraph("portfolio", url, portfolioSdl);
export const magazine = () => subgraph("magazine", "http://magazine/graphql", file("magazine"));
