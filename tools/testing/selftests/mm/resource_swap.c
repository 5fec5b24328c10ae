// SPDX-License-Identifier: GPL-2.0
/* Swap for tests, on a new zram device or on a loop device; see resources.h. */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#include "kselftest.h"
#include "knob.h"
#include "resource_internal.h"
#include "scratch.h"
#include "vm_util.h"

#define SWAP_ENOUGH	((size_t)64 << 20)	/* bytes that are free */
#define LOOP_BYTES	((off_t)128 << 20)
#define ZRAM_CONTROL	"/sys/class/zram-control"
#define LOOP_CONTROL	"/sys/class/misc/loop-control"	/* not in /dev: that may load it */

static const char no_swap_driver[] =
	"no swap, and neither the zram nor the loop driver is there to make it";
static const char no_swap[] = "no swap, and it cannot be made";
static const char swap_full[] = "the swap that was made for tests is full";

/* What can be swapped to. */

/* The first page; include/linux/swap.h: union swap_header. */
struct swap_header {
	char boot[1024];
	uint32_t version;
	uint32_t last_page;
	uint32_t nr_badpages;
	char uuid[16];
	char label[16];
};

static const char swap_magic[] = "SWAPSPACE2";	/* the end of the page, without a NUL */

static_assert(sizeof(RESOURCE_NAME) <= sizeof(((struct swap_header *)0)->label), "fits the label");

static size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

static char *magic_of(void *page)
{
	return (char *)page + page_size() - strlen(swap_magic);
}

static int write_swap_header(int fd, off_t bytes)
{
	struct swap_header *header = calloc(1, page_size());
	ssize_t done;
	int err = 0;

	if (!header)
		return -ENOMEM;
	header->version = 1;
	header->last_page = bytes / page_size() - 1;
	memcpy(header->label, RESOURCE_NAME, sizeof(RESOURCE_NAME));
	memcpy(magic_of(header), swap_magic, strlen(swap_magic));
	done = pwrite(fd, header, page_size(), 0);
	if (done != (ssize_t)page_size())
		err = done < 0 ? -errno : -EIO;
	free(header);
	return err;
}

enum swap_owner { SWAP_NONE, SWAP_OURS, SWAP_OTHER };

/*
 * By the label, nobody else's is the same. /proc/swaps does not help: of a device that
 * was opened in a mount namespace which is gone, it shows another path.
 */
static enum swap_owner swap_owner(const char *device)
{
	struct swap_header *header = calloc(1, page_size());
	int fd = open(device, O_RDONLY | O_CLOEXEC);
	enum swap_owner owner = SWAP_NONE;

	if (header && fd >= 0 && pread(fd, header, page_size(), 0) == (ssize_t)page_size() &&
	    !memcmp(magic_of(header), swap_magic, strlen(swap_magic)))
		owner = memcmp(header->label, RESOURCE_NAME, sizeof(RESOURCE_NAME)) ?
			SWAP_OTHER : SWAP_OURS;
	if (fd >= 0)
		close(fd);
	free(header);
	return owner;
}

/* 1; 0 when it was not on; or a negative errno. */
static int swap_off(const char *device)
{
	if (!swapoff(device))
		return 1;
	return errno == EINVAL ? 0 : -errno;
}

/* zram: an odd page more than anybody else would ask for, and a device is known as ours. */
static size_t zram_bytes(void)
{
	return ((size_t)256 << 20) + page_size();
}

static int remove_zram(const char *number)
{
	return knob_write_always(ZRAM_CONTROL "/hot_remove", number);
}

/*
 * Without a size it is one that was added and no more: by us, the number was free when
 * it was recorded. With our size and no header it had no more than that.
 */
static int undo_zram(const char *device)
{
	const char *name = device + strlen("/dev/");
	unsigned long bytes;
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/sys/block/%s/disksize", name);
	err = read_ulong(path, &bytes);
	if (err)
		return err == -ENOENT ? 0 : err;
	if (bytes && (bytes != zram_bytes() || swap_owner(device) == SWAP_OTHER))
		return 0;
	err = swap_owner(device) == SWAP_OURS ? swap_off(device) : 0;
	return err < 0 ? err : resource_while_busy(remove_zram, name + strlen("zram")) ?: 1;
}

/* The file below it was unlinked, and with its last user the device lets go of it. */
static int undo_loop(const char *device)
{
	return swap_owner(device) == SWAP_OURS ? swap_off(device) : 0;
}

/* In the record. */

static bool is_device(const char *path, const char *prefix)
{
	const char *number = path + strlen(prefix);

	return !strncmp(path, prefix, strlen(prefix)) && isdigit((unsigned char)*number) &&
	       strspn(number, "0123456789") == strlen(number) && strlen(number) < 8 &&
	       (*number != '0' || !number[1]);
}

static bool is_zram(const char *path)
{
	return is_device(path, "/dev/zram");
}

static bool is_loop(const char *path)
{
	return is_device(path, "/dev/loop");
}

const struct resource_kind zram_kind = { "zram-swap", is_zram, undo_zram };
const struct resource_kind loop_kind = { "loop-swap", is_loop, undo_loop };

/* Making swap. */

/* The lowest free number, and that is what the kernel takes; zram_add(). */
static unsigned int next_zram(void)
{
	unsigned int number = 0;
	char path[64];

	do
		snprintf(path, sizeof(path), "/sys/block/zram%u", number);
	while (!access(path, F_OK) && ++number);
	return number;
}

static int fill_zram(const char *device)
{
	char path[64], bytes[32];
	int err, fd;

	snprintf(path, sizeof(path), "/sys/block/%s/disksize", device + strlen("/dev/"));
	snprintf(bytes, sizeof(bytes), "%zu", zram_bytes());
	err = knob_write_always(path, bytes);
	if (err)
		return err;
	fd = device_open(device, 0);
	if (fd < 0)
		return fd;
	err = write_swap_header(fd, zram_bytes());
	close(fd);
	return err ?: swapon(device, 0) ? -errno : 0;
}

/*
 * A new device: those that are there are somebody's. The number is recorded before the
 * device is there; should another process get that number, ours is removed again.
 */
static int swap_on_zram(struct record *record)
{
	unsigned int expected = next_zram();
	unsigned long number;
	char device[DEVICE_PATH];
	off_t before;
	int err;

	snprintf(device, sizeof(device), "/dev/zram%u", expected);
	err = record_add(record, &zram_kind, device, &before);
	if (err)
		return err;
	err = read_ulong(ZRAM_CONTROL "/hot_add", &number);
	if (!err && number != expected) {
		char text[32];

		snprintf(text, sizeof(text), "%lu", number);
		resource_while_busy(remove_zram, text);
		err = -EBUSY;
	} else if (!err) {
		err = fill_zram(device);
		if (err && undo_zram(device) < 0)
			return err;	/* the record knows it */
	}
	if (err)
		record_drop(record, before);
	return err;
}

/* For a loop device, with a swap header; a descriptor or -errno. */
static int find_swap_file(void)
{
	int fd = scratch_file(LOOP_BYTES, false, 0), err;

	if (fd < 0)
		fd = scratch_file(LOOP_BYTES, true, 0);
	if (fd < 0)
		return fd;
	err = write_swap_header(fd, LOOP_BYTES);
	if (err)
		close(fd);
	return err ?: fd;
}

/* The device is released by its last user: by us if we die, by swapoff if we do not. */
static int swap_on_device(const char *device, int file)
{
	int fd = loop_open(device, file, 0);
	int err;

	if (fd < 0)
		return fd;
	err = swapon(device, 0) ? -errno : 0;
	close(fd);
	return err;
}

static int swap_on_loop(struct record *record)
{
	int file, err = -EBUSY, tries = 5;
	char device[DEVICE_PATH];
	off_t before;

	file = find_swap_file();
	if (file < 0)
		return file;
	/* Busy: between the two, another process got it. */
	while (err == -EBUSY && tries--) {
		err = loop_find(device) ?: record_add(record, &loop_kind, device, &before);
		if (err)
			break;
		err = swap_on_device(device, file);
		if (err)
			record_drop(record, before);
	}
	close(file);
	return err;
}

static bool has_zram(void)
{
	return !access(ZRAM_CONTROL "/hot_add", R_OK) &&
	       !access(ZRAM_CONTROL "/hot_remove", W_OK);
}

static bool has_loop(void)
{
	return !access(LOOP_CONTROL, F_OK) && !access("/dev/loop-control", R_OK | W_OK);
}

static bool has_swap(void)
{
	return meminfo_bytes("SwapFree") >= SWAP_ENOUGH;
}

const char *resource_swap(void)
{
	const char *reason = NULL;
	struct record record;
	int err;

	if (has_swap())
		return NULL;
	err = record_open(&record, O_CREAT);
	if (err) {
		errno = -err;
		return record_refused;
	}
	if (record_has(&record, &zram_kind) || record_has(&record, &loop_kind)) {
		err = -ENOSPC;
		reason = swap_full;
	} else {
		err = -ENODEV;
		reason = has_zram() || has_loop() ? no_swap : no_swap_driver;
		if (has_zram())
			err = swap_on_zram(&record);
		if (err && has_loop())
			err = swap_on_loop(&record);
	}
	close(record.fd);
	errno = -err;
	return err ? reason : NULL;
}

const char *resource_swap_probe(void)
{
	if (has_swap())
		return "yes";
	if (has_zram())
		return "can be made on zram";
	if (has_loop())
		return "can be made on a loop device";
	return no_swap_driver;
}
