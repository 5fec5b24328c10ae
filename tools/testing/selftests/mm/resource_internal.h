/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of the resources; tests include resources.h. */
#ifndef RESOURCE_INTERNAL_H
#define RESOURCE_INTERNAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "resources.h"

#define RESOURCE_NAME	"mthp_khugepaged"	/* of whatever can have a name */

/* A kind of thing that tests make. */
struct resource_kind {
	const char *name;
	bool (*accepts)(const char *path);	/* has it the form that we write? */
	int (*undo)(const char *path);		/* 1; 0 nothing of ours there; -errno */
};

/* resource_swap.c */
extern const struct resource_kind zram_kind;
extern const struct resource_kind loop_kind;

/* resource_memcg.c */
extern const struct resource_kind controller_kind;
extern const struct resource_kind cgroup_kind;

/* resource_trace.c */
extern const struct resource_kind trace_kind;

/* resource_ksm.c */
extern const struct resource_kind ksm_kind;

/*
 * resource_record.c: a line for each thing, "kind path", written before the thing is made,
 * so that it may not be there after all. The first line has the id of the boot: no thing
 * outlives it, but /run may be a folder on a disk.
 */

struct record {
	int fd;
	unsigned int nr;
	struct {
		const struct resource_kind *kind;
		char path[RESOURCE_PATH];
	} line[16];
};

/* The reason to skip where it cannot be written. */
extern const char *const record_refused;

/* record_open() - lock and read it. What is made, is made before it is closed.
 * @record: receives the lines; to be closed with close(@record->fd)
 * @flags: O_CREAT or 0
 * Return: 0; -ENOENT when there is none; -EINVAL when it is not one of ours; another
 * negative errno.
 */
int record_open(struct record *record, int flags);

/* record_has() - did it have a thing of that kind when it was opened? */
bool record_has(const struct record *record, const struct resource_kind *kind);

/* record_add() - write a line to the file.
 * @before: receives what record_drop() needs to take it back
 * Return: 0; -EINVAL for a path that a release would not accept; another negative errno.
 */
int record_add(struct record *record, const struct resource_kind *kind, const char *path,
	       off_t *before);

/* record_drop() - take back the line that was written last: nothing was made of it. */
void record_drop(struct record *record, off_t before);

/* resource_folder.c */

/* folder_find() - the first mount of a file system that has a certain file.
 * @type: of the file system, as "tracefs"
 * @file: path below the mount
 * @root: receives the folder; room for a name behind it is left
 * Return: is there one? Where not, @root may have been written to.
 */
bool folder_find(const char *type, const char *file, char root[RESOURCE_PATH]);

/* folder_has_form() - is it an absolute path, without a name that begins with a dot? */
bool folder_has_form(const char *path);

/* folder_has_our_name() - and is the last name in it RESOURCE_NAME? */
bool folder_has_our_name(const char *path);

/* folder_is_on() - does it lie on a file system with this magic number? */
bool folder_is_on(const char *path, unsigned long magic);

/* folder_is_reachable() - can it be there at all, on such a file system?
 * A mount that we do not see, as of a mount namespace that is gone, may still hold it:
 * that is an error, and stays recorded.
 */
bool folder_is_reachable(const char *path, unsigned long magic);

/* folder_write() - write a word to a file in it. Return: 0 or a negative errno. */
int folder_write(const char *folder, const char *file, const char *word);

/* folder_remove() - rmdir(). Return: 0, also when it was not there; or a negative errno. */
int folder_remove(const char *path);

/* resources.c */

/* resource_pause() - for some milliseconds. */
void resource_pause(void);

/* resource_while_busy() - repeat what is refused only because another process is busy with
 * it, or with the path.
 * @act: returns 0 or a negative errno; -EBUSY is what is repeated
 * @what: its argument
 * Return: what @act returned last.
 */
int resource_while_busy(int (*act)(const char *what), const char *what);

#endif
