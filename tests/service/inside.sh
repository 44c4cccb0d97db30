# As process 1 of the machine: its root is the host's, read through an overlay that takes all writes; then systemd.
# $1: the folder of the machine. The rest: pairs of a folder of the host and where the machine has it.
set -eu
folder=$1
shift
disk=$folder/disk
mount -t overlay -o "lowerdir=/,upperdir=$disk/upper,workdir=$disk/work" root "$disk/root"
cd "$disk/root"
mkdir -p machine/share machine/upper machine/old
mount --bind "$folder/share" machine/share
mount --bind "$disk/upper" machine/upper
while [ $# -gt 0 ]; do
  mkdir -p ".$2"
  mount --bind "$1" ".$2"
  shift 2
done

# What belongs to the host's kernel can be read, and not set.
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 dev dev
for name in null zero full random urandom tty; do
  : > "dev/$name"
  mount --bind "/dev/$name" "dev/$name"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs shm dev/shm
mount -t tmpfs -o mode=755 run run
mount -t tmpfs -o mode=1777 tmp tmp
mount -t tmpfs -o mode=1777 tmp var/tmp

# Of what a machine starts, the journal alone; nothing of what this host has of its own.
: > etc/fstab
for unit in usr/lib/systemd/system/sysinit.target.wants/* lib/systemd/system/sysinit.target.wants/*; do
  case $unit in
    *'*' | *journald*) ;;
    *) ln -sf /dev/null "etc/systemd/system/$(basename "$unit")" ;;
  esac
done
ln -sf /dev/null etc/systemd/system/systemd-journal-flush.service
printf '[Unit]\nRequires=sysinit.target\nAfter=sysinit.target\n' > etc/systemd/system/machine.target
[ -s etc/machine-id ] || tr -d - < proc/sys/kernel/random/uuid > etc/machine-id

pivot_root . machine/old
umount -l machine/old
mount --make-rshared /  # within the machine, as systemd wants it: nothing of the host is in that group
[ "${PROBE:-}" ] && exit 0
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=machine.target
