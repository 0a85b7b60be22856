#!/bin/bash
# vm.sh SUITE SCRIPT [FILE...]: runs SCRIPT as root on a freshly booted Debian SUITE with cgroup v2, AppArmor and that suite's Docker
# (trixie: 26.1, sid: 28.5), under software emulation. FILEs (the plugin's binary, image tars for `docker import`, …) lie beside it in /job.
# Output goes to stdout as it comes; the exit status is SCRIPT's. Boot takes 40-55 s; everything runs some ten times slower than native.
# Needs root and the packages: mmdebstrap qemu-system-x86 e2fsprogs. The suite's root is made once and kept in $LAB_CACHE/vm;
# `vm.sh --prepare SUITE` only makes it.
set -euo pipefail
prepare=; if [ "${1-}" = --prepare ]; then prepare=1; shift; fi
suite=${1:?suite}; shift
cache=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/drone-packages-lab}/vm; mkdir -p "$cache"
mem=${VM_MEM:-3072} disk=${VM_DISK:-6G} limit=${VM_TIMEOUT:-900}

if ! [ -s "$cache/$suite.tar" ]; then
  extra=(); case $suite in sid|forky) extra=(--aptopt='Acquire::Check-Valid-Until "false"');; esac
  mmdebstrap --quiet --format=tar "${extra[@]}" --variant=minbase \
    --include=linux-image-amd64,systemd-sysv,dbus,udev,kmod,iproute2,iptables,ca-certificates,docker.io,docker-cli \
    "$suite" "$cache/$suite.tar.new"
  mv "$cache/$suite.tar.new" "$cache/$suite.tar"
fi
[ -z "$prepare" ] || exit 0
script=${1:?script}; shift

work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir "$work/root"; tar -C "$work/root" -xf "$cache/$suite.tar"
mkdir "$work/root/job"; cp "$script" "$work/root/job/script"; chmod +x "$work/root/job/script"
for f; do cp "$f" "$work/root/job/"; done
cat >"$work/root/job/run" <<'R'
#!/bin/bash
exec >/dev/ttyS0 2>&1
sleep 1; echo; echo "VM-BEGIN"; echo
cd /job; ./script; echo "VM-END $?"
systemctl poweroff
R
chmod +x "$work/root/job/run"
cat >"$work/root/etc/systemd/system/job.service" <<'U'
[Unit]
Requires=docker.service
After=docker.service
[Service]
Type=oneshot
ExecStart=/job/run
U
mkdir -p "$work/root/etc/systemd/system/multi-user.target.wants"
ln -s /etc/systemd/system/job.service "$work/root/etc/systemd/system/multi-user.target.wants/"
ln -sf /dev/null "$work/root/etc/systemd/system/serial-getty@ttyS0.service"
echo '/dev/vda / ext4 defaults 0 1' >"$work/root/etc/fstab"
cp "$work"/root/boot/vmlinuz-* "$work/vmlinuz"; cp "$work"/root/boot/initrd.img-* "$work/initrd"
truncate -s "$disk" "$work/disk"; mke2fs -q -t ext4 -d "$work/root" "$work/disk"; rm -rf "$work/root"

timeout "$limit" qemu-system-x86_64 -machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m "$mem" \
  -kernel "$work/vmlinuz" -initrd "$work/initrd" -append "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0" \
  -drive "file=$work/disk,if=virtio,format=raw,cache=unsafe" -display none -serial stdio -monitor none -no-reboot -nic none </dev/null |
  tee "$work/console" | sed -un '/VM-BEGIN/,/VM-END/p' | sed -u -e '/VM-BEGIN/d' -e '/VM-END/d' -e 's/\r$//'
status=$(sed -n 's/.*VM-END \([0-9]*\).*/\1/p' "$work/console" | tail -n 1)
[ -n "$status" ] || { echo "vm.sh: the machine did not finish within $limit s; last words:" >&2; tail -n 5 "$work/console" >&2; exit 124; }
exit "$status"
