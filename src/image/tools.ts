import { isMachineError, MachineError } from '../core/errors.ts';
import type { ProcessRunner } from '../host/process-runner.ts';

/** Program → its Debian package, how it tells its version, and whether that version shapes the image's bytes. */
const TOOLS = [
  { program: 'sqfstar', package: 'squashfs-tools', versionFlag: '-version', shapes: true },
  { program: 'strip', package: 'binutils', versionFlag: '--version', shapes: true },
  { program: 'mke2fs', package: 'e2fsprogs', versionFlag: '-V', shapes: true },
  { program: 'qemu-img', package: 'qemu-utils', versionFlag: '--version', shapes: true },
  { program: 'xz', package: 'xz-utils', versionFlag: '--version', shapes: false },
] as const;

/** The versions of the tools that shape the image. Throws `IMAGE_TOOL_MISSING`, naming all Debian packages to install. */
export async function checkTools(runner: ProcessRunner): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  const missing: (typeof TOOLS)[number][] = [];
  await Promise.all(
    TOOLS.map(async (tool) => {
      try {
        const { stdout, stderr } = await runner.run(tool.program, [tool.versionFlag], { allowFailure: true });
        const version = /\d+(?:\.\d+)+/.exec(stdout || stderr)?.[0];
        if (tool.shapes) versions[tool.package] = version ?? 'unknown';
      } catch (error) {
        if (!isMachineError(error) || error.code !== 'PROGRAM_NOT_FOUND') throw error;
        missing.push(tool);
      }
    }),
  );
  if (missing.length > 0) {
    const packages = missing.map((tool) => tool.package).sort();
    throw new MachineError(
      'IMAGE_TOOL_MISSING',
      `building a boot image needs ${missing
        .map((tool) => tool.program)
        .sort()
        .join(', ')}`,
      {
        hint: `apt-get install ${packages.join(' ')}`,
      },
    );
  }
  return Object.fromEntries(Object.entries(versions).sort(([a], [b]) => (a < b ? -1 : 1)));
}
