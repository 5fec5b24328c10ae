/* SPDX-License-Identifier: GPL-2.0 */
/* Let KSM merge pages, now. */
#ifndef KSM_H
#define KSM_H

#include <stdbool.h>

#include "vm_util.h"

#define KSM_SYSFS	"/sys/kernel/mm/ksm"

/* ksm_has_zero_pages() - can it merge zero-filled pages with the shared zero page? */
bool ksm_has_zero_pages(void);

/* ksm_configure() - let it look at each page that may be merged.
 * @pages: that it looks at before it sleeps
 * @sleep_ms: how long that is, milliseconds
 * @zero_pages: "1" to merge zero-filled pages with the shared zero page, where it can; or "0"
 * Return: 0 or a negative errno.
 */
int ksm_configure(const char *pages, const char *sleep_ms, const char *zero_pages);

/* ksm_merge() - run KSM until some pages are merged, then stop it.
 * @merged: says whether all are merged that are to be
 * @arg: for @merged
 *
 * Changes KSM's settings. KSM is system-wide: it merges the mergeable memory of
 * other processes too, as it would when they had asked for it.
 *
 * Return: 0; -ETIMEDOUT when KSM does not merge them in ten seconds; a negative errno
 * from sysfs or @merged.
 */
int ksm_merge(int (*merged)(void *arg), void *arg);

/* ksm_zero_pages() - zero pages that KSM put into this process, -1 if it is not told. */
long ksm_zero_pages(void);

#endif
