import { EngineError } from '../../errors.ts';
import { readFileInRoot } from '../../syscalls/open-in-root.ts';
import type { OciUser } from './oci.ts';

const MAX_ID = 0x7fffffff;

interface PasswdEntry {
  name: string;
  uid: number;
  gid: number;
}

interface GroupEntry {
  name: string;
  gid: number;
  members: string[];
}

/** passwd(5); lines that are not of its form are passed over. */
function parsePasswd(text: string): PasswdEntry[] {
  return fieldsOf(text).map(([name = '', , uid = '', gid = '']) => ({ name, uid: integer(uid), gid: integer(gid) }));
}

/** group(5). */
function parseGroup(text: string): GroupEntry[] {
  return fieldsOf(text).map(([name = '', , gid = '', members = '']) => ({
    name,
    gid: integer(gid),
    members: members.split(',').filter(Boolean),
  }));
}

function fieldsOf(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}

const integer = (text: string): number => (/^-?\d+$/.test(text) ? Number(text) : 0);
const isNumeric = (text: string): boolean => /^[+-]?\d+$/.test(text);

function checkedId(text: string): number {
  const id = Number(text);
  if (id < 0 || id > MAX_ID) throw new EngineError(500, `uids and gids must be in range 0-${MAX_ID}`);
  return id;
}

export interface ResolvedUser extends OciUser {
  /** Name in the container's /etc/passwd, when it has one. */
  name?: string;
}

/**
 * Looks a `user[:group]` up in passwd and group texts as dockerd does: names or numbers, numbers need no entry, additional
 * groups only when no group was given. Throws EngineError 500 with dockerd's words when a name is not there.
 */
export function lookUpUser(spec: string, passwd: string, group: string, addGroups: readonly string[] = []): ResolvedUser {
  const [userPart = '', groupPart = ''] = splitOnce(spec);
  const groups = parseGroup(group);
  const found = parsePasswd(passwd).find((entry) =>
    userPart === '' ? entry.uid === 0 : entry.name === userPart || String(entry.uid) === userPart,
  );
  if (!found && userPart !== '' && !isNumeric(userPart)) {
    throw new EngineError(500, `unable to find user ${userPart}: no matching entries in passwd file`);
  }
  const uid = found?.uid ?? (userPart === '' ? 0 : checkedId(userPart));
  let gid = found?.gid ?? 0;
  let supplementary: number[] = [];
  if (groupPart !== '') gid = groupId(groupPart, groups);
  else if (found) supplementary = groups.filter((entry) => entry.members.includes(found.name)).map((entry) => entry.gid);
  const additionalGids = [gid, ...supplementary, ...addGroups.map((name) => addedGroup(name, groups))];
  return { uid, gid, additionalGids: [...new Set(additionalGids)], ...(found ? { name: found.name } : {}) };
}

function splitOnce(spec: string): string[] {
  const at = spec.indexOf(':');
  return at < 0 ? [spec, ''] : [spec.slice(0, at), spec.slice(at + 1)];
}

function groupId(name: string, groups: readonly GroupEntry[]): number {
  const found = groups.find((entry) => entry.name === name || String(entry.gid) === name);
  if (found) return found.gid;
  if (!isNumeric(name)) throw new EngineError(500, `unable to find group ${name}: no matching entries in group file`);
  return checkedId(name);
}

function addedGroup(name: string, groups: readonly GroupEntry[]): number {
  const found = groups.find((entry) => entry.name === name || String(entry.gid) === name);
  if (found) return found.gid;
  if (!isNumeric(name)) throw new EngineError(500, `Unable to find group ${name}: no matching entries in group file`);
  return checkedId(name);
}

/** The user of a container whose root file system is at `rootfs`; reads its /etc/passwd and /etc/group, never the host's. */
export function resolveUser(rootfs: string, spec: string, addGroups: readonly string[] = []): ResolvedUser {
  const text = (path: string): string => readFileInRoot(rootfs, path) ?? '';
  return lookUpUser(spec, text('/etc/passwd'), text('/etc/group'), addGroups);
}
