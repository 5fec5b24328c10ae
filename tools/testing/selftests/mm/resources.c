// SPDX-License-Identifier: GPL-2.0
/* Swap, memory cgroups and a trace instance for tests; see resources.h. */
#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <time.h>
#include <unistd.h>

#include "knob.h"
#include "kselftest.h"
#include "privileges.h"
#include "resource_internal.h"
#include "thp_settings.h"
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

/* Where not the kernel but udev makes it, it comes a little later. */
static int open_device(const char *device)
{
	int fd, tries = 200;

	do {
		fd = open(device, O_RDWR | O_CLOEXEC);
		if (fd >= 0 || errno != ENOENT)
			break;
		resource_pause();
	} while (--tries);
	return fd < 0 ? -errno : fd;
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
	fd = open_device(device);
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
	char device[32];
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

/* An unlinked file for a loop device, with a swap header; a descriptor or -errno. */
static int swap_file(const char *folder, bool in_memory)
{
	bool is_memory = folder_is_on(folder, TMPFS_MAGIC) || folder_is_on(folder, RAMFS_MAGIC);
	int fd, err;

	if (is_memory != in_memory)
		return -EOPNOTSUPP;
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	/* On a disk the space is taken now; a full disk would be an I/O error of swap. */
	if (in_memory)
		err = ftruncate(fd, LOOP_BYTES);
	else
		err = fallocate(fd, 0, 0, LOOP_BYTES);
	err = err ? -errno : write_swap_header(fd, LOOP_BYTES);
	if (err)
		close(fd);
	return err ?: fd;
}

static int find_swap_file(void)
{
	static const char *const folders[] = { "/var/tmp", "/tmp" };
	int fd = -ENOENT, in_memory;
	size_t i;

	for (in_memory = 0; in_memory < 2; in_memory++)
		for (i = 0; i < ARRAY_SIZE(folders) && fd < 0; i++)
			fd = swap_file(folders[i], in_memory);
	return fd;
}

/* The device is released by its last user: by us if we die, by swapoff if we do not. */
static int swap_on_device(const char *device, int file)
{
	struct loop_config config = {
		.fd = file,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR,
	};
	int fd = open_device(device);
	int err = 0;

	if (fd < 0)
		return fd;
	if (ioctl(fd, LOOP_CONFIGURE, &config) || swapon(device, 0))
		err = -errno;
	close(fd);
	return err;
}

static int swap_on_loop(struct record *record)
{
	int control, file, number, err = -EBUSY, tries = 5;
	char device[32];
	off_t before;

	file = find_swap_file();
	if (file < 0)
		return file;
	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	/* Busy: between the two, another process got it. */
	while (err == -EBUSY && tries--) {
		number = ioctl(control, LOOP_CTL_GET_FREE);
		if (number < 0) {
			err = -errno;
			break;
		}
		snprintf(device, sizeof(device), "/dev/loop%d", number);
		err = record_add(record, &loop_kind, device, &before);
		if (err)
			break;
		err = swap_on_device(device, file);
		if (err)
			record_drop(record, before);
	}
	if (control >= 0)
		close(control);
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

static const char no_memcg[] = "no cgroup v2 with the memory controller";
static const char memcg_refused[] = "a cgroup with the memory controller cannot be made";

static int read_words(const char *folder, const char *file, char *text, size_t size)
{
	char path[RESOURCE_PATH + 32];

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	return read_text(path, text, size);
}

static bool has_word(const char *folder, const char *file, const char *word)
{
	size_t len = strlen(word);
	char text[1024], *at = text;

	if (read_words(folder, file, text, sizeof(text)) < 0)
		return false;
	for (; (at = strstr(at, word)); at += len)
		if ((at == text || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

/* A cgroup and all below it, with their processes. */
static int remove_cgroup(const char *path)
{
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(dir)) && !err) {
		char below[RESOURCE_PATH + 256];

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) <
		    (int)sizeof(below))
			err = remove_cgroup(below);
	}
	closedir(dir);
	return err ?: resource_while_busy(folder_remove, path);
}

static int undo_cgroup(const char *path)
{
	if (!folder_is_reachable(path, CGROUP2_SUPER_MAGIC))
		return -ENODEV;
	if (access(path, F_OK))
		return 0;
	/* Those that cannot be killed keep the folder busy, that will be told. */
	folder_write(path, "cgroup.kill", "1");
	return remove_cgroup(path) ?: 1;
}

/* Busy: another came to use it in the meantime, then it stays. */
static int undo_controller(const char *path)
{
	int err;

	if (!folder_is_on(path, CGROUP2_SUPER_MAGIC))
		return -ENODEV;
	if (!has_word(path, "cgroup.subtree_control", "memory"))
		return 0;
	err = folder_write(path, "cgroup.subtree_control", "-memory");
	return err == -EBUSY ? 0 : err ?: 1;
}

const struct resource_kind controller_kind = {
	"memory-controller", folder_has_form, undo_controller
};
const struct resource_kind cgroup_kind = { "cgroup", folder_has_our_name, undo_cgroup };

static bool find_memcg(char root[RESOURCE_PATH])
{
	return folder_find("cgroup2", "cgroup.controllers", root) &&
	       has_word(root, "cgroup.controllers", "memory");
}

const char *resource_memcg_probe(void)
{
	char root[RESOURCE_PATH];

	return find_memcg(root) ? "yes" : no_memcg;
}

static int switch_on_controller(struct record *record, const char *root)
{
	off_t before;
	int err;

	if (has_word(root, "cgroup.subtree_control", "memory"))
		return 0;
	err = record_add(record, &controller_kind, root, &before);
	if (err)
		return err;
	err = folder_write(root, "cgroup.subtree_control", "+memory");
	if (err)
		record_drop(record, before);
	return err;
}

/* The root of cgroup v2 has a mode that lets nobody write. */
static int make_folder_in_root(const char *path)
{
	bool override = !privileges_override_modes(true);
	int err;

	err = mkdir(path, 0755) ? -errno : 0;
	if (override)
		privileges_override_modes(false);
	return err;
}

/* The one below which all others are, once a run. A folder that we did not make is not ours. */
static int make_parent(struct record *record, const char *parent)
{
	off_t before;
	int err;

	if (record_has(record, &cgroup_kind))
		return 0;
	if (!access(parent, F_OK))
		return -EEXIST;
	err = record_add(record, &cgroup_kind, parent, &before);
	if (err)
		return err;
	err = make_folder_in_root(parent);
	if (err)
		record_drop(record, before);
	return err;
}

static int make_child(const char *parent, char *path, size_t size)
{
	unsigned int number;

	for (number = 0; ; number++) {
		if (snprintf(path, size, "%s/%u", parent, number) >= (int)size)
			return -ENAMETOOLONG;
		if (!mkdir(path, 0755))
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
}

const char *resource_memcg(char *path, size_t size)
{
	char root[RESOURCE_PATH], parent[RESOURCE_PATH];
	struct record record;
	int err;

	if (!find_memcg(root)) {
		errno = ENODEV;
		return no_memcg;
	}
	if (snprintf(parent, sizeof(parent), "%s/" RESOURCE_NAME, root) >= (int)sizeof(parent)) {
		errno = ENAMETOOLONG;
		return memcg_refused;
	}
	err = record_open(&record, O_CREAT);
	if (err) {
		errno = -err;
		return record_refused;
	}
	err = switch_on_controller(&record, root) ?: make_parent(&record, parent) ?:
	      folder_write(parent, "cgroup.subtree_control", "+memory") ?:
	      make_child(parent, path, size);
	close(record.fd);
	errno = -err;
	return err ? memcg_refused : NULL;
}

#define TRACE_KB	"1024"	/* for each CPU */

static const char no_tracefs[] = "no tracefs is mounted";
static const char trace_refused[] = "a trace instance cannot be made";

static int undo_trace(const char *path)
{
	if (!folder_is_reachable(path, TRACEFS_MAGIC))
		return -ENODEV;
	if (access(path, F_OK))
		return 0;
	return resource_while_busy(folder_remove, path) ?: 1;
}

const struct resource_kind trace_kind = { "trace-instance", folder_has_our_name, undo_trace };

static bool copy_path(char *path, size_t size, const char *from)
{
	return snprintf(path, size, "%s", from) < (int)size;
}

static bool find_trace(char instances[RESOURCE_PATH])
{
	char root[RESOURCE_PATH];
	const char *below;

	if (folder_find("tracefs", "instances", root))
		below = "/instances";
	else if (folder_find("debugfs", "tracing/instances", root))
		below = "/tracing/instances";
	else
		return false;
	return snprintf(instances, RESOURCE_PATH, "%s%s", root, below) < RESOURCE_PATH;
}

const char *resource_trace_probe(void)
{
	char instances[RESOURCE_PATH];

	return find_trace(instances) ? "yes" : no_tracefs;
}

static int make_instance(struct record *record, const char *path)
{
	bool recorded = record_has(record, &trace_kind);
	off_t before;
	int err;

	if (recorded && rmdir(path) && errno != ENOENT)
		return -errno;
	if (!recorded) {
		if (!access(path, F_OK))
			return -EEXIST;
		err = record_add(record, &trace_kind, path, &before);
		if (err)
			return err;
	}
	if (!mkdir(path, 0700))
		return folder_write(path, "buffer_size_kb", TRACE_KB);
	err = -errno;
	if (!recorded)
		record_drop(record, before);
	return err;
}

const char *resource_trace(char *path, size_t size)
{
	char instances[RESOURCE_PATH], instance[RESOURCE_PATH];
	struct record record;
	int err;

	if (!find_trace(instances)) {
		errno = ENODEV;
		return no_tracefs;
	}
	if (snprintf(instance, sizeof(instance), "%s/" RESOURCE_NAME, instances) >=
	    (int)sizeof(instance) ||
	    !copy_path(path, size, instance)) {
		errno = ENAMETOOLONG;
		return trace_refused;
	}
	err = record_open(&record, O_CREAT);
	if (err) {
		errno = -err;
		return record_refused;
	}
	err = make_instance(&record, instance);
	close(record.fd);
	errno = -err;
	return err ? trace_refused : NULL;
}

static const char no_ksm[] = "no KSM";
static const char ksm_stopped[] = "KSM is stopped with pages merged, and they are not ours";

static bool is_ksm(const char *path)
{
	return !strcmp(path, KSM_SYSFS "/run");
}

/* What tests had merged stays so after their end while ksmd rests. */
static int undo_ksm(const char *path)
{
	unsigned long shared = 0, zero = 0;
	int err;

	read_ulong(KSM_SYSFS "/pages_shared", &shared);
	read_ulong(KSM_SYSFS "/ksm_zero_pages", &zero);
	if (!shared && !zero)
		return 0;
	err = knob_write_always(path, "2") ?: knob_write_always(path, "0");
	return err ?: 1;
}

const struct resource_kind ksm_kind = { "ksm", is_ksm, undo_ksm };

static bool read_ksm(unsigned long *run, unsigned long *shared)
{
	return !read_ulong(KSM_SYSFS "/run", run) &&
	       !read_ulong(KSM_SYSFS "/pages_shared", shared);
}

const char *resource_ksm_probe(void)
{
	unsigned long run, shared;

	if (!read_ksm(&run, &shared))
		return no_ksm;
	return !run && shared ? ksm_stopped : "yes";
}

const char *resource_ksm(void)
{
	unsigned long run, shared;
	struct record record;
	off_t before;
	int err;

	if (!read_ksm(&run, &shared))
		return no_ksm;
	if (run)
		return NULL;
	err = record_open(&record, O_CREAT);
	if (err)
		return record_refused;
	/* Once it is ours, what is merged is ours too: it was not there before. */
	if (!record_has(&record, &ksm_kind))
		err = shared ? -EBUSY : record_add(&record, &ksm_kind, KSM_SYSFS "/run", &before);
	close(record.fd);
	return err == -EBUSY ? ksm_stopped : err ? record_refused : NULL;
}

#define BUSY_SECONDS	10	/* that another may look at what is to go: udev does */

void resource_pause(void)
{
	struct timespec ts = { .tv_nsec = 5000000 };

	nanosleep(&ts, NULL);
}

int resource_while_busy(int (*act)(const char *what), const char *what)
{
	uint64_t deadline = now_ns() + BUSY_SECONDS * 1000000000ULL;
	int err;

	while ((err = act(what)) == -EBUSY && now_ns() < deadline)
		resource_pause();
	return err;
}

int resources_release(void (*removed)(const char *kind, const char *path, int err))
{
	struct record record;
	int err, done = 0;
	unsigned int i;

	err = record_open(&record, 0);
	if (err)
		return err;
	/* The last first: a cgroup goes before its controller is switched off. */
	for (i = record.nr; i--; ) {
		int one = record.line[i].kind->undo(record.line[i].path);

		if (one && removed)
			removed(record.line[i].kind->name, record.line[i].path, one < 0 ? one : 0);
		if (one < 0)
			err = -EBUSY;
		else
			done += one;
	}
	if (!err && unlink(RESOURCES_RECORD))
		err = -errno;
	close(record.fd);
	return err ?: done ? 0 : -ENOENT;
}
