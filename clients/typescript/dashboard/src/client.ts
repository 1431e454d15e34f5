/** Apollo Client with the kit. */

import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { cacheConfig, documentTransform } from "coinglass-graphql-client/apollo";

export const client = new ApolloClient({
  link: new HttpLink({ uri: "/graphql" }),
  cache: new InMemoryCache(cacheConfig),
  documentTransform,
});
