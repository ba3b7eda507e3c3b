// README command 1: installs what is missing, builds CLI and boot image, makes a machine and runs a container in it.
// Every step shows its time; a second run skips what is done. Needs nothing but apt's and npm's registries.
import { buildDist, capture, debianPackages, environment, node, npmPackages, RUN_PACKAGES, run, SetupError, step } from './setup.mjs';

const NAME = process.argv[2] ?? 'myhost';
// found on PATH, as the user would call it, so that its hints can be typed as they stand
const tsmachine = (args) => run('tsmachine', args, { env: environment(mirror) });
const ask = (args) => capture('tsmachine', args, { env: environment(mirror) });
let mirror = {};

/** The variables `tsmachine env` prints, as this process can use them. */
function dockerEnvironment() {
  const lines = ask(['env', '--shell', 'bash', NAME])?.split('\n') ?? [];
  const pairs = lines.map((line) => line.match(/^export (\w+)="(.*)"$/)).filter(Boolean);
  if (pairs.length === 0) throw new SetupError(`tsmachine env ${NAME} gave no variables`);
  return environment(Object.fromEntries(pairs.map(([, name, value]) => [name, value])));
}

/** Where images come from: Docker Hub where it can be reached, else a registry of our own on this computer. */
async function registry() {
  if (process.env.ENGINE_REGISTRY_MIRROR) return `mirror ${process.env.ENGINE_REGISTRY_MIRROR} (from ENGINE_REGISTRY_MIRROR)`;
  const hub = await fetch('https://registry-1.docker.io/v2/', { signal: AbortSignal.timeout(4000) }).catch(() => undefined);
  if (hub?.status === 401 || hub?.ok) return 'Docker Hub';
  const url = capture(node(), ['scripts/registry.mjs', 'start'], { env: environment(), stdio: ['ignore', 'pipe', 'inherit'] })
    ?.split('\n')
    .at(-1);
  if (!url?.startsWith('http')) throw new SetupError('neither Docker Hub nor a local registry is there; see the messages above');
  mirror = { ENGINE_REGISTRY_MIRROR: url };
  return `Docker Hub is out of reach: Debian's docker-registry with the project's hello-world at ${url} (as the guest sees it)`;
}

function machine() {
  const state = ask(['status', NAME]);
  if (state === 'Running') return 'runs already';
  tsmachine(state === 'Stopped' ? ['start', NAME] : ['create', NAME]);
}

async function main() {
  const started = performance.now();
  await step('Debian packages', () => debianPackages(RUN_PACKAGES));
  await step('npm packages', () => npmPackages());
  await step('build the CLI and the engine', () => buildDist());
  let docker;
  await step('docker CLI', () => {
    docker = capture(node(), ['scripts/docker-cli.mjs'], { env: environment(), stdio: ['ignore', 'pipe', 'inherit'] });
    if (!docker) throw new SetupError('no docker CLI: neither on PATH nor from the package docker-cli');
    return docker;
  });
  await step('boot image', () => void tsmachine(['image', 'build', '--if-needed']));
  await step('registry', registry);
  await step(`tsmachine create ${NAME}`, machine);
  const env = dockerEnvironment();
  // a CI system may not say which shell it is
  const shell = process.env.SHELL ? [] : ['--shell', 'bash'];
  await step(`tsmachine env ${NAME}`, () => void tsmachine(['env', ...shell, NAME]));
  await step('docker version', () => void run(docker, ['version'], { env }));
  await step('docker run hello-world', () => void run(docker, ['run', '--rm', 'hello-world'], { env }));
  await step(
    `tsmachine ssh ${NAME} docker run --rm hello-world`,
    () => void tsmachine(['ssh', NAME, 'docker', 'run', '--rm', 'hello-world']),
  );
  console.log(`
All of it took ${((performance.now() - started) / 1000).toFixed(0)} s. Go on with:
    eval $(npx tsmachine env ${NAME})     # docker talks to ${NAME} in this shell${docker === 'docker' ? '' : `; the CLI: ${docker}`}
    npx tsmachine ssh ${NAME}             # docker@${NAME}:~$
    npx tsmachine stop ${NAME}; npx tsmachine start ${NAME}
    npx tsmachine --help
Remove the machine:
    npx tsmachine rm -y ${NAME}${mirror.ENGINE_REGISTRY_MIRROR ? '; node scripts/registry.mjs stop' : ''}`);
}

main().catch((error) => {
  console.error(error instanceof SetupError ? `quickstart: ${error.message}` : error);
  process.exitCode = 1;
});
