/* SPDX-License-Identifier: GPL-2.0 */
/* Pin pages of this process as a device would, and use them behind its back. */
#ifndef PAGE_PINS_H
#define PAGE_PINS_H

#include <stdbool.h>
#include <stddef.h>

/* What pins pages. */
enum pin_kind {
	PIN_IO_URING,	/* fixed buffers of io_uring: pin_user_pages() for long */
	PIN_VMSPLICE,	/* pages in a pipe: a reference each */
};

struct page_pins;

/* Was the suite built with what io_uring needs? */
extern const bool page_pins_have_io_uring;

/* page_pins_new() - an object that holds pins until page_pins_release().
 * Return: NULL when out of memory.
 */
struct page_pins *page_pins_new(void);

/* page_pins_add() - pin some memory.
 * @kind: in which way
 * @start: of whole pages
 * @size: bytes; for PIN_VMSPLICE at most what a pipe holds
 * Return: 0; -EOPNOTSUPP when built without liburing; -EMFILE when there are too many
 * pieces of memory; another negative errno.
 */
int page_pins_add(struct page_pins *pins, enum pin_kind kind, char *start, size_t size);

/* page_pins_write() - let the kernel write into pinned memory, by the pin.
 * @nr: which memory, in the order of page_pins_add(), PIN_IO_URING only
 * @data: what to write to its beginning
 * @size: bytes, at most what a pipe holds
 * Return: 0 or a negative errno.
 */
int page_pins_write(struct page_pins *pins, unsigned int nr, const void *data, size_t size);

/* page_pins_read() - take pinned memory out of the pipe, which ends its pins.
 * @data: receives its bytes, from the first page_pins_add() on, PIN_VMSPLICE only
 * @size: bytes, at most what was pinned
 * Return: 0 or a negative errno.
 */
int page_pins_read(struct page_pins *pins, void *data, size_t size);

/* page_pins_unpin() - let go of all memory pinned by PIN_IO_URING, to pin other memory.
 * That is faster than a new object.
 */
void page_pins_unpin(struct page_pins *pins);

/* page_pins_release() - let go of everything. When it returns no pin is left. */
void page_pins_release(struct page_pins *pins);

#endif
