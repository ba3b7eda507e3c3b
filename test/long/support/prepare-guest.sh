#!/bin/sh
# Customize hook of mmdebstrap: makes the new root ($1) a server to log in to. PUBLIC_KEY is the line for authorized_keys.
set -eu
root=$1

echo guest >"$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 guest\n::1 localhost ip6-localhost ip6-loopback\n' >"$root/etc/hosts"
echo '/dev/vda / ext4 defaults 0 1' >"$root/etc/fstab"
rm -f "$root/etc/resolv.conf"
echo 'nameserver 10.0.2.3' >"$root/etc/resolv.conf"
# Addresses of QEMU's user network; a static one spares the seconds of DHCP.
printf 'auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet static\n address 10.0.2.15/24\n gateway 10.0.2.2\n' \
  >"$root/etc/network/interfaces"
echo 'UseDNS no' >"$root/etc/ssh/sshd_config.d/long-suite.conf"

authorize() {
  mkdir -p "$2/.ssh"
  echo "$PUBLIC_KEY" >"$2/.ssh/authorized_keys"
  chmod 700 "$2/.ssh"
  chmod 600 "$2/.ssh/authorized_keys"
  chroot "$root" chown -R "$1:$1" "${2#"$root"}/.ssh"
}
authorize root "$root/root"
for user in deploy admin plain; do
  chroot "$root" useradd --create-home --shell /bin/bash "$user"
  authorize "$user" "$root/home/$user"
done
echo "admin:$ADMIN_PASSWORD" | chroot "$root" chpasswd
echo 'deploy ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/deploy"
echo 'admin ALL=(ALL) ALL' >"$root/etc/sudoers.d/admin"
chmod 440 "$root/etc/sudoers.d/deploy" "$root/etc/sudoers.d/admin"

# Nothing but the test itself uses the package manager or the processor.
for unit in apt-daily.timer apt-daily-upgrade.timer man-db.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer; do
  if [ -d "$root/run/systemd" ] || [ -d "$root/etc/systemd/system" ]; then ln -sf /dev/null "$root/etc/systemd/system/$unit"; fi
done
# A new initrd takes minutes of emulation, and QEMU is given the one of the image.
echo 'update_initramfs=no' >"$root/etc/initramfs-tools/update-initramfs.conf"
