/* SPDX-License-Identifier: GPL-2.0 */
/* userfaultfd: events of memory that is missing or write-protected. */
#ifndef UFFD_H
#define UFFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Newer than the C library's headers may be. */
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY	1
#endif

/* uffd_open() - a userfaultfd that can write-protect anonymous memory.
 * Return: a descriptor, not blocking; -EOPNOTSUPP when the kernel has no
 * write-protection; another negative errno.
 */
int uffd_open(void);

/* uffd_arm() - register memory for events of missing pages and of writes to protected ones.
 * Return: 0 or a negative errno.
 */
int uffd_arm(int uffd, char *start, size_t size);

/* uffd_protect() - write-protect pages, or no longer.
 * Return: 0 or a negative errno.
 */
int uffd_protect(int uffd, char *start, size_t size, bool protect);

enum uffd_event {
	UFFD_NO_EVENT,
	UFFD_MISSING,
	UFFD_PROTECTED,
};

/* uffd_touch() - write one byte to a page, and say which event that raised.
 * @uffd: of the page
 * @page: on a page boundary
 * @page_size: bytes
 *
 * The event is answered with a page of zeroes, or by lifting the protection.
 *
 * Return: enum uffd_event; a negative errno when the event could not be read or
 * answered.
 */
int uffd_touch(int uffd, char *page, size_t page_size);

#endif
