#!/bin/sh
# Customize hook of mmdebstrap: local repositories for dnf, zypper and pacman in the new root ($1), with Docker's programs of
# Debian packed anew. /srv/repositories/1 is what one installs from; 2 holds the next version, which `publish` adds.
set -eu
root=$1
chroot "$root" sh -eu <<'INSIDE'
export LC_ALL=C
mkdir -p /srv/debs /srv/tree
cd /srv/debs
apt-get download docker.io containerd runc 2>/dev/null
for deb in *.deb; do dpkg-deb -x "$deb" /srv/tree; done
cd /srv/tree
# As the other families have it: everything in /usr, and no systemd files of Debian's.
[ ! -d sbin ] || cp -a sbin/. usr/sbin/
mkdir -p usr/bin usr/lib/systemd/system
for program in dockerd containerd; do [ -e usr/bin/$program ] || mv usr/sbin/$program usr/bin/; done
cp lib/systemd/system/docker.service lib/systemd/system/docker.socket lib/systemd/system/containerd.service usr/lib/systemd/system/
sed -i 's#/usr/sbin/dockerd#/usr/bin/dockerd#' usr/lib/systemd/system/docker.service

# name: files
contents() {
  case $1 in
    docker-ce) echo usr/bin/dockerd usr/bin/docker-proxy usr/sbin/docker-proxy usr/bin/docker-init usr/lib/systemd/system/docker.service usr/lib/systemd/system/docker.socket ;;
    docker-ce-cli) echo usr/bin/docker ;;
    containerd.io) echo usr/bin/containerd usr/bin/containerd-shim-runc-v2 usr/bin/runc usr/sbin/runc usr/lib/systemd/system/containerd.service ;;
    docker) contents docker-ce; contents docker-ce-cli; contents containerd.io ;;
  esac
}
stage() { # NAME VERSION FOLDER
  mkdir -p "$3/usr/share/$1"
  echo "$2" >"$3/usr/share/$1/version"
  for file in $(contents "$1"); do
    [ -e "$file" ] || continue
    mkdir -p "$3/$(dirname "$file")"
    cp -a "$file" "$3/$file"
  done
}
rpm_of() { # NAME VERSION REPOSITORY
  stage "$1" "$2" /srv/stage
  (cd /srv/stage && find . ! -type d | sed 's/^\.//') >/srv/files
  cat >/srv/spec <<SPEC
Name: $1
Version: $2
Release: 1
Summary: Docker's programs of Debian
License: Apache-2.0
AutoReqProv: no
# Its scripts want one, and nothing else here has it.
Provides: /bin/sh
%description
For tests.
%install
mkdir -p %{buildroot}
cp -a /srv/stage/. %{buildroot}/
%post
[ ! -d /run/systemd/system ] || systemctl daemon-reload
getent group docker >/dev/null || groupadd -r docker
%files -f /srv/files
SPEC
  rpmbuild -bb --quiet --target x86_64 --define '_topdir /srv/rpmbuild' --define '__os_install_post %{nil}' \
    --define 'debug_package %{nil}' --define '_build_id_links none' --define '_binary_payload w1.gzdio' /srv/spec
  mkdir -p "$3"
  mv /srv/rpmbuild/RPMS/x86_64/"$1-$2"-1.x86_64.rpm "$3/"
  rm -rf /srv/stage /srv/rpmbuild
}
pacman_package() { # NAME VERSION REPOSITORY
  stage "$1" "$2" /srv/stage
  printf 'post_install() {\n systemctl daemon-reload\n getent group docker >/dev/null || groupadd -r docker\n}\npost_upgrade() {\n post_install\n}\n' >/srv/stage/.INSTALL
  printf 'pkgname = %s\npkgver = %s-1\npkgdesc = For tests\narch = x86_64\nsize = 1\nbuilddate = 1\n' "$1" "$2" >/srv/stage/.PKGINFO
  mkdir -p "$3"
  (cd /srv/stage && bsdtar -cf - .PKGINFO .INSTALL usr | zstd -q -1 >"$3/$1-$2-1-x86_64.pkg.tar.zst")
  rm -rf /srv/stage
}
number=0
for version in 20.10.24 20.10.25; do
  number=$((number + 1))
  for name in docker-ce docker-ce-cli containerd.io docker; do rpm_of $name $version /srv/repositories/$number/rpm; done
  pacman_package docker $version /srv/repositories/$number/pacman
done
rm -rf /srv/debs /srv/tree /srv/spec /srv/files

cat >/srv/repositories/publish <<'PUBLISH'
#!/bin/sh
# Adds the packages of the next version to the repositories one installs from.
set -eu
cd /srv/repositories
cp 2/rpm/*.rpm 1/rpm/
cp 2/pacman/*.zst 1/pacman/
exec ./index
PUBLISH
cat >/srv/repositories/index <<'INDEX'
#!/bin/sh
set -eu
cd /srv/repositories/1
createrepo_c -q rpm
rm -f pacman/docker.*
repo-add -q pacman/docker.db.tar.gz pacman/*.zst
INDEX
chmod +x /srv/repositories/publish /srv/repositories/index
/srv/repositories/index

mkdir -p /etc/yum.repos.d /etc/zypp/repos.d /etc/rpm
# Debian's rpm keeps root's database in his home, where zypper does not look.
echo '%_dbpath /var/lib/rpm' >/etc/rpm/macros
rpm --initdb
printf '[local]\nname=local\nbaseurl=file:///srv/repositories/1/rpm\nenabled=1\ngpgcheck=0\nmetadata_expire=1\n' >/etc/yum.repos.d/local.repo
printf '[local]\nname=local\nbaseurl=dir:///srv/repositories/1/rpm\nenabled=1\nautorefresh=1\ntype=rpm-md\ngpgcheck=0\n' >/etc/zypp/repos.d/local.repo
printf '[options]\nArchitecture = x86_64\nSigLevel = Never\n[docker]\nServer = file:///srv/repositories/1/pacman\n' >/etc/pacman.conf
INSIDE
