/** The XML that AWS's query protocol answers with: elements and text. Attributes, comments and declarations are read over. */

/** Deeper than any answer. */
const DEEPEST = 50;

export class XmlElement {
  readonly name: string;
  text = '';
  readonly children: XmlElement[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** The first child by this path of names, `a/b/c`. */
  find(path: string): XmlElement | undefined {
    const [name, ...rest] = path.split('/');
    const child = this.children.find((each) => each.name === name);
    return rest.length === 0 ? child : child?.find(rest.join('/'));
  }

  /** Text of the element at this path; '' where there is none. */
  value(path: string): string {
    return this.find(path)?.text.trim() ?? '';
  }

  /** The `item`s (or `member`s) of the list at this path. */
  list(path: string): XmlElement[] {
    return this.find(path)?.children ?? [];
  }
}

const TOKEN =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([\w:.-]+)(?:\s+[\w:.-]+=(?:"[^"<]*"|'[^'<]*'))*\s*(\/?)>|([^<]+)/gy;

/** The root element. Throws an Error for what is no well-formed document. */
export function parseXml(source: string): XmlElement {
  const top = new XmlElement('');
  const open = [top];
  const text = source.trim();
  let end = 0;
  for (const [whole, cdata, closing, name, empty, characters] of text.matchAll(TOKEN)) {
    end += whole.length;
    const current = open.at(-1) ?? top;
    if (cdata !== undefined) current.text += cdata;
    if (characters !== undefined) current.text += unescaped(characters);
    if (name === undefined) continue;
    if (closing) {
      if (current === top || current.name !== name) throw new Error(`XML: </${name}> closes <${current.name}>`);
      open.pop();
      continue;
    }
    const element = new XmlElement(name);
    current.children.push(element);
    if (!empty) open.push(element);
    if (open.length > DEEPEST) throw new Error(`XML: more than ${DEEPEST} levels`);
  }
  const [root, ...more] = top.children;
  if (end !== text.length || open.length !== 1 || !root || more.length > 0) throw new Error('XML: no whole document');
  return root;
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w+));/g, (whole, hex: string, decimal: string, name: string) => {
    if (name !== undefined) return NAMED[name] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
