/* SPDX-License-Identifier: GPL-2.0 */
/* One setting in a file: a number, Y or N, or a choice like "always [madvise] never". */
#ifndef KNOB_H
#define KNOB_H

#include <stddef.h>

#define KNOB_VALUE	32	/* bytes for any value, with its end */

/* knob_read() - the value of a knob.
 * @path: its file
 * @value: receives the number, the letter, or the word in brackets
 * Return: 0; -EINVAL when the file holds none of them; another negative errno.
 */
int knob_read(const char *path, char value[KNOB_VALUE]);

/* knob_write() - set a knob, unless it has that value already.
 * @path: its file
 * @value: a number, a letter or a word
 * Return: 0; -EIO when the knob took the value and shows another; a negative
 * errno from reading or writing.
 */
int knob_write(const char *path, const char *value);

/* knob_write_always() - write, also where the value is the same: some knobs act
 * on being written.
 * Return: 0 or a negative errno.
 */
int knob_write_always(const char *path, const char *value);

#endif
