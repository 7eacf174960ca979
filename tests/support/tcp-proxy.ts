import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface Proxy {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** What stands between a client and a server. `passed` counts the bytes that the server has sent so far. */
export type Fault = (passed: number) => "pass" | "drop" | "hang";

/** A listener that sends everything on to `target`, until the fault says otherwise. Without a target it accepts and says nothing. */
export async function startProxy(target: number | null, fault: Fault = () => "pass"): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    keep(client);
    if (target === null) return;
    let passed = 0;
    const upstream = keep(connect(target, "127.0.0.1"));
    client.on("data", (bytes) => void upstream.write(bytes)).on("close", () => upstream.destroy());
    upstream.on("data", (bytes) => {
      passed += bytes.length;
      const verdict = fault(passed);
      if (verdict === "pass") client.write(bytes);
      if (verdict === "drop") client.destroy();
    });
    upstream.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
