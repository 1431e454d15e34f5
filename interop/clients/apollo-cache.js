// What Apollo Client's cache has to know of the graph. Without `possibleTypes` it drops the fields of `... on Problem`,
// without a warning; without `keyFields` two queries for the same pair do not share what they read.
export const typePolicies = {
  Coin: { keyFields: ["symbol"] },
  Exchange: { keyFields: ["name"] },
  Pair: { keyFields: ["exchange", "symbol"] },
  SpotPair: { keyFields: ["exchange", "symbol"] },
};

export async function possibleTypes(url) {
  const query = "{ __schema { types { name kind possibleTypes { name } } } }";
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  const { types } = (await response.json()).data.__schema;
  const abstract = types.filter(({ kind }) => kind === "INTERFACE" || kind === "UNION");
  return Object.fromEntries(abstract.map(({ name, possibleTypes }) => [name, possibleTypes.map(({ name }) => name)]));
}
