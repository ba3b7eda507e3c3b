/** "tsmachine/driver/cloud": what drivers of cloud providers share, whatever the provider. */
export * from './caller-address.ts';
export * from './credential-chain.ts';
export * from './firewall.ts';
export * from './http.ts';
export * from './ownership.ts';
export * from './pages.ts';
export * from './retry.ts';
export * from './waiting.ts';
