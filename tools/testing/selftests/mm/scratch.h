/* SPDX-License-Identifier: GPL-2.0 */
/* Files without a name, loop devices on them, and a disk that is read past the page cache. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stdbool.h>
#include <sys/types.h>

#define DEVICE_PATH	32	/* bytes for any path of a device, with its end */

/* scratch_file() - an unlinked file.
 * @bytes: its size; on a disk they are taken at once
 * @in_memory: on a file system that lies in memory, or on none of those
 * @flags: for open(2)
 * Return: a descriptor; -EOPNOTSUPP when there is no such file system; another negative errno.
 */
int scratch_file(off_t bytes, bool in_memory, int flags);

/* device_open() - open a device that may have been made just now.
 * Where not the kernel but udev makes its file, that comes a little later.
 * @flags: for open(2)
 * Return: a descriptor or a negative errno.
 */
int device_open(const char *device, int flags);

/* loop_find() - a loop device that is free.
 * @device: receives its path
 * Return: 0 or a negative errno.
 */
int loop_find(char device[DEVICE_PATH]);

/* loop_open() - let a loop device show a file. The kernel releases it with its last user.
 * @flags: for open(2)
 * Return: a descriptor; -EBUSY when another process got that device; another negative errno.
 */
int loop_open(const char *device, int file, int flags);

/* disk_open() - a file or a loop device that is read and written with O_DIRECT.
 * @bytes: its size
 * Return: a descriptor, all is gone with it; a negative errno when there can be none.
 */
int disk_open(off_t bytes);

#endif
