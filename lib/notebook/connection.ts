import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';

/** What a Jupyter connection file says: where the kernel is to listen, and the key that signs every message. */
export async function newConnection() {
  const [shell, iopub, stdin, control, heartbeat] = await freePorts(5);
  return {
    transport: 'tcp',
    ip: '127.0.0.1',
    shell_port: shell,
    iopub_port: iopub,
    stdin_port: stdin,
    control_port: control,
    hb_port: heartbeat,
    key: randomUUID() as string,
    signature_scheme: 'hmac-sha256',
  };
}

/** Ports of this computer on which nothing listens now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
