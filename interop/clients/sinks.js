// Collects what a client of graphql-ws or graphql-sse, which share an interface, delivers for one operation.
export function collect(client, operation) {
  return new Promise((resolve, reject) => {
    const results = [];
    client.subscribe(operation, {
      next: (result) => results.push(result),
      error: reject,
      complete: () => resolve(results),
    });
  });
}
