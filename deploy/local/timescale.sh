#!/usr/bin/env bash
# A private PostgreSQL 17 with TimescaleDB (Apache-2 edition) out of Debian trixie's packages, for tests on a Debian machine
# without Docker. It needs apt (with the Debian keyring), dpkg and patchelf on an amd64 or arm64 machine; nothing is installed
# system-wide, and root is not needed.
#
# usage: deploy/local/timescale.sh [DIR]    DIR defaults to .riskstream/timescale beside this repository's README
#        export RISKSTREAM_TIMESCALE_BIN="$(deploy/local/timescale.sh)"; pytest -m timescale
#
# Prints the directory that holds initdb, postgres, pg_ctl and psql. A second run on a complete DIR only prints it.
set -euo pipefail

version=17
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target=${1:-$here/.riskstream/timescale}
mkdir -p "$target"
root=$(cd "$target" && pwd)
bin="$root/usr/lib/postgresql/$version/bin"
[ -f "$root/.complete" ] && { echo "$bin"; exit 0; }

for tool in apt-get dpkg patchelf; do
  command -v "$tool" > /dev/null || { echo "timescale.sh needs $tool (patchelf: apt-get install patchelf)" >&2; exit 2; }
done

# The mirror that this machine already uses, pointed at trixie, with lists and a cache of its own.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -o 'https\?://[^ ]*/debian/\?$' | sort -u | sed -n 1p)
mirror=${mirror:-http://deb.debian.org/debian/}
work="$root/.work"
rm -rf "$work"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" > "$work/sources.list"
cat > "$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
APT::Sandbox::User "$(id -un)";
CONF
export APT_CONFIG="$work/apt.conf"
apt-get -qq update >&2

packages="postgresql-$version postgresql-client-$version postgresql-$version-timescaledb libpq5 libc6 libc-bin libgcc-s1 libstdc++6
  libxxhash0 zlib1g libzstd1 liblz4-1 libssl3t64 libxml2 libicu76 libpam0g libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0
  libcom-err2 libkeyutils1 libldap2 libsasl2-2 libsystemd0 libselinux1 libreadline8t64 libtinfo6 libedit2 libbsd0 libmd0 libuuid1
  liblzma5 libcap2 libaudit1 libcap-ng0 libpcre2-8-0 libnuma1 liburing2 libgcrypt20 libgpg-error0 libxslt1.1 libgnutls30t64
  libhogweed6t64 libnettle8t64 libgmp10 libp11-kit0 libidn2-0 libunistring5 libtasn1-6 libffi8"
# shellcheck disable=SC2086
( cd "$work/debs" && apt-get -qq download $packages >&2 )
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$root"; done

# The packages' own loader and C library: they are newer than the machine's.
multiarch="$(uname -m)-linux-gnu"
lib="$root/usr/lib/$multiarch"
loader=$(find "$lib" "$root/usr/lib" "$root/usr/lib64" -maxdepth 1 -name 'ld-linux-*.so.*' 2>/dev/null | sed -n 1p)
for exe in "$bin"/*; do
  [ "$(head -c4 "$exe" | tail -c3)" = "ELF" ] || continue
  patchelf --set-interpreter "${loader:?no loader in libc6}" --force-rpath \
    --set-rpath "$lib:$root/usr/lib/postgresql/$version/lib" "$exe"
done

rm -rf "$work"
"$bin/postgres" --version >&2
touch "$root/.complete"
echo "$bin"
