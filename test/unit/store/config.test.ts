import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configText, parseConfig, readConfig, writeConfig } from '../../../src/store/config.ts';
import { defaultHostOptions } from '../../../src/store/host-options.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const AT = '/home/u/.docker/machine/machines/foo/config.json';

/** A real file of docker-machine v0.16, driver none. */
const REAL = `{
    "ConfigVersion": 3,
    "Driver": {
        "IPAddress": "127.0.0.1:9",
        "MachineName": "foo",
        "SSHUser": "",
        "SSHPort": 0,
        "SSHKeyPath": "",
        "StorePath": "/home/u/.docker/machine",
        "SwarmMaster": false,
        "SwarmHost": "",
        "SwarmDiscovery": "",
        "URL": "tcp://127.0.0.1:9"
    },
    "DriverName": "none",
    "HostOptions": {
        "Driver": "",
        "Memory": 0,
        "Disk": 0,
        "EngineOptions": {
            "ArbitraryFlags": [],
            "Dns": null,
            "GraphDir": "",
            "Env": [],
            "Ipv6": false,
            "InsecureRegistry": [],
            "Labels": [],
            "LogLevel": "",
            "StorageDriver": "",
            "SelinuxEnabled": false,
            "TlsVerify": true,
            "RegistryMirror": [],
            "InstallURL": "https://get.docker.com"
        },
        "SwarmOptions": {
            "IsSwarm": false,
            "Address": "",
            "Discovery": "",
            "Agent": false,
            "Master": false,
            "Host": "tcp://0.0.0.0:3376",
            "Image": "swarm:latest",
            "Strategy": "spread",
            "Heartbeat": 0,
            "Overcommit": 0,
            "ArbitraryFlags": [],
            "ArbitraryJoinFlags": [],
            "Env": null,
            "IsExperimental": false
        },
        "AuthOptions": {
            "CertDir": "/home/u/.docker/machine/certs",
            "CaCertPath": "/home/u/.docker/machine/certs/ca.pem",
            "CaPrivateKeyPath": "/home/u/.docker/machine/certs/ca-key.pem",
            "CaCertRemotePath": "",
            "ServerCertPath": "/home/u/.docker/machine/machines/foo/server.pem",
            "ServerKeyPath": "/home/u/.docker/machine/machines/foo/server-key.pem",
            "ClientKeyPath": "/home/u/.docker/machine/certs/key.pem",
            "ServerCertRemotePath": "",
            "ServerKeyRemotePath": "",
            "ClientCertPath": "/home/u/.docker/machine/certs/cert.pem",
            "ServerCertSANs": [],
            "StorePath": "/home/u/.docker/machine/machines/foo"
        }
    },
    "Name": "foo"
}`;

describe('config.json', () => {
  it('writes what docker-machine wrote, byte for byte', async () => {
    expect(configText(await parseConfig(REAL, 'foo', AT))).toBe(REAL);
  });

  it("keeps the driver's keys, their order and 64-bit numbers", async () => {
    const driver = '{"z":9007199254740993,"10":{"2":[],"1":{}},"a":1.0,"__proto__":{"x":1}}';
    const text = configText({ name: 'm', driverName: 'd', driver, hostOptions: defaultHostOptions() });
    const again = await parseConfig(text, 'm', AT);
    expect(again.driver.replace(/\s/g, '')).toBe(driver);
    expect(configText(again)).toBe(text);
  });

  it("keeps what rancher-machine has besides docker-machine's keys", async () => {
    const own = '"CustomInstallScript": "/tmp/install.sh",\n        "HostnameOverride": "node1",\n        "MachineOS": "linux"';
    const written = REAL.replace('"Disk": 0,', `"Disk": 0,\n        ${own},`);
    expect(JSON.parse(configText(await parseConfig(written, 'foo', AT)))).toEqual(JSON.parse(written));
  });

  it('escapes as Go does', async () => {
    const text = configText({ name: 'm', driverName: 'd', driver: '{"URL":"a&b<c>"}', hostOptions: defaultHostOptions() });
    expect(text).toContain('"URL": "a\\u0026b\\u003cc\\u003e"');
    expect(JSON.parse((await parseConfig(text, 'm', AT)).driver)).toEqual({ URL: 'a&b<c>' });
  });

  it("takes the folder's name for the machine's", async () => {
    expect((await parseConfig(REAL, 'bar', AT)).name).toBe('bar');
  });

  it.each([
    ['', /JSON/],
    ['[]', /expected a JSON object, found \[\]/],
    ['{"ConfigVersion":4,"Driver":{},"DriverName":"x"}', /from the future/],
    ['{"ConfigVersion":"3"}', /ConfigVersion: expected a number of 0 to 3, found "3"/],
    ['{"ConfigVersion":3,"Driver":[],"DriverName":"x"}', /Driver: expected an object/],
    ['{"ConfigVersion":3,"Driver":{},"DriverName":""}', /DriverName: expected a name, found ""/],
    ['{"ConfigVersion":3,"Driver":{},"DriverName":"x","HostOptions":{"Memory":"1"}}', /HostOptions\.Memory: expected a number, found "1"/],
    ['{"ConfigVersion":3,"Driver":{},"DriverName":"x","HostOptions":{"EngineOptions":{"Env":[1]}}}', /Env: expected a list of strings/],
  ])('refuses %s, saying what was expected', async (text, message) => {
    await expect(parseConfig(text, 'm', AT)).rejects.toThrow(message);
  });

  it('tells a broken file as a broken machine, on one line', async () => {
    const path = join(temporaryFolder(), 'config.json');
    await expect(readConfig(path, 'm')).rejects.toMatchObject({
      code: 'MACHINE_BROKEN',
      message: `open ${path}: no such file or directory`,
    });
    await writeFile(path, '{"a":\n');
    await expect(readConfig(path, 'm')).rejects.toMatchObject({
      code: 'MACHINE_BROKEN',
      message: expect.stringMatching(/^Error getting migrated host: [^\n]+$/),
    });
  });

  it('is written for its owner alone and leaves nothing beside it', async () => {
    const dir = temporaryFolder();
    await writeConfig(join(dir, 'config.json'), await parseConfig(REAL, 'foo', AT));
    expect((await stat(join(dir, 'config.json'))).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['config.json']);
  });
});
