/* SPDX-License-Identifier: GPL-2.0 */
/* The values of all knobs at one moment; in memory and in a file. */
#ifndef SAVED_KNOBS_H
#define SAVED_KNOBS_H

#include "knob.h"
#include "vm_util.h"

struct saved_knobs {
	unsigned int nr;
	struct {
		char path[128];
		char value[KNOB_VALUE];
	} knob[2 * MAX_ORDERS + MAX_NODES + 27];	/* one for each, and what is there once */
};

/* saved_knobs_read() - save the present value of every knob of thp_knobs(), but not
 * of those that can fail and are not essential.
 * @error: receives the path of the essential knob that failed, and why
 * Return: 0; -EINVAL for a knob that holds neither a number nor a choice; -EROFS
 * or -EACCES for one that cannot be written; another negative errno.
 */
int saved_knobs_read(const struct vm_geometry *vm, struct saved_knobs *saved,
		     char *error, size_t size);

/* saved_knobs_store() - write them to a file that is there whole or not at all.
 * Return: 0 or a negative errno.
 */
int saved_knobs_store(const struct saved_knobs *saved, const char *path);

/* saved_knobs_load() - read them from that file.
 * Return: 0; -ENOENT when there is none; -EINVAL when it is not ours.
 */
int saved_knobs_load(const struct vm_geometry *vm, struct saved_knobs *saved,
		     const char *path);

/* saved_knobs_restore() - write back each value that differs.
 * @changed: called for each knob that was written, or could not be; may be NULL
 * Return: 0, or the last error; the others are restored all the same.
 */
int saved_knobs_restore(const struct saved_knobs *saved,
			void (*changed)(const char *path, const char *value, int err));

#endif
