import type { OciSeccomp, OciSeccompRule } from './oci.ts';
import { ALWAYS_ALLOWED } from './seccomp-calls.ts';

const ALLOW = 'SCMP_ACT_ALLOW';
const EPERM = 1;
const ENOSYS = 38;

/** Namespace flags of clone(2): CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET. */
const CLONE_NAMESPACES = 0x7e020000;

/** Calls that come with a capability. */
const BY_CAPABILITY: Readonly<Record<string, string>> = {
  CAP_DAC_READ_SEARCH: 'open_by_handle_at',
  CAP_SYS_ADMIN:
    'bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules lsm_set_self_attr ' +
    'mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare',
  CAP_SYS_BOOT: 'reboot',
  CAP_SYS_CHROOT: 'chroot',
  CAP_SYS_MODULE: 'delete_module init_module finit_module',
  CAP_SYS_PACCT: 'acct',
  CAP_SYS_PTRACE: 'kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace',
  CAP_SYS_RAWIO: 'iopl ioperm',
  CAP_SYS_TIME: 'settimeofday stime clock_settime clock_settime64',
  CAP_SYS_TTY_CONFIG: 'vhangup',
  CAP_SYS_NICE: 'get_mempolicy mbind set_mempolicy set_mempolicy_home_node',
  CAP_SYSLOG: 'syslog',
  CAP_BPF: 'bpf',
  CAP_PERFMON: 'perf_event_open',
};

/** personality(2) values that change nothing dangerous: default, PER_LINUX32, UNAME26 and both, and the query. */
const PERSONALITIES = [0, 8, 0x20000, 0x20008, 0xffffffff];

const ARCHITECTURES: Readonly<Record<string, { names: string[]; calls: string }>> = {
  x64: { names: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'], calls: 'arch_prctl modify_ldt' },
  arm64: {
    names: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
    calls: 'arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls',
  },
};

const allow = (names: string): OciSeccompRule => ({ names: names.split(' '), action: ALLOW });

const allowWhen = (name: string, index: number, op: string, value: number, valueTwo?: number): OciSeccompRule => ({
  names: [name],
  action: ALLOW,
  args: [{ index, value, op, ...(valueTwo === undefined ? {} : { valueTwo }) }],
});

/**
 * Docker's default seccomp profile, resolved for a set of capabilities and a processor as `process.arch` names it. Kernels
 * from 4.8 on only (ptrace is then safe under seccomp).
 */
export function defaultSeccomp(capabilities: readonly string[], arch: string = process.arch): OciSeccomp {
  const machine = ARCHITECTURES[arch];
  const rules: OciSeccompRule[] = [
    { names: [...ALWAYS_ALLOWED], action: ALLOW },
    allow('process_vm_readv process_vm_writev ptrace'),
    // every address family but AF_ALG (38) and AF_VSOCK (40)
    allowWhen('socket', 0, 'SCMP_CMP_LT', 38),
    allowWhen('socket', 0, 'SCMP_CMP_EQ', 39),
    allowWhen('socket', 0, 'SCMP_CMP_GT', 40),
    ...PERSONALITIES.map((value) => allowWhen('personality', 0, 'SCMP_CMP_EQ', value)),
  ];
  if (machine) rules.push(allow(machine.calls));
  for (const [capability, names] of Object.entries(BY_CAPABILITY)) {
    if (capabilities.includes(capability)) rules.push(allow(names));
  }
  if (!capabilities.includes('CAP_SYS_ADMIN')) {
    rules.push(allowWhen('clone', 0, 'SCMP_CMP_MASKED_EQ', CLONE_NAMESPACES, 0));
    // clone3's flags are behind a pointer: answer "not implemented", so that the C library falls back to clone
    rules.push({ names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS });
  }
  return { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: EPERM, architectures: machine?.names ?? [], syscalls: rules };
}
