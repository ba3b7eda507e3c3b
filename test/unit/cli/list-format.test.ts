/** The fields of `ls --format`, by the names docker-machine's structs have. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { goDuration, renderTemplate } from '../../../src/cli/go-template/index.ts';
import { TestStore } from './run-cli.ts';

let store: TestStore;
beforeEach(async () => {
  store = new TestStore();
  await store.create('m1', 'tcp://127.0.0.1:9', '--engine-label', 'a=b', '--engine-label', 'c=d', '--engine-storage-driver', 'overlay2');
});
afterEach(() => store.remove());

describe('a row', () => {
  it.each([
    ['{{.Name}} {{.DriverName}} {{.URL}} {{.State}} {{.Active}} {{.ActiveHost}}', 'm1 none tcp://127.0.0.1:9 Running - false'],
    ['{{.State.String | len}} {{printf "%d" .State}} {{if eq .State.String "Running"}}up{{end}}', '7 1 up'],
    ['{{.EngineOptions.Labels}} {{index .EngineOptions.Labels 1}} {{len .EngineOptions.Labels}}', '[a=b c=d] c=d 2'],
    ['{{.EngineOptions.StorageDriver}} {{.EngineOptions.TLSVerify}} {{len .EngineOptions.DNS}}', 'overlay2 true 0'],
    ['{{.SwarmOptions.IsSwarm}} {{.SwarmOptions.Heartbeat}} {{.SwarmOptions.Strategy}}', 'false 0 spread'],
    ['{{range $i, $l := .EngineOptions.Labels}}{{if $i}},{{end}}{{$l}}{{end}}', 'a=b,c=d'],
    ['{{.Name | printf "%-6s"}}|{{with .Error}}failed{{end}}', 'm1    |failed'],
    ['{{.Name}}\\t{{.DriverName}}\\n', 'm1\tnone\n'],
    ['{{/* nothing */}}', ''],
  ])('through %s', async (format, expected) => {
    expect(await store.run(['ls', '--format', format])).toEqual({ code: 0, stdout: `${expected}\n`, stderr: '' });
  });

  it.each([
    ['{{json .Name}}', 'template: :1: function "json" not defined\n'],
    ['{{.EngineOptions.TlsVerify}}', /at <\.EngineOptions\.TlsVerify>: can't evaluate field TlsVerify in type \*engine\.Options\n$/],
    ['{{.Name.x}}', /at <\.Name\.x>: can't evaluate field x in type string\n$/],
    ['{{eq .State "Running"}}', /error calling eq: incompatible types for comparison: state\.State and string\n$/],
  ])('fails through %s', async (format, message) => {
    const { code, stdout, stderr } = await store.run(['ls', '--format', format]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

describe('a duration', () => {
  it.each([
    [0, '0s'],
    [3, '3ms'],
    [999, '999ms'],
    [1000, '1s'],
    [1200, '1.2s'],
    [62_000, '1m2s'],
    [3_603_000, '1h0m3s'],
  ])('of %i ms is %s', (milliseconds, text) => {
    expect(renderTemplate('{{.}} {{.Seconds}} {{.Milliseconds}}', goDuration(milliseconds))).toBe(
      `${text} ${milliseconds / 1000} ${milliseconds}`,
    );
  });
});
