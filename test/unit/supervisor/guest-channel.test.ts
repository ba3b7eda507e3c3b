import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { GuestChannel } from '../../../src/supervisor/guest-channel.ts';

function open(now: () => number) {
  const told: unknown[] = [];
  const sent: string[] = [];
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      sent.push(String(chunk));
      done();
    },
  });
  const events = {
    phase: (name: string, seconds: number) => told.push(['phase', name, seconds]),
    ready: (port: number) => told.push(['ready', port]),
    fail: (text: string) => told.push(['fail', text]),
  };
  const channel = new GuestChannel(socket as unknown as Socket, events, now);
  return { channel, told, sent, guestSays: (text: string) => socket.emit('data', text), close: () => socket.destroy() };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('the guest channel', () => {
  it('understands lines however they are cut, and passes over what it does not know', () => {
    const guest = open(() => 0);
    for (const part of ['pha', 'se init 2.25\r\nphase data', ' 2.9\nnonsense\n\nready 20376\nfail no disk ', 'found\n'])
      guest.guestSays(part);
    expect(guest.told).toEqual([
      ['phase', 'init', 2.25],
      ['phase', 'data', 2.9],
      ['ready', 20376],
      ['fail', 'no disk found'],
    ]);
    guest.close();
  });

  it('lets nothing through that would steer a terminal, and no port that is none', () => {
    const guest = open(() => 0);
    guest.guestSays('phase \x1b[2J 1\nphase  2\nready x\nready 123456\nready \nfail \x1b]0;title\x07 no disk\n');
    expect(guest.told).toEqual([['fail', '?]0;title? no disk']]);
    guest.close();
  });

  it('sets a clock that is off by more than half a second, and no other', () => {
    let now = 1_000_000_000_000;
    const guest = open(() => now);
    const pong = (off: number) => {
      guest.channel.ping();
      now += 10;
      guest.guestSays(`pong ${(now / 1000 + off).toFixed(3)}\n`);
    };
    for (const off of [0, 0.4, -0.4]) pong(off);
    expect(guest.sent.filter((line) => line.startsWith('time'))).toEqual([]);
    pong(-3600);
    pong(0.6);
    expect(guest.sent.filter((line) => line.startsWith('time'))).toHaveLength(2);
    expect(guest.sent.at(-1)).toBe(`time ${(now / 1000).toFixed(3)}\n`);
    guest.guestSays('pong nonsense\n');
    expect(guest.sent.at(-1)).toMatch(/^time/);
    guest.close();
  });

  it('does not judge by an answer that was held up by a paused VM: it asks again', () => {
    let now = 1_000_000_000_000;
    const guest = open(() => now);
    guest.channel.ping();
    now += 60_000;
    guest.guestSays(`pong ${now / 1000 - 60}\n`);
    expect(guest.sent).toEqual(['ping\n', 'ping\n']);
    guest.guestSays(`pong ${now / 1000 - 60}\n`);
    expect(guest.sent.at(-1)).toBe(`time ${(now / 1000).toFixed(3)}\n`);
    guest.close();
  });

  it('asks again and again, until the channel closes', () => {
    vi.useFakeTimers();
    const guest = open(() => 0);
    vi.advanceTimersByTime(45_000);
    expect(guest.sent).toEqual(['ping\n', 'ping\n', 'ping\n']);
    guest.close();
  });
});
