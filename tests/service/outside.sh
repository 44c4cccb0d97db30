# In a mount namespace of its own: a tmpfs, a cgroup to live in, then the other namespaces.
# $1: a folder, empty on the host for good. $2: the name of the cgroup. The rest: folders to be seen at other places.
set -eu
folder=$1 group=$2 here=$(dirname "$0")
shift 2
mount -t tmpfs -o mode=755 disk "$folder/disk"
mkdir "$folder/disk/cgroup" "$folder/disk/root" "$folder/disk/upper" "$folder/disk/work"
mount -t cgroup2 cgroup2 "$folder/disk/cgroup"
mkdir "$folder/disk/cgroup/$group"
: > "$folder/cgroup"
echo $$ > "$folder/disk/cgroup/$group/cgroup.procs"
exec unshare --fork --pid --mount --cgroup --uts --ipc --net --kill-child sh "$here/inside.sh" "$folder" "$@"
