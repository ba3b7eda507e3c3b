import type { BridgeNetwork, EventBus, ImageStore, LayerStore, VolumeStore } from '../contracts.ts';
import type { Launcher } from '../runtime/launcher.ts';
import type { Container } from './container.ts';
import type { DnsDefaults } from './files.ts';
import type { RecordStore } from './record-store.ts';
import type { ContainerRegistry } from './registry.ts';

/** What the engine's options say for every container. */
export interface ContainerDefaults {
  logDriver: string;
  logOptions: Readonly<Record<string, string>>;
  shmSize: number;
  ipcMode: string;
  cgroupnsMode: string;
  cgroupParent: string;
  hostIp: string;
  noNewPrivileges: boolean;
  ulimits: readonly { Name: string; Soft: number; Hard: number }[];
  dns: DnsDefaults;
  /** False where this engine may not load device programs. */
  deviceCgroup: boolean;
}

/** Everything the operations on containers work with. */
export interface ContainerServices {
  registry: ContainerRegistry;
  records: RecordStore;
  images: ImageStore;
  layers: LayerStore;
  bridge: BridgeNetwork;
  /** Ids of the networks that always exist. */
  networkIds: { bridge: string; host: string; none: string };
  dataRoot: string;
  volumes: VolumeStore;
  events: EventBus;
  launcher: Launcher;
  /** Parent of the run directories; its relative names go to the launcher. */
  runRoot: string;
  defaults: ContainerDefaults;
  log(message: string): void;
}

/** Publishes an event of a container with the attributes dockerd gives it. */
export function containerEvent(services: ContainerServices, container: Container, action: string, more: Record<string, string> = {}): void {
  const { record } = container;
  services.events.publish('container', action, record.id, {
    ...record.config.Labels,
    image: record.config.Image ?? '',
    name: container.name,
    ...more,
  });
}
