import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keysIn } from '../../../drivers/amazonec2/src/console.ts';
import { queryBody } from '../../../drivers/amazonec2/src/query.ts';
import { parseXml } from '../../../drivers/amazonec2/src/xml.ts';

describe('parseXml', () => {
  it('reads elements, text, entities, CDATA and lists, and nothing else', () => {
    const root = parseXml(`<?xml version="1.0"?>
      <!-- <a>not this</a> --><R xmlns="http://x/"><a k='v>'>1 &lt; 2 &amp; &#x41;&#66;</a><set><item><id>i-1</id></item><item/></set><c><![CDATA[<x>]]></c></R>`);
    expect(root.name).toBe('R');
    expect(root.value('a')).toBe('1 < 2 & AB');
    expect(root.list('set').map((item) => item.value('id'))).toEqual(['i-1', '']);
    expect(root.value('c')).toBe('<x>');
    expect(root.value('no/such/path')).toBe('');
  });

  it.each(['', '<a>', '<a></b>', '</a>', '<a/><b/>', 'text', '<a>&<b</a>', `${'<a>'.repeat(60)}${'</a>'.repeat(60)}`])(
    'refuses %j',
    (text) => {
      expect(() => parseXml(text)).toThrow(/XML/);
    },
  );

  it('gives any text back that was escaped', () => {
    const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => parseXml(`<a>${escaped(text)}</a>`).text === text));
  });

  it('ends soon whatever it is given', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('<a>', '</a>', '<', '>', '<!--', '&', 'x', '<a b="', '<![CDATA[')), (parts) => {
        try {
          parseXml(parts.join(''));
        } catch (error) {
          expect((error as Error).message).toMatch(/^XML/);
        }
      }),
    );
  });
});

describe('queryBody', () => {
  it('flattens lists counted from 1, and leaves out what is undefined', () => {
    const body = queryBody('Do', '1', {
      Filter: [{ Name: 'a b', Value: ['x', 'y&z'] }],
      Deep: { Flag: false, No: undefined },
      None: undefined,
    });
    expect([...new URLSearchParams(body)]).toEqual([
      ['Action', 'Do'],
      ['Version', '1'],
      ['Filter.1.Name', 'a b'],
      ['Filter.1.Value.1', 'x'],
      ['Filter.1.Value.2', 'y&z'],
      ['Deep.Flag', 'false'],
    ]);
  });
});

describe('keysIn', () => {
  const block = (...lines: string[]) => ['-----BEGIN SSH HOST KEY KEYS-----', ...lines, '-----END SSH HOST KEY KEYS-----'].join('\r\n');

  it('takes the keys of the last whole block, also behind a prefix of the console', () => {
    const old = block('ssh-ed25519 AAAAold root@image');
    const now = block('[  9.1] cloud-init: ecdsa-sha2-nistp256 AAAAecdsa= root@ip', 'ssh-ed25519 AAAAnow root@ip');
    expect(keysIn(`boot\r\n${old}\r\nreboot\r\n${now}\r\nlogin:`)).toEqual(['ecdsa-sha2-nistp256 AAAAecdsa=', 'ssh-ed25519 AAAAnow']);
  });

  it('finds none before the block has ended, and no key of another form', () => {
    expect(keysIn('-----BEGIN SSH HOST KEY KEYS-----\nssh-ed25519 AAAA')).toEqual([]);
    expect(keysIn(block('ssh-dss AAAA', 'command="x"'))).toEqual([]);
  });
});
