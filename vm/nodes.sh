#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Print QEMU's options for a guest of several NUMA nodes: nodes.sh CPUS MEM SMALL [UNIT]
#   node 0  half of the memory, CPU 0
#   node 1  the other half, the other CPUs
#   node 2  SMALL MB on top of MEM, no CPU: a test can fill it up
# Node 0 has a multiple of UNIT MB. What is not a plain number, or size, becomes one node, and
# QEMU says what it thinks of it.
set -eu

cpus=$1 mem=$2 small=$3 unit=${4:-128}

echo "$mem $cpus" | grep -qxE '[1-9][0-9]*[MmGg]? [1-9][0-9]*' || {
	echo "-smp $cpus -m $mem"
	exit
}
case $mem in
*[Gg]) mb=$((${mem%?} * 1024)) ;;
*) mb=${mem%[Mm]} ;;
esac
# A node begins with a section of the kernel's memory map.
half=$((mb / 2))
[ $half -lt "$unit" ] || half=$((half / unit * unit))

# Each CPU is a socket: a kernel warns of CPUs that share a cache across nodes.
echo "-smp $cpus,sockets=$cpus,cores=1,threads=1 -m $((mb + small))M"

# node NUMBER SIZE CPUS
node()
{
	echo "-object memory-backend-ram,id=node$1,size=$2M"
	echo "-numa node,nodeid=$1,memdev=node$1${3:+,cpus=$3}"
}

others=
[ "$cpus" -eq 1 ] || others=1-$((cpus - 1))
node 0 $half 0
node 1 $((mb - half)) "$others"
node 2 "$small" ""

# Farther away, so that nobody falls back on it before the others are full.
echo "-numa dist,src=0,dst=1,val=20"
echo "-numa dist,src=0,dst=2,val=30"
echo "-numa dist,src=1,dst=2,val=30"
