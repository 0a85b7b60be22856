#!/bin/sh
echo "exits-after-start: no licence file" >&2
exit 7
