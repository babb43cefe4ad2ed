// A door in front of the services that a test can shut: to a browser, the server is gone. It can
// also come from another loopback address, so that being locked out there harms nobody else, and
// change the answers on their way.
import { once } from "node:events";
import net from "node:net";

export async function startGate(target, { localAddress, change } = {}) {
  const { hostname, port } = new URL(target);
  const open = new Set();
  const server = net.createServer((client) => {
    const upstream = net.connect({ host: hostname, port: Number(port), localAddress });
    client.pipe(upstream);
    upstream.on("data", (bytes) => client.write(change ? change(bytes) : bytes));
    upstream.on("end", () => client.end());
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ]) {
      open.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  const listen = async (at) => {
    server.listen(at, "127.0.0.1");
    await once(server, "listening");
  };
  await listen(0);
  const own = server.address().port;
  const shut = async () => {
    for (const socket of open) socket.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, "close");
  };
  return { url: `http://127.0.0.1:${own}`, port: own, shut, reopen: () => listen(own) };
}
