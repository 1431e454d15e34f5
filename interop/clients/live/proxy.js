// A TCP proxy that cuts connections in the middle of what the server sends.
import { once } from "node:events";
import { connect, createServer } from "node:net";

export async function openProxy(url) {
  const { hostname, port } = new URL(url);
  const sockets = new Set();
  let cut = null;
  const proxy = { opened: 0 };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const close = () => [client, upstream].forEach((socket) => socket.destroy());
    proxy.opened += 1;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", close).on("close", close).on("close", () => sockets.delete(socket));
    }
    client.pipe(upstream);
    upstream.on("data", (data) => {
      if (cut === null) return client.write(data);
      upstream.pause();
      const done = cut;
      cut = null;
      return client.write(data.subarray(0, data.length / 2), () => done(close()));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Pass on half of the next piece that the server sends, and close the connection. */
    cut: () => new Promise((resolve) => (cut = resolve)),
    close: () => {
      server.close();
      sockets.forEach((socket) => socket.destroy());
    },
  });
}
