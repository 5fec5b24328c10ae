// SPDX-License-Identifier: GPL-2.0
/* Files without a name, loop devices, a disk; see scratch.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kselftest.h"
#include "resource_internal.h"
#include "scratch.h"

#define LOOP_ATTEMPTS	5

static int file_in(const char *folder, off_t bytes, bool in_memory, int flags)
{
	bool is_memory = folder_is_on(folder, TMPFS_MAGIC) || folder_is_on(folder, RAMFS_MAGIC);
	int fd, err;

	if (is_memory != in_memory)
		return -EOPNOTSUPP;
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | flags, 0600);
	if (fd < 0)
		return -errno;
	/* On a disk the space is taken now; a full disk would be an I/O error later. */
	err = in_memory ? ftruncate(fd, bytes) : fallocate(fd, 0, 0, bytes);
	if (!err)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int scratch_file(off_t bytes, bool in_memory, int flags)
{
	static const char *const folders[] = { "/var/tmp", "/tmp" };
	int fd = -EOPNOTSUPP;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(folders) && fd < 0; i++)
		fd = file_in(folders[i], bytes, in_memory, flags);
	return fd;
}

int device_open(const char *device, int flags)
{
	int fd, tries = 200;

	do {
		fd = open(device, O_RDWR | O_CLOEXEC | flags);
		if (fd >= 0 || errno != ENOENT)
			break;
		resource_pause();
	} while (--tries);
	return fd < 0 ? -errno : fd;
}

int loop_find(char device[DEVICE_PATH])
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int number = control < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE);
	int err = number < 0 ? -errno : 0;

	if (control >= 0)
		close(control);
	if (!err)
		snprintf(device, DEVICE_PATH, "/dev/loop%d", number);
	return err;
}

int loop_open(const char *device, int file, int flags)
{
	struct loop_config config = {
		.fd = file,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR,
	};
	int fd = device_open(device, flags), err;

	if (fd < 0 || !ioctl(fd, LOOP_CONFIGURE, &config))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int disk_open(off_t bytes)
{
	int fd = scratch_file(bytes, false, O_DIRECT), file, attempt;
	char device[DEVICE_PATH];

	if (fd >= 0)
		return fd;
	file = scratch_file(bytes, true, 0);
	if (file < 0)
		return file;
	for (fd = -EBUSY, attempt = 0; attempt < LOOP_ATTEMPTS && fd == -EBUSY; attempt++)
		fd = loop_find(device) ?: loop_open(device, file, O_DIRECT);
	close(file);
	return fd;
}
