/* SPDX-License-Identifier: GPL-2.0 */
/* userfaultfd: events of memory that is missing or write-protected. */
#ifndef UFFD_H
#define UFFD_H

#include <linux/userfaultfd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Newer than the C library's headers may be. */
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY	1
#endif
#ifndef UFFDIO_MOVE
struct uffdio_move {
	__u64 dst;
	__u64 src;
	__u64 len;
	__u64 mode;
	__s64 move;
};

#define UFFDIO_MOVE	_IOWR(UFFDIO, 0x05, struct uffdio_move)
#define UFFD_FEATURE_MOVE	0x10000
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

/* uffd_disarm() - no more events of this memory. Return: 0 or a negative errno. */
int uffd_disarm(int uffd, char *start, size_t size);

/* uffd_protect() - write-protect pages, or no longer.
 * Return: 0 or a negative errno.
 */
int uffd_protect(int uffd, char *start, size_t size, bool protect);

/* uffd_can_move() - does this kernel have UFFDIO_MOVE? */
bool uffd_can_move(void);

/* uffd_move() - move a page to where none is.
 * Return: 0; -EAGAIN or -EBUSY when something has the page in hand; another negative errno.
 */
int uffd_move(int uffd, char *to, char *from, size_t size);

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
