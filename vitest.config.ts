import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`./src/driver/${path}`, import.meta.url));
const alias = {
  'tsmachine/driver/cloud': source('cloud/index.ts'), // the longer ones first
  'tsmachine/driver/kit': source('kit/index.ts'),
  'tsmachine/driver': source('index.ts'),
};

// unit: no processes, no network. integration: local processes (openssl, sshd, dockerd, registry). e2e: boots VMs.
// long: provisions real guests (scripts/test-long.mjs).
export default defineConfig({
  test: {
    projects: [
      { resolve: { alias }, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], restoreMocks: true, unstubEnvs: true } },
      {
        resolve: { alias },
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        resolve: { alias },
        test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 600_000, fileParallelism: false },
      },
      {
        resolve: { alias },
        // A guest is made and provisioned step after step: what follows a failed step would only fail again.
        test: {
          name: 'long',
          include: ['test/long/**/*.test.ts'],
          testTimeout: 1_200_000,
          hookTimeout: 1_200_000,
          fileParallelism: false,
          bail: 1,
        },
      },
    ],
  },
});
