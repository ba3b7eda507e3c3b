/** Tells the service manager that started this process what it is up to (sd_notify(3)); nobody listens, nothing is told. */
export function serviceManager(env: NodeJS.ProcessEnv): (message: string) => Promise<void> {
  const path = env.NOTIFY_SOCKET;
  delete env.NOTIFY_SOCKET; // not for the containers' processes
  if (path === undefined || path === '') return () => Promise.resolve();
  return async (message) => {
    const { sendDatagram } = await import('../syscalls/socket.ts');
    sendDatagram(path, message);
  };
}
