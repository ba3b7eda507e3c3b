/** Who asks a port, and who answers in a container: the guest's own Node, since BusyBox knows no UDP. */
import { createSocket } from 'node:dgram';
import { createConnection } from 'node:net';

const SERVER = `
  require('net').createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => {}).pipe(socket)).listen(7);
  const udp = require('dgram').createSocket('udp4');
  udp.on('message', (text, from) => udp.send(text, from.port, from.address)).bind(7);
  console.log('listening');
`;

/** The words after `docker` of a container that gives back what comes on its port 7, tcp and udp. */
export function echoContainer(name: string, ...publish: string[]): string[] {
  const mounts = ['/usr:/usr', '/usr/lib:/lib', '/usr/lib64:/lib64'].flatMap((mount) => ['-v', `${mount}:ro`]);
  return ['run', '-d', '--name', name, ...mounts, ...publish.flatMap((port) => ['-p', port]), 'busybox', '/usr/bin/node', '-e', SERVER];
}

/** Sends the text and the end, and reads until the other end: whole only when half-close is kept. Rejects with the system's error. */
export function askTcp(port: number, text: string, host = '127.0.0.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = createConnection({ host, port, allowHalfOpen: true });
    socket.setTimeout(10_000, () => socket.destroy(new Error(`${host}:${port} does not answer`)));
    socket.setEncoding('utf8').on('data', (more: string) => {
      answer += more;
    });
    socket.once('error', reject).once('end', () => resolve(answer));
    socket.end(text);
  });
}

export function askUdp(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const send = () => socket.send(text, port, '127.0.0.1');
    const again = setInterval(send, 1000); // nobody promised that a datagram arrives
    const late = setTimeout(() => finish(() => reject(new Error(`udp port ${port} does not answer`))), 10_000);
    const finish = (settle: () => void) => {
      clearInterval(again);
      clearTimeout(late);
      socket.close();
      settle();
    };
    socket.once('message', (answer) => finish(() => resolve(String(answer))));
    socket.once('error', (error) => finish(() => reject(error)));
    send();
  });
}
