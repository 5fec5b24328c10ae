// SPDX-License-Identifier: GPL-2.0
/* Pin pages as a device would; see page_pins.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "page_pins.h"

#define MAX_PINNED	64	/* pieces of memory */

#ifdef HAVE_LIBURING
#include <liburing.h>

const bool page_pins_have_io_uring = true;
#else
const bool page_pins_have_io_uring;
#endif

struct page_pins {
	struct iovec piece[MAX_PINNED];	/* PIN_IO_URING */
	unsigned int nr;
	int pipe[2];			/* PIN_VMSPLICE; both 0 when there is none */
#ifdef HAVE_LIBURING
	struct io_uring ring;
	bool has_ring;
#endif
};

struct page_pins *page_pins_new(void)
{
	return calloc(1, sizeof(struct page_pins));
}

#ifdef HAVE_LIBURING
/* The table of fixed buffers is sparse, and filled as memory is added. */
static int open_ring(struct page_pins *pins)
{
	int err;

	if (pins->has_ring)
		return 0;
	err = io_uring_queue_init(4, &pins->ring, 0);
	if (err)
		return err;
	pins->has_ring = true;
	return io_uring_register_buffers_sparse(&pins->ring, MAX_PINNED);
}

static int pin_by_io_uring(struct page_pins *pins, char *start, size_t size)
{
	struct iovec *piece = &pins->piece[pins->nr];
	__u64 tag = 0;
	int err;

	if (pins->nr == MAX_PINNED)
		return -EMFILE;
	err = open_ring(pins);
	if (err)
		return err;
	*piece = (struct iovec){ .iov_base = start, .iov_len = size };
	err = io_uring_register_buffers_update_tag(&pins->ring, pins->nr, piece, &tag, 1);
	if (err != 1)
		return err < 0 ? err : -EIO;
	pins->nr++;
	return 0;
}

/* The kernel reads a pipe into the fixed buffer: what a device does by DMA. */
int page_pins_write(struct page_pins *pins, unsigned int nr, const void *data, size_t size)
{
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	int err = -EIO, fds[2];

	if (nr >= pins->nr)
		return -EINVAL;
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	sqe = io_uring_get_sqe(&pins->ring);
	if (sqe && write(fds[1], data, size) == (ssize_t)size) {
		io_uring_prep_read_fixed(sqe, fds[0], pins->piece[nr].iov_base, size, 0, nr);
		err = io_uring_submit_and_wait(&pins->ring, 1);
		err = err == 1 ? io_uring_wait_cqe(&pins->ring, &cqe) : err < 0 ? err : -EIO;
		if (!err) {
			err = cqe->res == (int)size ? 0 : cqe->res < 0 ? cqe->res : -EIO;
			io_uring_cqe_seen(&pins->ring, cqe);
		}
	}
	close(fds[0]);
	close(fds[1]);
	return err;
}

void page_pins_unpin(struct page_pins *pins)
{
	struct iovec none = { 0 };
	__u64 tag = 0;

	for (; pins->nr; pins->nr--)
		io_uring_register_buffers_update_tag(&pins->ring, pins->nr - 1, &none, &tag, 1);
}

/* The exit of a ring is done later, by a worker; taking a buffer back is done at once. */
static void close_ring(struct page_pins *pins)
{
	if (!pins->has_ring)
		return;
	page_pins_unpin(pins);
	io_uring_unregister_buffers(&pins->ring);
	io_uring_queue_exit(&pins->ring);
}
#else
static int pin_by_io_uring(struct page_pins *pins, char *start, size_t size)
{
	(void)pins;
	(void)start;
	(void)size;
	return -EOPNOTSUPP;
}

int page_pins_write(struct page_pins *pins, unsigned int nr, const void *data, size_t size)
{
	(void)pins;
	(void)nr;
	(void)data;
	(void)size;
	return -EOPNOTSUPP;
}

void page_pins_unpin(struct page_pins *pins)
{
	(void)pins;
}

static void close_ring(struct page_pins *pins)
{
	(void)pins;
}
#endif

static int pin_by_vmsplice(struct page_pins *pins, char *start, size_t size)
{
	struct iovec piece = { .iov_base = start, .iov_len = size };
	ssize_t done;

	if (!pins->pipe[1] && pipe2(pins->pipe, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	done = vmsplice(pins->pipe[1], &piece, 1, 0);
	if (done < 0)
		return -errno;
	return done == (ssize_t)size ? 0 : -ENOBUFS;
}

int page_pins_add(struct page_pins *pins, enum pin_kind kind, char *start, size_t size)
{
	switch (kind) {
	case PIN_IO_URING:
		return pin_by_io_uring(pins, start, size);
	case PIN_VMSPLICE:
		return pin_by_vmsplice(pins, start, size);
	}
	return -EINVAL;
}

int page_pins_read(struct page_pins *pins, void *data, size_t size)
{
	ssize_t got;

	while (size) {
		got = read(pins->pipe[0], data, size);
		if (got <= 0)
			return got ? -errno : -EIO;
		data = (char *)data + got;
		size -= got;
	}
	return 0;
}

void page_pins_release(struct page_pins *pins)
{
	close_ring(pins);
	if (pins->pipe[1]) {
		close(pins->pipe[0]);
		close(pins->pipe[1]);
	}
	free(pins);
}
