#!/bin/bash
# images.sh RELEASE...: makes the lab's base images lab/debian:RELEASE from the
# distro's own mirror, where there is no registry to pull them from. Those that
# are there already are kept.
set -euo pipefail
declare -A suite=([11]=bullseye [12]=bookworm [13]=trixie [forky]=forky [sid]=sid)
for release; do
  image=lab/debian:$release
  [ -z "$(docker images -q "$image")" ] || continue
  echo "making $image"
  extra=()
  case $release in sid | forky) extra=(--aptopt='Acquire::Check-Valid-Until "false"') ;; esac
  mmdebstrap --quiet --variant=minbase "${extra[@]}" "${suite[$release]}" - |
    docker import --change 'LABEL io.drone-packages.lab=true' - "$image" >/dev/null
done
