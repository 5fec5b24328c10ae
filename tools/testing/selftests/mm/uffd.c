// SPDX-License-Identifier: GPL-2.0
/* userfaultfd; see uffd.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "uffd.h"

#define EVENT_MS	10000	/* a thread that neither raises an event nor gets on */

int uffd_open(void)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP };
	int uffd, err;

	/* For faults of our own code only: needs no privilege. */
	uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
	if (uffd < 0)
		return -errno;
	if (!ioctl(uffd, UFFDIO_API, &api))
		return uffd;
	err = errno == EINVAL ? -EOPNOTSUPP : -errno;
	close(uffd);
	return err;
}

int uffd_arm(int uffd, char *start, size_t size)
{
	struct uffdio_register reg = {
		.range = { .start = (unsigned long)start, .len = size },
		.mode = UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP,
	};

	return ioctl(uffd, UFFDIO_REGISTER, &reg) ? -errno : 0;
}

int uffd_disarm(int uffd, char *start, size_t size)
{
	struct uffdio_range range = { .start = (uintptr_t)start, .len = size };

	return ioctl(uffd, UFFDIO_UNREGISTER, &range) ? -errno : 0;
}

int uffd_protect(int uffd, char *start, size_t size, bool protect)
{
	struct uffdio_writeprotect wp = {
		.range = { .start = (unsigned long)start, .len = size },
		.mode = protect ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	return ioctl(uffd, UFFDIO_WRITEPROTECT, &wp) ? -errno : 0;
}

bool uffd_can_move(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	bool can;

	if (uffd < 0)
		return false;
	can = !ioctl(uffd, UFFDIO_API, &api) && api.features & UFFD_FEATURE_MOVE;
	close(uffd);
	return can;
}

int uffd_move(int uffd, char *to, char *from, size_t size)
{
	struct uffdio_move move = {
		.dst = (unsigned long)to, .src = (unsigned long)from, .len = size,
	};

	return ioctl(uffd, UFFDIO_MOVE, &move) ? -errno : 0;
}

/* A thread that writes to a page; the end of the pipe says that it is done. */
struct toucher {
	char *page;
	int done;
};

static void *touch(void *arg)
{
	struct toucher *toucher = arg;

	__atomic_store_n(toucher->page, 1, __ATOMIC_RELAXED);
	close(toucher->done);
	return NULL;
}

static int answer(int uffd, size_t page_size)
{
	struct uffd_msg msg;
	struct uffdio_zeropage zero = { .range.len = page_size };
	char *page;

	if (read(uffd, &msg, sizeof(msg)) != sizeof(msg))
		return -errno;
	if (msg.event != UFFD_EVENT_PAGEFAULT)
		return -EPROTO;
	page = (char *)((uintptr_t)msg.arg.pagefault.address & -page_size);
	if (msg.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP)
		return uffd_protect(uffd, page, page_size, false) ?: (int)UFFD_PROTECTED;
	zero.range.start = (unsigned long)page;
	if (ioctl(uffd, UFFDIO_ZEROPAGE, &zero))
		return -errno;
	return UFFD_MISSING;
}

int uffd_touch(int uffd, char *page, size_t page_size)
{
	struct toucher *toucher = calloc(1, sizeof(*toucher));
	int fds[2], err, event = UFFD_NO_EVENT;
	struct pollfd wait[2];
	pthread_t thread;

	if (!toucher || pipe2(fds, O_CLOEXEC)) {
		err = -errno;
		free(toucher);
		return err;
	}
	*toucher = (struct toucher){ .page = page, .done = fds[1] };
	err = -pthread_create(&thread, NULL, touch, toucher);
	if (err) {
		close(fds[0]);
		close(fds[1]);
		free(toucher);
		return err;
	}
	wait[0] = (struct pollfd){ .fd = uffd, .events = POLLIN };
	wait[1] = (struct pollfd){ .fd = fds[0] };
	while (!err) {
		int got = poll(wait, 2, EVENT_MS);

		if (got > 0 && wait[1].revents)
			break;
		if (got > 0)
			event = answer(uffd, page_size);
		err = !got ? -ETIMEDOUT : got < 0 ? -errno : event < 0 ? event : 0;
	}
	/* A thread that still waits for its page may come back to it; it ends with the process. */
	if (!err) {
		pthread_join(thread, NULL);
		free(toucher);
	}
	close(fds[0]);
	return err ?: event;
}
